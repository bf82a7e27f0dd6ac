//! What a compiler reads: by whatever name, at whatever moment, and from where nobody can measure it.

use std::os::unix::fs::symlink;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{inputs, names, plain, recorded, scene};
use crate::support::{ended, passed_over};

/// A-CAP-01: a header that nobody declared is found however it is named, and is not there for a confined compiler.
#[test]
fn a_header_that_nobody_declared_is_recorded_or_out_of_reach() {
    let Some(scene) = scene() else { return };
    scene.write("hidden.h", b"#define HIDDEN 7\n");
    symlink("hidden.h", scene.path("link.h")).unwrap();
    let folder = scene.path("").canonicalize().unwrap();
    let hidden = cdi_types::Sha256::of(&scene.read("hidden.h")).to_string();
    let ways = [
        "hidden.h".to_owned(),
        "link.h".to_owned(),
        format!("{}/hidden.h", folder.display()),
        format!("/proc/self/root{}/hidden.h", folder.display()),
        "/proc/self/cwd/hidden.h".to_owned(),
    ];
    for (number, way) in ways.iter().enumerate() {
        scene.write("y.c", format!("#include \"{way}\"\nint f(void) {{ return HIDDEN; }}\n").as_bytes());
        let words = ["gcc", "-c", "-o", "y.o", "y.c"];
        let (said, report) = recorded(&scene, "traced", "", &words);
        match report {
            Some(report) => {
                let read = names(&report, "/predicate/inputs", "sha256");
                assert!(read.contains(&hidden), "{way}: {:?}", inputs(&report));
            }
            None => assert!(
                said.stderr.contains("No such file") || said.stderr.contains("denied"),
                "{way}: {}",
                said.stderr
            ),
        }
        let (said, report) = recorded(
            &scene,
            "confined",
            "--allow-read /usr --input y.c --output z.o",
            &["gcc", "-c", "-o", "z.o", "y.c"],
        );
        if said.stderr.contains("[fence-refused]") {
            return passed_over("this machine cannot confine");
        }
        assert!(report.is_none() && said.status == 1, "{number} {way}: {}", said.stderr);
    }
    // A-CAP-08, A-CAP-11: so it is with a plug-in and a file of options.
    scene.write("flags", b"-DX\n");
    scene.write("y.c", b"int y;\n");
    for option in ["-fplugin=./mark.so", "@flags", "-specs=flags", "-include hidden.h"] {
        let words = format!("gcc {option} -c -o z.o y.c");
        let words: Vec<&str> = words.split(' ').collect();
        let (said, report) =
            recorded(&scene, "confined", "--allow-read /usr --input y.c --output z.o", &words);
        assert!(report.is_none() && said.status != 0, "{option}: {}", said.stderr);
    }
    assert!(!scene.path("marks").exists());
}

/// Tells the other thread to end, however this one does.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A-CAP-02: the source is swapped all the time. What is signed of a compilation is the digest of what was compiled.
#[test]
fn a_source_that_is_swapped_is_recorded_as_it_was_compiled() {
    let Some(scene) = scene() else { return };
    let sources: [&[u8]; 2] = [b"int answer = 0x11111111;\n", b"int answer = 0x22222222;\n"];
    let digests = sources.map(|source| cdi_types::Sha256::of(source).to_string());
    scene.write("s.c", sources[0]);
    let ends = AtomicBool::new(false);
    let ends = &ends;
    let mut signed = 0;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut turn = 0_usize;
            while !ends.load(Ordering::Relaxed) {
                turn += 1;
                scene.write("next.c", sources[turn % 2]);
                std::fs::rename(scene.path("next.c"), scene.path("s.c")).unwrap();
            }
        });
        let _ends = Ends(ends);
        for level in ["traced", "traced", "traced", "traced", "traced", "declared", "declared"] {
            let declared = if level == "declared" { "--input s.c --output s.o" } else { "" };
            let (said, report) = recorded(&scene, level, declared, &["gcc", "-c", "-o", "s.o", "s.c"]);
            let Some(report) = report else {
                assert_eq!(said.status, 125, "{level}: {}", said.stderr);
                continue;
            };
            let compiled = usize::from(!scene.read("s.o").windows(4).any(|bytes| bytes == [0x11; 4]));
            let read = names(&report, "/predicate/inputs", "sha256");
            assert!(
                read.contains(&digests[compiled]) && !read.contains(&digests[1 - compiled]),
                "{level}: {report:#}"
            );
            signed += 1;
        }
    });
    eprintln!("{signed} of 7 runs were signed");
}

/// A-CAP-21: standard input is empty, and there are no other descriptors and no network.
#[test]
fn nothing_comes_in_by_standard_input_or_a_network() {
    let Some(scene) = scene() else { return };
    for level in ["declared", "traced"] {
        let line = format!("wrap --capture {level} --summary s.json --output y.o -- gcc -x c -c -o y.o -");
        let mut command = scene.command(&line);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let fed = std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"int poison;\n");
        let said = ended(&child.wait_with_output().unwrap());
        assert_eq!(said.status, 0, "{level} {fed:?}: {}", said.stderr);
        assert!(!scene.read("y.o").windows(6).any(|bytes| bytes == b"poison"), "{level}");
    }
    scene.write("ask.pl", b"use Socket; exit(socket(my $s, PF_INET, SOCK_STREAM, 0) ? 7 : 0)");
    let (said, _) = recorded(&scene, "traced", "", &["perl", "ask.pl"]);
    assert!(said.stderr.contains("sockets (inet) [access-refused]") && said.status != 7, "{}", said.stderr);
}

/// A-CAP-22: two files are never recorded under one name, nor one under two; names that look alike are refused or kept apart.
#[test]
fn names_that_collide_are_refused_or_kept_apart() {
    let Some(scene) = scene() else { return };
    let refused = |words: &[&str], declared: &str, code: &str| {
        let (said, report) = recorded(&scene, "declared", declared, words);
        assert!(report.is_none() && said.stderr.contains(code), "{declared}: {}", said.stderr);
    };
    let words = ["gcc", "-c", "-o", "y.o", "x.c"];
    refused(&words, "--output y.o --input x.c --input ./x.c", "[path-repeated]");
    refused(&words, "--output y.o --output .//y.o --input x.c", "[path-repeated]");
    refused(&words, "--output x.c --input x.c", "[");
    let decomposed = "e\u{301}.c";
    scene.write(decomposed, b"int decomposed;\n");
    scene.write("\u{e9}.c", b"int composed;\n");
    refused(&words, &format!("--output y.o --input {decomposed}"), "[path-not-plain]");
    let (_, report) = recorded(&scene, "traced", "", &["gcc", "-c", "-o", "y.o", decomposed]);
    assert!(report.is_none(), "it would be recorded under the other's name");
    for name in ["Case.h", "case.h"] {
        scene.write(name, format!("int {};\n", name.replace('.', "_")).as_bytes());
    }
    scene.write("both.c", b"#include \"Case.h\"\n#include \"case.h\"\n");
    let (_, report) = recorded(&scene, "traced", "", &["gcc", "-c", "-o", "y.o", "both.c"]);
    let read = inputs(&report.unwrap());
    assert!(
        ["Case.h", "case.h", "both.c"].iter().all(|name| read.iter().any(|path| path == name)),
        "{read:?}"
    );
    plain(&scene, "rm y.o");
}
