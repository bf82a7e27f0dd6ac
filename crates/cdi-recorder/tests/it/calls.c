// Reads its second argument by the call that the first one names, and writes what it read into the third.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

static const char *how;
static int is(const char *name) { return strcmp(how, name) == 0; }

// The path that a racing thread writes over, 1,000 times and more.
static char raced[4096];
static const char *one, *other;
static volatile int over;
static void *race(void *unused) {
    while (!over) { strcpy(raced, one); strcpy(raced, other); }
    return unused;
}

// Whether the file `f` of the folder that this thread is in begins with a letter.
static int reads(char letter) {
    char byte;
    int file = open("f", O_RDONLY);
    int same = file >= 0 && read(file, &byte, 1) == 1 && byte == letter;
    close(file);
    return same;
}
static void *moves(void *to) { return chdir(to) ? to : 0; }
static void *parts(void *to) {
    return unshare(CLONE_FS) || fchdir(open(to, O_RDONLY)) || !reads('b') ? to : 0;
}
static int in_thread(void *(*what)(void *), void *to) {
    pthread_t thread;
    void *failed;
    return !pthread_create(&thread, 0, what, to) && !pthread_join(thread, &failed) && !failed;
}

static int opened(const char *path) {
    char folder[4096], again[64];
    strcpy(folder, path);
    *strrchr(folder, '/') = 0;
    const char *name = strrchr(path, '/') + 1;
    struct open_how flags = { .flags = O_RDONLY };
    if (is("open")) return syscall(SYS_open, path, O_RDONLY);
    if (is("openat")) return openat(open(folder, O_PATH), name, O_RDONLY);
    if (is("openat2")) return syscall(SYS_openat2, AT_FDCWD, path, &flags, sizeof flags);
    if (is("beneath")) {
        flags.resolve = RESOLVE_BENEATH;
        return syscall(SYS_openat2, open(folder, O_PATH), name, &flags, sizeof flags);
    }
    if (is("chdir")) return chdir(folder) ? -1 : open(name, O_RDONLY);
    if (is("cwd-link")) {
        if (chdir(folder)) return -1;
        snprintf(folder, sizeof folder, "/proc/self/cwd/%s", name);
        return open(folder, O_RDONLY);
    }
    if (is("again")) {
        snprintf(again, sizeof again, "/dev/fd/%d", open(path, O_PATH));
        return open(again, O_RDONLY);
    }
    if (is("thread-link")) {
        snprintf(again, sizeof again, "/proc/thread-self/fd/%d", open(path, O_PATH));
        return open(again, O_RDONLY);
    }
    if (is("hard-link")) {
        snprintf(folder + strlen(folder), 16, "/second");
        return link(path, folder) ? -1 : open(folder, O_RDONLY);
    }
    if (is("symbolic-link")) {
        snprintf(folder + strlen(folder), 16, "/symbolic");
        return symlink(name, folder) ? -1 : open(folder, O_RDONLY);
    }
    if (is("renamed")) {
        snprintf(folder + strlen(folder), 16, "/other");
        return rename(path, folder) ? -1 : open(folder, O_RDONLY);
    }
    return -1;
}

static int made(const char *path) {
    if (is("creat")) return creat(path, 0640);
    if (is("nameless")) {
        char folder[4096];
        strcpy(folder, path);
        *strrchr(folder, '/') = 0;
        return open(folder, O_TMPFILE | O_WRONLY, 0640);
    }
    return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
}

static int refused(long result, int expected) {
    if (result == -1 && errno == expected) return 0;
    printf("%s: %ld, errno %d\n", how, result, errno);
    return 1;
}

