//! Keys that an agent holds: `cdi key agent`, and OpenSSH's.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::process::Stdio;

use crate::support::{Ended, Scene, ended, field, is_there, on_path};

fn scene() -> Scene {
    let scene = Scene::new();
    scene.write("in", b"one");
    scene.done("key generate --out tool.pem");
    scene
}

fn shell(scene: &Scene, script: &str) -> Ended {
    ended(&on_path(scene, "sh").args(["-ec", script]).output().unwrap())
}

#[test]
fn an_agent_signs_where_a_key_would() {
    let scene = scene();
    scene.done("key generate --algorithm ed25519 --out other.pem");
    for (key, out) in [("tool", "a"), ("other", "b")] {
        scene.done(&format!(
            "key agent tool.pem other.pem -- {} wrap --key {key}.pub.pem --input in --output {out} -- cp in {out}",
            env!("CARGO_BIN_EXE_cdi")
        ));
        let id = field(&scene.done(&format!("key show {key}.pub.pem")), "key id");
        assert!(scene.done(&format!("inspect {out}.intoto.jsonl --output json")).contains(&id), "{key}");
    }
    // Its end is the command's, in whatever way that ended, and its socket has gone with it.
    let ended = shell(&scene, "cdi key agent tool.pem -- sh -c 'echo $CDI_AGENT; exit 7'");
    assert_eq!(ended.status, 7);
    assert!(!std::path::Path::new(ended.stdout.trim()).exists(), "{}", ended.stdout);
    assert_eq!(shell(&scene, "cdi key agent tool.pem -- sh -c 'kill -9 $$'").status, 137);
}

#[test]
fn an_authority_can_be_held_by_an_agent() {
    let scene = scene();
    let ended = shell(
        &scene,
        "cdi key agent tool.pem -- cdi authority create acme --name Acme --key tool.pub.pem
         grep -q PUBLIC acme/key.pem
         cdi key agent tool.pem -- cdi authority publish acme --out list.jsonl
         cdi authority publish acme --out list.jsonl",
    );
    assert!(ended.status == 2 && ended.stderr.contains("[key-not-pkcs8]"), "{}", ended.stderr);
}

#[test]
fn a_key_that_no_agent_holds_is_told() {
    let scene = scene();
    scene.done("key generate --out other.pem");
    let sign = "cdi origin sign --key tool.pub.pem --kind source in";
    for (script, code) in [
        (sign.to_owned(), "[key-not-pkcs8]"),
        (format!("CDI_AGENT=none {sign}"), "[agent-unreachable]"),
        (format!("SSH_AUTH_SOCK=none {sign}"), "[agent-unreachable]"),
        (format!("cdi key agent other.pem -- {sign}"), "[agent-key-missing]"),
        (format!("cdi key agent tool.pub.pem -- {sign}"), "[key-not-pkcs8]"),
        ("cdi key agent tool.pem -- no-such-command".to_owned(), "[program-unusable]"),
        ("cdi key agent --socket in tool.pem".to_owned(), "[file-exists]"),
        ("cdi key agent --socket no/such tool.pem".to_owned(), "[file-io]"),
    ] {
        let ended = shell(&scene, &script);
        assert!(ended.status == 2 && ended.stderr.contains(code), "{script}: {}", ended.stderr);
        assert!(!ended.stderr.contains("[key-readable]"), "{}", ended.stderr);
        assert!(!scene.path("in.intoto.jsonl").exists());
    }
    // What would be taken for a key of an agent is the private key all the same.
    assert_eq!(shell(&scene, "CDI_AGENT=none cdi origin sign --key tool.pem --kind source in").status, 0);
}

#[test]
fn a_socket_is_its_owners_and_is_taken_over_from_the_dead_only() {
    let scene = scene();
    drop(UnixListener::bind(scene.path("socket")).unwrap());
    let mut agent =
        scene.command("key agent --socket socket tool.pem").stderr(Stdio::null()).spawn().unwrap();
    let sign =
        "export CDI_AGENT=socket; until cdi origin sign --key tool.pub.pem --kind source in; do :; done";
    let signed = shell(&scene, sign);
    let mode = scene.path("socket").metadata().unwrap().permissions().mode();
    let second = scene.run("key agent --socket socket tool.pem");
    agent.kill().unwrap();
    agent.wait().unwrap();
    assert_eq!((signed.status, mode & 0o777), (0, 0o600), "{}", signed.stderr);
    assert!(second.stderr.contains("[file-exists]"), "{}", second.stderr);
}

