//! `cdi wrap` where somebody else answers for the kernel. Whoever may make namespaces can set this up, and that is anybody
//! where the kernel lets unprivileged users have them.

use std::process::Command;

use crate::support::{Ended, Scene, ended, passed_over};

/// Runs `cdi` with a variable of its own.
fn under(scene: &Scene, name: &str, value: &str) -> Ended {
    ended(&scene.command(COPY).env(name, value).output().unwrap())
}

#[test]
fn a_recorder_with_other_code_in_it_is_rejected() {
    let scene = scene();
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let library = maps.split_whitespace().find(|word| word.ends_with("/libc.so.6")).unwrap();
    std::fs::create_dir(scene.path("lib")).unwrap();
    std::fs::copy(library, scene.path("lib/libc.so.6")).unwrap();
    let folder = scene.path("lib").canonicalize().unwrap();
    for (name, value) in
        [("LD_PRELOAD", library), ("LD_AUDIT", "none.so"), ("LD_LIBRARY_PATH", folder.to_str().unwrap())]
    {
        let ended = under(&scene, name, value);
        assert!(ended.stderr.contains("[recorder-preloaded]"), "{name}: {}", ended.stderr);
        assert!(ended.status == 125 && !scene.path("out").exists(), "{name}: the tool has run");
    }
    // Nothing was found there: cargo, for one, sets it for all that it starts.
    std::fs::remove_file(scene.path("lib/libc.so.6")).unwrap();
    assert_eq!(under(&scene, "LD_LIBRARY_PATH", folder.to_str().unwrap()).status, 0);
}

#[test]
fn a_recorder_on_a_platform_that_the_kernel_plays_is_rejected() {
    let scene = scene();
    for (how, code) in [("linux32", Some("platform-altered")), ("-R", None)] {
        let cdi = scene.command(COPY);
        let mut command = Command::new("setarch");
        command.arg(how).arg(cdi.get_program()).args(cdi.get_args()).current_dir(scene.path(""));
        let ended = ended(&command.output().unwrap());
        match code {
            Some(code) => assert!(ended.stderr.contains(&format!("[{code}]")), "{}", ended.stderr),
            None => assert_eq!(ended.status, 0, "{}", ended.stderr),
        }
        assert_eq!(scene.path("out").exists(), code.is_none());
    }
}

/// A folder that looks like `/proc`: whatever runs, `true` has run.
const FAKE: &str = "mkdir -p fake/self/fd && ln -s /usr/bin/true fake/self/exe && \
    for n in $(seq 3 40); do ln -s /usr/bin/true fake/self/fd/$n; done && \
    for p in $(seq 1 400); do mkdir -p fake/$p/fd && ln -s /usr/bin/true fake/$p/exe && \
    : > fake/$p/auxv && : > fake/$p/mem && : > fake/$p/maps && echo 0 > fake/$p/personality; done";

/// Runs `cdi` in namespaces of its own, after a script there; `None` with a word on why if there are none to be had.
fn within(scene: &Scene, namespaces: &str, script: &str, line: &str) -> Option<Ended> {
    if !Command::new("unshare").args([namespaces, "true"]).status().is_ok_and(|status| status.success()) {
        passed_over(&format!("this machine gives no namespaces ({namespaces})"));
        return None;
    }
    let cdi = scene.command(line);
    let mut command = Command::new("unshare");
    command.args([namespaces, "sh", "-ec", &format!("{script}; exec \"$@\""), "sh"]);
    command.arg(cdi.get_program()).args(cdi.get_args()).current_dir(scene.path(""));
    Some(ended(&command.output().unwrap()))
}

fn scene() -> Scene {
    let scene = Scene::new();
    scene.done("key generate --out tool.pem");
    scene.write("in", b"one");
    let made = Command::new("sh").args(["-c", FAKE]).current_dir(scene.path("")).status();
    assert!(made.unwrap().success());
    scene
}

const COPY: &str = "wrap --key tool.pem --input in --output out -- cp in out";

#[test]
fn a_false_proc_is_rejected() {
    let scene = scene();
    for (namespaces, mounts) in [
        ("-Urm", "mount --bind fake /proc"),
        // A true one is there too, and is not asked.
        ("-Urmpf", "mount -t proc proc /mnt && mount --bind fake /proc"),
        // Parts of a true one.
        ("-Urm", "mount --rbind /proc/self /proc"),
        ("-Urm", "mount --rbind /proc/sys /proc"),
        // A true one of other processes: it tells of others under our numbers.
        ("-Urmpf", "true"),
        ("-Urm", "mount -t tmpfs none /proc"),
    ] {
        let Some(ended) = within(&scene, namespaces, mounts, COPY) else { return };
        assert!(ended.stderr.contains("[proc-not-the-kernels]"), "{mounts}: {}", ended.stderr);
        assert!(ended.status == 125 && !scene.path("out").exists(), "{mounts}: the tool has run");
    }
}

#[test]
fn a_true_proc_with_something_mounted_over_a_process_is_rejected() {
    let scene = scene();
    // The first process of a namespace becomes `cdi`: its number is known beforehand.
    let mounts = "mount -t proc proc /proc && mount --bind fake/1 /proc/1";
    let Some(ended) = within(&scene, "-Urmpf", mounts, COPY) else { return };
    assert!(ended.status == 125 && !scene.path("out.intoto.jsonl").exists(), "{}", ended.stderr);
}

#[test]
fn a_true_proc_of_a_namespace_is_believed() {
    let scene = scene();
    let Some(ended) = within(&scene, "-Urmpf", "mount -t proc proc /proc", COPY) else { return };
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    assert_eq!(scene.lines("out.intoto.jsonl"), 1);
}
