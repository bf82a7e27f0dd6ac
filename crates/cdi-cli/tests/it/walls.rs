//! Attacks of programs on what is around them, in each environment that is here: what must come of them is a refusal, and nothing
//! on the host.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::Command;

use cdi_gate::EnvironmentKind;

use crate::environments::{environments, heeding, host, run, said, until, walled};
use crate::support::ended;

/// The bits of a mode that give the rights of a file's owner or group to others.
const RIGHTS: u32 = 0o6000;

/// What has such a mode below a folder.
fn with_rights(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    entries
        .filter(|entry| entry.metadata().unwrap().permissions().mode() & RIGHTS != 0)
        .map(|entry| entry.path())
        .collect()
}

#[test]
fn no_program_leaves_a_file_that_gives_rights() {
    let scene = host();
    let (chmod, openat2) = (libc_number("chmod"), libc_number("openat2"));
    for environment in walled() {
        for bits in ["4755", "2755", "6777"] {
            let folder = tempfile::tempdir_in(scene.path("data")).unwrap();
            let name = folder.path().file_name().unwrap().to_str().unwrap();
            std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
            let plain =
                said(&scene, &environment, "--dir data:rw", &format!("create /data/{name}/plain 755"));
            assert_eq!(plain, "made", "{environment}");
            let changed =
                said(&scene, &environment, "--dir data:rw", &format!("mode /data/{name}/plain 750"));
            assert_eq!(changed, "changed", "{environment}");
            for attack in [
                format!("mode /data/{name}/plain {bits}"),
                format!("create /data/{name}/created {bits}"),
                format!("nameless /data/{name} {bits}"),
                format!("folder /data/{name}/folder {bits}"),
                format!("node /data/{name}/node {bits}"),
                format!("call {chmod} /data/{name}/plain {}", u32::from_str_radix(bits, 8).unwrap()),
                format!("call {} /data/{name}/plain {}", chmod | 0x4000_0000, 0o4755),
                format!("call {openat2} -100 /data/{name}/opened 0 24"),
            ] {
                let answer = run(&scene, &environment, "--dir data:rw", &attack);
                // A filter may end the program instead; and gVisor tells its program that all went well.
                let told = answer.status == 0 && !answer.stdout.starts_with("error");
                assert!(!told || environment == "gvisor", "{environment}: {attack}: {}", answer.stdout);
                assert!(with_rights(folder.path()).is_empty(), "{environment}: {attack}");
            }
        }
    }
    let path = scene.path("data/file");
    assert_eq!(
        said(&scene, "process", "", &format!("mode {} 4755", path.display())),
        "changed",
        "so that refusals mean something"
    );
}

/// A system call's number on this machine.
fn libc_number(name: &str) -> u32 {
    match (name, std::env::consts::ARCH) {
        ("chmod", "x86_64") => 90,
        ("unshare", "x86_64") => 272,
        ("io_uring_setup", _) => 425,
        ("openat2", _) => 437,
        (other, arch) => unreachable!("the number of {other} on {arch}"),
    }
}

#[test]
fn a_directory_leads_to_no_daemon_of_the_host() {
    let scene = host();
    let _listener = std::os::unix::net::UnixListener::bind(scene.path("data/socket")).unwrap();
    let log = std::os::unix::net::UnixDatagram::bind(scene.path("data/log")).unwrap();
    log.set_nonblocking(true).unwrap();
    for name in ["data/socket", "data/log"] {
        std::fs::set_permissions(scene.path(name), std::fs::Permissions::from_mode(0o777)).unwrap();
    }
    for environment in walled() {
        for options in ["--dir data", "--dir data:rw"] {
            for attack in ["unix /data/socket", "datagram /data/log", "pair /data/log"] {
                let answer = said(&scene, &environment, options, attack);
                assert!(answer.starts_with("error"), "{environment} {options}: {attack}: {answer}");
            }
        }
        assert_eq!(said(&scene, &environment, "", "streams"), "paired", "{environment}");
    }
    assert!(log.recv(&mut [0; 8]).is_err(), "nothing has come");
    let path = |name: &str| scene.path(name).display().to_string();
    assert_eq!(said(&scene, "process", "", &format!("unix {}", path("data/socket"))), "connected");
    assert_eq!(said(&scene, "process", "", &format!("pair {}", path("data/log"))), "sent");
}

