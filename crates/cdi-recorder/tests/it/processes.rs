//! How tools end, and what happens to what they leave behind.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use cdi_recorder::Run;
use cdi_types::Exit;

use crate::support::{Folder, command, key, ran, recorded, shell};

#[test]
fn the_end_of_a_tool_is_told() {
    assert_eq!(ran(command(&["sh", "-c", "exit 3"])).unwrap().exit(), Exit::Code(3));
    assert_eq!(ran(command(&["sh", "-c", "kill -SEGV $$"])).unwrap().exit(), Exit::Signal(11));
    assert_eq!(ran(command(&["true"])).unwrap().exit(), Exit::Code(0));
}

#[test]
fn programs_that_cannot_run_are_rejected() {
    let folder = Folder::new();
    let text = folder.write("text", "no program");
    let script = folder.script("script", "no program either");
    let bad = folder.script("bad", "#!/no/such/interpreter\n");
    for (program, expected) in [
        ("no-such-program-anywhere", "program-missing"),
        ("", "program-missing"),
        (&text, "program-unusable"),
        (&script, "program-unusable"),
        (&bad, "program-unusable"),
        (&folder.path("none"), "program-missing"),
    ] {
        assert_eq!(ran(command(&[program])).unwrap_err().code(), expected, "{program}");
    }
}

#[test]
fn processes_that_end_soon_after_the_tool_are_waited_for() {
    let folder = Folder::new();
    let script = "(sleep 0.2; echo late >OUT) & exit 0";
    assert!(recorded(shell(&folder, script)).is_ok());
    assert_eq!(std::fs::read_to_string(folder.path("out")).unwrap(), "late\n");
}

#[test]
fn processes_that_outlive_the_tool_are_killed_and_the_run_rejected() {
    let folder = Folder::new();
    let late = folder.path("late");
    for hide in ["", "setsid ", "trap '' TERM HUP; "] {
        let script = format!(": >OUT; ({hide}sleep 3; touch {late}) & exit 0");
        let started = Instant::now();
        assert_eq!(recorded(shell(&folder, &script)).unwrap_err().code(), "tool-still-running", "{hide}");
        assert!(started.elapsed() < Duration::from_millis(2900), "{hide}");
    }
    std::thread::sleep(Duration::from_millis(3200));
    assert!(!std::fs::exists(late).unwrap());
}

#[test]
fn threads_do_not_confuse_the_recorder() {
    let folder = Folder::new();
    let source = folder.write(
        "threads.c",
        "#include <pthread.h>\n#include <unistd.h>\n#include <stdio.h>\n\
         static void *body(void *argument) { usleep(1000); return argument; }\n\
         static void *last(void *argument) { usleep(20000); fclose(fopen(argument, \"w\")); return 0; }\n\
         int main(int n, char **v) { pthread_t t; for (int i = 0; i < 50; i++) pthread_create(&t, 0, body, 0);\n\
         if (n > 2) { pthread_create(&t, 0, last, v[1]); pthread_exit(0); } fclose(fopen(v[1], \"w\")); \n\
         char *a[] = { \"true\", 0 }; execv(\"/usr/bin/true\", a); return 1; }\n",
    );
    let tool = folder.path("threads");
    assert!(Command::new("gcc").args(["-pthread", "-o", &tool, &source]).status().unwrap().success());
    for words in [vec![tool.clone(), folder.path("x")], vec![tool, folder.path("y"), "late".to_owned()]] {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let run = Run { outputs: vec![words[1].to_owned()], ..command(&words) };
        recorded(run).unwrap();
    }
}

/// The other end of the two tests below: wraps a tool that takes its time. Started by them, as a process of its own.
#[test]
#[ignore = "started by other tests"]
fn helper_that_wraps_a_slow_tool() {
    let Some(folder) = std::env::var_os("WRAP_IN") else { return };
    let out = format!("{}/out", folder.to_str().unwrap());
    let script = std::env::var("WRAP_SCRIPT").unwrap();
    let run = Run { outputs: vec![out], ..command(&["sh", "-c", &script]) };
    let ran = ran(run).unwrap();
    let exit = match ran.exit() {
        Exit::Code(0) => {
            let recorded = ran.products().unwrap().seal(&key(), &[]).unwrap();
            cdi_store::append_lines(format!("{}/report", folder.to_str().unwrap()), &[recorded.sealed.line])
                .unwrap();
            0
        }
        Exit::Code(code) => code.into(),
        Exit::Signal(signal) => i32::from(signal) + 128,
    };
    std::process::exit(exit);
}

fn helper(folder: &Folder, script: &str) -> std::process::Child {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "processes::helper_that_wraps_a_slow_tool", "--ignored", "--nocapture"])
        .env("WRAP_IN", folder.path("").trim_end_matches('/'))
        .env("WRAP_SCRIPT", script)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let started = Instant::now();
    while !std::fs::exists(folder.path("out")).unwrap() {
        assert!(started.elapsed() < Duration::from_secs(20), "the tool did not start");
        std::thread::sleep(Duration::from_millis(10));
    }
    child
}

#[test]
fn killing_the_recorder_kills_the_tool_and_leaves_no_report() {
    let folder = Folder::new();
    let (out, late) = (folder.path("out"), folder.path("late"));
    let mut child = helper(&folder, &format!(": >{out}; sleep 2; touch {late}"));
    child.kill().unwrap();
    child.wait().unwrap();
    std::thread::sleep(Duration::from_millis(2500));
    assert!(!std::fs::exists(late).unwrap());
    let left: Vec<_> =
        std::fs::read_dir(folder.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["out"]);
}

#[test]
fn signals_go_to_the_tool() {
    let folder = Folder::new();
    let out = folder.path("out");
    let script = format!("trap 'exit 9' TERM; : >{out}; while :; do sleep 0.05; done");
    let mut child = helper(&folder, &script);
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(9));
}
