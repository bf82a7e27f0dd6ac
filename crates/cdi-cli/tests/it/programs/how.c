/* Opens a file for its path alone by openat2(2), while another thread turns that into leave to read. What it got to read goes
   into the second file. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static volatile struct open_how how;
static volatile int armed, over;
static volatile long delay;

static long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000L + time.tv_nsec;
}

static void *change(void *unused) {
    for (;;) {
        while (!armed) if (over) return unused;
        for (long end = now() + delay; now() < end;) {}
        how.flags = O_RDONLY;
        armed = 0;
    }
}

int main(int count, char **words) {
    static char bytes[1 << 16];
    ssize_t length = -1;
    pthread_t thread;
    if (count != 3 || pthread_create(&thread, 0, change, 0)) return 9;
    for (delay = 200000; delay > 500 && length < 0; delay -= 400) {
        how.flags = O_PATH;
        armed = 1;
        int file = syscall(SYS_openat2, AT_FDCWD, words[1], &how, sizeof how);
        while (armed) {}
        if (file < 0) continue;
        if (!(fcntl(file, F_GETFL) & O_PATH)) length = read(file, bytes, sizeof bytes);
        close(file);
    }
    over = 1;
    pthread_join(thread, 0);
    int out = open(words[2], O_WRONLY | O_CREAT | O_TRUNC, 0644);
    return length > 0 && write(out, bytes, length) != length;
}
