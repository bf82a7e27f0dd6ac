//! What becomes of runs that go wrong, and of what they start.

use super::{recorded, scene, script};
use crate::support::Scene;

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