#[test]
fn files_that_are_streams_stay_whose_they_are() {
    let scene = host();
    for environment in walled() {
        scene.write("secret", b"what only root may read");
        scene.write("out", b"before ");
        let names = ["secret", "out"];
        for name in names {
            std::fs::set_permissions(scene.path(name), std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        let is = || {
            names.map(|name| {
                let found = std::fs::metadata(scene.path(name)).unwrap();
                (found.uid(), found.gid(), found.mode())
            })
        };
        let before = is();
        let out = std::fs::OpenOptions::new().append(true).open(scene.path("out")).unwrap();
        let mut command = scene.command(&format!("run --environment {environment} guest -- input"));
        let status = command.stdin(std::fs::File::open(scene.path("secret")).unwrap()).stdout(out).status();
        assert!(status.unwrap().success(), "{environment}");
        assert_eq!(scene.read("out"), b"before what only root may read\n", "{environment}");
        assert_eq!(is(), before, "{environment}");
    }
}

#[test]
fn a_container_makes_no_namespaces_and_no_rings() {
    let scene = host();
    // The kernel of gVisor is the sandbox's own: what it has of these holds nothing of the host.
    for environment in environments(|kind| {
        [EnvironmentKind::Runc, EnvironmentKind::Crun, EnvironmentKind::Confined].contains(&kind)
    }) {
        let namespaces = [0x1000_0000_u32, 0x0002_0000, 0x4000_0000];
        let unshare = namespaces.map(|flag| format!("call {} {flag}", libc_number("unshare")));
        for attack in unshare.into_iter().chain([format!("call {} 1 0", libc_number("io_uring_setup"))]) {
            assert_eq!(
                said(&scene, &environment, "", &attack),
                "error Unsupported",
                "{environment}: {attack}"
            );
        }
        if environment != "confined" {
            assert_eq!(said(&scene, &environment, "", "child"), "made", "{environment}");
        }
    }
}

#[test]
fn a_container_has_few_devices_and_changes_none() {
    let scene = host();
    let mode = || std::fs::metadata("/dev/null").unwrap().permissions().mode();
    let before = mode();
    for environment in
        environments(|kind| ![EnvironmentKind::Process, EnvironmentKind::Confined].contains(&kind))
    {
        let devices = said(&scene, &environment, "", "files /dev");
        let expected = "fd full null random stderr stdin stdout urandom zero";
        // Its own kernel has terminals of its own, and memory at `/tmp`.
        let devices = if environment == "gvisor" { devices.replace(" pts", "") } else { devices };
        assert!(devices == expected, "{environment}: {devices}");
        assert_eq!(said(&scene, &environment, "", "write /dev/null x"), "written", "{environment}");
        for attack in [
            "write /dev/x y",
            "write /dev/shm/x y",
            "mode /dev/null 600",
            "mode /proc/interrupts 600",
            "mode /proc/keys 600",
            "folder /dev/x 755",
        ] {
            let answer = said(&scene, &environment, "", attack);
            // Its own kernel has a folder of its own, in memory.
            let held = environment == "gvisor" && !answer.starts_with("error");
            assert!(answer.starts_with("error") || held, "{environment}: {attack}: {answer}");
            assert!(!Path::new("/dev/x").exists());
        }
        // What the kernel tells of the whole host is not there, or of the sandbox's own kernel.
        for file in ["/proc/keys", "/proc/interrupts", "/proc/timer_list"] {
            let told = said(&scene, &environment, "", &format!("read {file}"));
            assert!(told.is_empty() || told.starts_with("error"), "{environment}: {file}: {told}");
        }
        let held = said(&scene, &environment, "", "write /tmp/x y");
        assert!(held.starts_with("error") || environment == "gvisor", "{environment}: {held}");
        assert_eq!(mode(), before, "{environment}");
    }
}

/// The groups of a process below `cdi`, in all hierarchies.
fn groups(pid: u32) -> usize {
    let hierarchies = std::fs::read_dir("/sys/fs/cgroup").unwrap().flatten().map(|entry| entry.path());
    let gates = hierarchies.chain(["/sys/fs/cgroup".into()]).map(|path| path.join("cdi"));
    let groups = gates.filter_map(|path| std::fs::read_dir(path).ok()).flatten().flatten();
    let mark = format!("-{pid}-");
    groups.filter(|entry| entry.file_name().to_string_lossy().contains(&mark)).count()
}

/// A-GAT-13, in containers too: what a gate that was killed leaves behind, the next one removes.
#[test]
fn what_a_killed_gate_leaves_in_containers_is_swept() {
    let scene = host();
    for environment in environments(|kind| {
        [EnvironmentKind::Runc, EnvironmentKind::Crun, EnvironmentKind::Gvisor].contains(&kind)
    }) {
        let line = format!("run guest --environment {environment} -- sleep");
        let mut running =
            heeding(&scene.command(&line)).stdout(std::process::Stdio::piped()).spawn().unwrap();
        let mut said_first = [0; 8];
        std::io::Read::read_exact(running.stdout.as_mut().unwrap(), &mut said_first).unwrap();
        assert_eq!(&said_first, b"sleeping");
        // The container's name, which its runtime and what that starts have on their command lines.
        let (pid, name) = (running.id(), format!("cdi-{}-0", running.id()));
        assert!(mentioned(&name) > 0, "{environment}");
        // Another test's gate may remove them before this one's next.
        assert!(environment == "gvisor" || groups(pid) > 0, "{environment}");
        running.kill().unwrap();
        running.wait().unwrap();
        until("its processes are gone", || mentioned(&name) == 0);
        let mut rest = Vec::new();
        std::io::Read::read_to_end(running.stdout.as_mut().unwrap(), &mut rest).unwrap();
        assert_eq!(said(&scene, &environment, "", "streams"), "paired");
        assert!(environment == "gvisor" || groups(pid) == 0, "{environment}: some were left");
    }
}

/// How many processes of this machine have this text on their command line, somewhere.
fn mentioned(mark: &str) -> usize {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let lines = processes.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    lines.filter(|line| line.windows(mark.len()).any(|part| part == mark.as_bytes())).count()
}

/// As on Linux 6.10, whose Landlock keeps no signals and no abstract sockets from others.
#[test]
fn a_kernel_that_confines_less_confines_nothing() {
    if environments(|kind| kind == EnvironmentKind::Confined).is_empty() {
        return;
    }
    let scene = host();
    let command = scene.command("run guest --environment confined -- streams");
    let on = |version: u32| {
        let mut strace = Command::new("strace");
        let fault = format!("inject=landlock_create_ruleset:retval={version}:when=1");
        strace.args(["-f", "-qq", "-e", "trace=landlock_create_ruleset", "-e", &fault, "-o", "/dev/null"]);
        strace.arg(command.get_program()).args(command.get_args());
        strace.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        ended(&strace.current_dir(command.get_current_dir().unwrap()).output().unwrap())
    };
    for version in [1, 5] {
        let refused = on(version);
        assert_eq!(refused.status, 125, "{version}: {}", refused.stderr);
        assert!(refused.stderr.contains("[environment-unavailable]"), "{version}: {}", refused.stderr);
        assert!(refused.stderr.contains("Linux 6.12"), "{version}: {}", refused.stderr);
    }
    assert_eq!(on(6).stdout, "paired\n", "what is refused above is refused for the version");
}