int main(int count, char **words) {
    how = words[1];
    char params[256] = { 0 };
    if (is("io_uring")) return refused(syscall(SYS_io_uring_setup, 1, params), ENOSYS);
    if (is("handle")) return refused(syscall(SYS_open_by_handle_at, AT_FDCWD, params, 0), EPERM);
    if (is("chroot")) return refused(chroot("/"), EPERM);
    if (is("unshare")) return refused(syscall(SYS_unshare, 0x10000000), EPERM);
    if (is("untraced")) return refused(syscall(SYS_clone, 0x00800000 | 17, 0, 0, 0, 0), EPERM);
    if (is("socket")) return refused(socket(AF_INET, SOCK_STREAM, 0), EACCES);
    if (is("path-only")) {
        // The kernel would read these flags again, and another thread may have changed them.
        struct open_how only = { .flags = O_PATH };
        return refused(syscall(SYS_openat2, AT_FDCWD, words[0], &only, sizeof only), ENOSYS);
    }
    if (is("datagrams")) {
        int ends[2];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)) return 2;
        if (refused(connect(ends[0], &(struct sockaddr){ AF_UNSPEC }, sizeof(struct sockaddr)), EACCES)) return 3;
        return refused(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), EACCES);
    }
    if (is("semaphores")) return refused(semget(IPC_PRIVATE, 1, 0600), ENOSYS);
    if (is("limits")) {
        struct rlimit limit = { 1000000, 1000000 };
        if (prlimit(0, RLIMIT_CORE, &limit, 0)) return 2;
        return refused(prlimit(getppid(), RLIMIT_AS, &limit, 0), EPERM);
    }
    if (is("newer")) return refused(syscall(467, AT_FDCWD, "/tmp", 1, 0, 0), ENOSYS);
    if (is("attributes")) {
        if (listxattr(words[0], params, sizeof params)) return 2;
        return refused(getxattr(words[0], "user.x", params, sizeof params), ENODATA);
    }
    if (is("undumpable")) return refused(prctl(PR_SET_DUMPABLE, 0), EPERM);
    if (is("execveat")) {
        char *arguments[] = { "true", 0 };
        return syscall(SYS_execveat, open(words[2], O_PATH), "", arguments, 0, AT_EMPTY_PATH);
    }
    if (is("daemon")) {
        if (fork() == 0) { setsid(); if (fork() == 0) { sleep(30); } _exit(0); }
        return 0;
    }
    if (is("mask")) {
        umask(0027);
        return close(open(words[2], O_WRONLY | O_CREAT, 0666)) | (mkfifo(words[3], 0666));
    }
    if (is("fifo")) {
        // The reader waits for the writer, which comes later.
        char byte = 0;
        if (mkfifo(words[2], 0600)) return 1;
        if (fork() == 0) { usleep(50000); int end = open(words[2], O_WRONLY); return write(end, "x", 1) != 1; }
        if (read(open(words[2], O_RDONLY), &byte, 1) != 1 || byte != 'x') return 2;
        int status = 1;
        wait(&status);
        return status;
    }
    if (is("own")) {
        // What is its own in procfs is its own, not the recorder's.
        char path[4096], own[64], line[64] = { 0 };
        ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
        path[length] = 0;
        snprintf(own, sizeof own, "%d (", getpid());
        struct stat a, b;
        int exe = open("/proc/self/exe", O_RDONLY);
        if (fstat(exe, &a) || stat(path, &b) || a.st_ino != b.st_ino) return 1;
        if (read(open("/proc/self/stat", O_RDONLY), line, 63) < 1 || strncmp(line, own, strlen(own))) return 2;
        snprintf(path, sizeof path, "/proc/%d/environ", getppid());
        return refused(open(path, O_RDONLY), EACCES);
    }
    if (is("race")) {
        pthread_t thread;
        one = words[2]; other = words[3];
        strcpy(raced, one);
        pthread_create(&thread, 0, race, 0);
        for (int i = 0; i < 1000; i++) {
            char byte;
            int file = open(raced, O_RDONLY);
            // A path that is half the one and half the other leads nowhere.
            if (file >= 0 && read(file, &byte, 1) == 1 && close(file) == 0) continue;
        }
        over = 1;
        pthread_join(thread, 0);
        return 0;
    }
    if (is("moves")) {
        int status;
        // Asked for in the folder that it begins in, then in one where a thread takes it.
        if (reads('a') || !in_thread(moves, words[2]) || !reads('a')) return 1;
        pid_t child = fork();
        if (child == 0) {
            if (!reads('a')) _exit(2);
            // A process that shares the folder of its maker, and is no thread of that.
            if (syscall(SYS_clone, CLONE_FS | SIGCHLD, 0, 0, 0, 0) == 0) _exit(chdir(words[3]) ? 1 : 0);
            _exit(wait(&status) < 0 || status ? 3 : reads('b') ? 0 : 4);
        }
        if (waitpid(child, &status, 0) != child || status) return WEXITSTATUS(status) ? WEXITSTATUS(status) : 5;
        // A thread that shares it no longer.
        return in_thread(parts, words[3]) && reads('a') ? 0 : 6;
    }
    if (count < 4) return 9;
    char bytes[4096];
    int in;
    if (is("creat") || is("nameless") || is("excl")) in = open(words[2], O_RDONLY);
    else in = opened(words[2]);
    int out = made(words[3]);
    if (in < 0 || out < 0) { perror(how); return 3; }
    ssize_t length;
    if (is("mmap")) { length = lseek(in, 0, SEEK_END); memcpy(bytes, mmap(0, length, PROT_READ, MAP_PRIVATE, in, 0), length); }
    else length = read(in, bytes, sizeof bytes);
    if (length < 0 || write(out, bytes, length) != length) { perror(how); return 4; }
    if (is("nameless")) {
        snprintf(bytes, sizeof bytes, "/proc/self/fd/%d", out);
        if (linkat(AT_FDCWD, bytes, AT_FDCWD, words[3], AT_SYMLINK_FOLLOW)) { perror(how); return 5; }
    }
    return 0;
}
