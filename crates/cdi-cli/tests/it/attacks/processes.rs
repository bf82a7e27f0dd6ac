//! What becomes of runs that go wrong, and of what they start.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;

use super::{inputs, plain, recorded, scene, script};
use crate::support::{Scene, passed_over};

fn runs(scene: &Scene, level: &str, text: &str) -> (i32, String) {
    script(scene, "build", text);
    let _ = std::fs::remove_file(scene.path("x.o"));
    let (said, report) = recorded(scene, level, "--input x.c --output x.o", &["./build"]);
    assert!(report.is_none(), "{level}: {text}: {report:#?}");
    (said.status, said.stderr)
}

const COMPILE: &str = "gcc -c -o x.o x.c;";

/// A-CAP-04: who is left behind could write over the output. All are ended, and nothing is signed.
#[test]
fn whoever_stays_behind_is_ended_and_nothing_is_signed() {
    let Some(scene) = scene() else { return };
    let ways = [
        "(sleep 1000; echo evil > x.o) &",
        "setsid sh -c '(sleep 1000; echo evil > x.o) & exit' &",
        "(trap '' TERM HUP INT QUIT; while :; do sleep 1000; done) &",
        "exec 3>>x.o; sleep 1000 >&3 &",
        "perl -e 'exit if fork; use POSIX; setsid(); exit if fork; chdir \"/\"; close $_ for 0..2; sleep 1000' &",
    ];
    for level in ["declared", "traced"] {
        for way in ways {
            let (status, said) = runs(&scene, level, &format!("{COMPILE} {way}\nexit 0"));
            assert!(status == 125 && said.contains("[tool-still-running]"), "{level} {way}: {said}");
        }
    }
}

/// A-CAP-18: a run that failed, crashed, took too long, or left no output. What the output is stays unsaid.
#[test]
fn of_a_run_that_failed_nothing_is_signed() {
    let Some(scene) = scene() else { return };
    scene.write("bad.c", b"int f(\n");
    scene.write("crash.c", b"#include <signal.h>\nint plugin_is_GPL_compatible;\nint plugin_init(void *a, void *b) { raise(SIGSEGV); return a == b; }\n");
    super::plain(&scene, "gcc -shared -fPIC -o crash.so crash.c");
    for level in ["declared", "traced"] {
        for (way, status) in [
            ("gcc -c -o x.o bad.c", 1),
            ("gcc -fplugin=./crash.so -c -o x.o x.c", 1),
            (&format!("{COMPILE} exit 1"), 1),
            (&format!("{COMPILE} kill -SEGV $$"), 128 + 11),
            (&format!("{COMPILE} kill -KILL $$"), 128 + 9),
            (&format!("{COMPILE} exec timeout -s KILL 0.05 sleep 1000"), 128 + 9),
            ("ulimit -f 0; gcc -c -o x.o x.c", 1),
            ("gcc -fsyntax-only x.c", 125),
            (&format!("{COMPILE} rm x.o"), 125),
        ] {
            let (found, said) = runs(&scene, level, way);
            // What is killed for its size tells its parent so in one way or another.
            let limited = way.starts_with("ulimit") && found != 0;
            assert!(found == status || limited, "{level} {way}: {found} {said}");
        }
    }
}

/// A-CAP-19: what runs in a traced tool's place finds no key: not by its name, not in who records, not in a descriptor.
#[test]
fn a_traced_tool_finds_no_key() {
    let Some(scene) = scene() else { return };
    let folder = scene.path("").canonicalize().unwrap();
    let ways = [
        "cat tool.pem".to_owned(),
        format!("cat {}/tool.pem", folder.display()),
        format!("cat /proc/self/root{}/tool.pem", folder.display()),
        "ln tool.pem linked; cat linked".to_owned(),
        "mv tool.pem moved; cat moved; mv moved tool.pem".to_owned(),
        "cat /proc/$PPID/environ".to_owned(),
        "dd if=/proc/$PPID/mem bs=1 count=1".to_owned(),
        "cat /proc/$PPID/fd/*".to_owned(),
        "cat /dev/fd/[3-9]*".to_owned(),
        "perl -e 'exit(syscall(101, 16, getppid(), 0, 0) == 0 ? 0 : 1)' && echo attached".to_owned(),
    ];
    script(&scene, "build", &format!("{COMPILE}\n{{ {}; }} > found 2>/dev/null\nexit 0", ways.join("; ")));
    let (said, report) = recorded(&scene, "traced", "", &["./build"]);
    assert!(report.is_some(), "{}", said.stderr);
    assert_eq!(String::from_utf8(scene.read("found")).unwrap(), "");
    assert!(said.stderr.contains("tool.pem` is withheld"), "{}", said.stderr);
}