/// What a tool could try that is run as the same user, in words of `perl`: each line is one that must fail.
const TRIES: &str = r#"
use Socket; use strict; my $agent = $ENV{AGENT_PID}; my @done;
push @done, "key" if open(my $a, '<', 'tool.pem');
push @done, "key by another name" if open(my $b, '<', "$ENV{PWD_OF}/tool.pem");
push @done, "socket" if socket(my $c, PF_UNIX, SOCK_STREAM, 0);
for my $file ('mem', 'environ', 'maps', 'cwd/tool.pem') {
    for my $pid ($agent, getppid()) { push @done, "/proc/$pid/$file" if open(my $d, '<', "/proc/$pid/$file"); }
}
push @done, "attach" if syscall(101, 16, $agent, 0, 0) == 0;
push @done, "seize" if syscall(101, 0x4206, $agent, 0, 0) == 0;
push @done, "read" if syscall(310, $agent, 0, 0, 0, 0, 0) == 0;
my $pidfd = syscall(434, $agent, 0);
push @done, "take" if $pidfd >= 0 && syscall(438, $pidfd, 3, 0) >= 0;
open(my $out, '>', 'tried'); print $out "@done\n";
"#;

#[test]
fn a_traced_tool_reaches_neither_key_nor_agent() {
    if !is_there("perl") {
        return;
    }
    for (capture, key) in [
        ("--capture traced", "tool.pub.pem"),
        ("--capture confined --allow-read /usr --input in --input try.pl --output tried", "tool.pub.pem"),
        // A key that is named is kept from the tool under whatever name; an agent's need not be in any file.
        ("--capture traced", "tool.pem"),
    ] {
        let scene = scene();
        scene.write("try.pl", TRIES.as_bytes());
        let gone = if key == "tool.pub.pem" { "rm tool.pem;" } else { "" };
        // The agent's process is the parent of `sh`.
        let script = format!(
            "cdi key agent tool.pem -- sh -c '{gone} cdi wrap {capture} --key {key} --env AGENT_PID=$PPID --env PWD_OF=$PWD \
             --env CDI_AGENT=$CDI_AGENT -- perl try.pl'"
        );
        let ended = shell(&scene, &script);
        assert_eq!(ended.status, 0, "{}", ended.stderr);
        assert_eq!(String::from_utf8(scene.read("tried")).unwrap(), "\n", "{capture} {key}");
        assert!(ended.stderr.contains("sockets (unix)"), "{}", ended.stderr);
        assert!(scene.lines("tried.intoto.jsonl") > 0);
    }
}

#[test]
fn openssh_holds_keys_as_well_and_signs_what_is_not_too_large() {
    if !is_there("ssh-agent") {
        return;
    }
    let scene = scene();
    std::fs::create_dir(scene.path("many")).unwrap();
    for number in 0..3_000 {
        scene.write(&format!("many/a-file-with-a-name-of-some-length-{number}"), b"");
    }
    let ended = shell(
        &scene,
        "ssh-agent sh -ec 'ssh-add -q tool.pem
             cdi wrap --key tool.pub.pem --input in --output out -- cp in out
             cdi wrap --capture traced --key tool.pub.pem --output joined -- sh -c \"cat many/* >joined\"'",
    );
    assert!(ended.status == 125 && ended.stderr.contains("[signer-refused]"), "{}", ended.stderr);
    assert!(scene.path("out.intoto.jsonl").exists() && !scene.path("joined.intoto.jsonl").exists());
    let joined = shell(
        &scene,
        "rm joined; cdi key agent tool.pem -- cdi wrap --capture traced --key tool.pub.pem --output joined -- sh -c 'cat many/* >joined'",
    );
    assert_eq!(joined.status, 0, "{}", joined.stderr);
}