/// A-CAP-24: many processes that do not end, files without end, a disk that is full: nothing is signed, and nothing stays.
#[test]
fn a_run_that_uses_up_what_there_is_leaves_nothing_behind() {
    let Some(scene) = scene() else { return };
    let many = format!(
        "{COMPILE} i=0; while [ $i -lt 60 ]; do i=$((i+1)); (trap '' TERM HUP INT; exec sleep 987654) & done; exit 0"
    );
    for level in ["declared", "traced"] {
        let (status, said) = runs(&scene, level, &many);
        assert!(status == 125 && said.contains("(60)"), "{level}: {said}");
        let (status, _) = runs(&scene, level, &format!("ulimit -f 64; {COMPILE} exec yes > x.o"));
        assert!(status > 128, "{level}: {status}");
        let (status, _) = runs(&scene, level, &format!("{COMPILE} exec cat /dev/zero > /dev/full"));
        assert_ne!(status, 0, "{level}");
    }
    let left = std::fs::read_dir("/proc").unwrap().flatten().any(|entry| {
        std::fs::read(entry.path().join("cmdline")).is_ok_and(|line| line == b"sleep\0987654\0")
    });
    assert!(!left);
}

/// A-CAP-07: what the recorder itself was given to write to, and could be read from: a file, a socket of a service manager's.
#[test]
fn what_a_run_says_things_to_gives_it_nothing() {
    let Some(scene) = scene() else { return };
    scene.done("key generate --out tool.pem");
    scene.write("said", b"planted\n");
    for level in ["traced", "confined --allow-read /usr --allow-read /bin --output out"] {
        for (number, way) in
            ["cat <&1 > out", "cat /dev/stdout > out", "cat <&2 > out", "echo fine"].into_iter().enumerate()
        {
            let both = || File::options().read(true).write(true).open(scene.path("said")).unwrap();
            let mut command = scene.command(&format!("wrap --capture {level} --key tool.pem -- sh -c"));
            command.arg(format!("echo > out; ({way}); exit 0")).stdout(both()).stderr(both());
            let said = command.output().unwrap();
            let told = String::from_utf8(scene.read("said")).unwrap();
            if told.contains("[fence-refused]") {
                return passed_over("this machine cannot confine");
            }
            assert!(!String::from_utf8(scene.read("out")).unwrap().contains("planted"), "{level} {way}");
            assert!(said.status.success() && (number < 3 || told.contains("fine")), "{level} {way}: {told}");
            scene.write("said", b"planted\n");
            let _ = std::fs::remove_file(scene.path("out.intoto.jsonl"));
        }
        let (mut own, given) = UnixStream::pair().unwrap();
        own.write_all(b"planted\n").unwrap();
        let mut command = scene.command(&format!("wrap --capture {level} --key tool.pem -- sh -c"));
        let given = OwnedFd::from(given);
        command.arg("echo > out; cat <&1 > out; echo heard; exit 0");
        let ended = command.stdout(given.try_clone().unwrap()).stderr(given).output().unwrap();
        drop(command);
        let (mut heard, mut piece) = (Vec::new(), [0; 256]);
        // That nobody has taken what was planted is told as an error at the end.
        while let Ok(read @ 1..) = own.read(&mut piece) {
            heard.extend_from_slice(&piece[..read]);
        }
        let heard = String::from_utf8(heard).unwrap();
        assert!(ended.status.success() && heard.contains("heard"), "{level}: {heard}");
        assert!(!String::from_utf8(scene.read("out")).unwrap().contains("planted"), "{level}");
        let _ = std::fs::remove_file(scene.path("out.intoto.jsonl"));
    }
}

/// A-CAP-12: the flags of openat2(2) are in memory, where another thread writes while the kernel reads.
#[test]
fn flags_that_another_thread_changes_open_nothing() {
    let Some(scene) = scene() else { return };
    scene.done("key generate --out tool.pem");
    scene.write("how.c", include_bytes!("../programs/how.c"));
    plain(&scene, "gcc -O1 -pthread -o how how.c");
    scene.write("secret", b"planted\n");
    for file in ["secret", "tool.pem"] {
        let (said, report) = recorded(&scene, "traced", "", &["./how", file, "stolen"]);
        let stolen = std::fs::read(scene.path("stolen")).unwrap_or_default();
        let told = report.is_some_and(|report| inputs(&report).iter().any(|input| input.ends_with(file)));
        assert!(stolen.is_empty() || (told && file == "secret"), "{file}: {}", said.stderr);
    }
}
