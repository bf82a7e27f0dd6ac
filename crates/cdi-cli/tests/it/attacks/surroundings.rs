//! What surrounds a compiler and would change what it makes: variables, configuration, other programs and libraries.

use std::os::unix::fs::symlink;

use super::{CANARIES, compile, compiler, executables, inputs, recorded, scene, script, shows_nothing};
use crate::support::{ended, passed_over};
use crate::toolchains::bench::{Bench, Run, is_here};
use crate::toolchains::elf;

/// A-CAP-06: what the loader is told where `cdi` is started is not told to the tool; if it is told the tool itself, it is recorded
/// and covered by nothing.
#[test]
fn variables_of_the_loader_reach_no_tool_unseen() {
    let Some(bench) = compiler() else { return };
    let scene = &bench.scene;
    std::fs::create_dir(scene.path("gconv")).unwrap();
    let library = scene.path("mark.so").display().to_string();
    let all = [
        ("LD_PRELOAD", library.as_str()),
        ("LD_AUDIT", &library),
        ("LD_LIBRARY_PATH", "."),
        ("GCONV_PATH", "gconv"),
        ("GLIBC_TUNABLES", "glibc.malloc.check=3"),
    ];
    for (name, value) in all {
        let _ = std::fs::remove_file(scene.path("marks"));
        let line = "wrap --summary s.json --output x.o --input x.c -- gcc -c -o x.o x.c";
        let said = ended(&scene.command(line).env(name, value).output().unwrap());
        assert!(said.status == 0 || said.stderr.contains("[recorder-preloaded]"), "{name}: {}", said.stderr);
        let marks = std::fs::read_to_string(scene.path("marks")).unwrap_or_default();
        assert!(marks.lines().all(|name| name == "cdi"), "{name}: {marks}");
        let told = compile("").reads(&["x.c"]).with(&format!("{name}={value}"));
        assert!(shows_nothing(&bench, &told), "{name}");
        let marks = std::fs::read_to_string(scene.path("marks")).unwrap_or_default();
        assert_eq!(marks.contains("cc1"), value == library, "the library works: {marks}");
    }
}

/// A-CAP-07: so it is with what compilers and build tools are told by variables.
#[test]
fn variables_of_builds_reach_no_compiler_unseen() {
    let Some(bench) = compiler() else { return };
    let scene = &bench.scene;
    std::fs::create_dir(scene.path("bin")).unwrap();
    for name in ["as", "cc1", "ld"] {
        script(scene, &format!("bin/{name}"), "touch marked; exit 1");
    }
    let folder = scene.path("bin").display().to_string();
    let marker = format!("{folder}/as");
    let all = [
        ("COMPILER_PATH", folder.as_str()),
        ("CPATH", &folder),
        ("C_INCLUDE_PATH", &folder),
        ("GCC_EXEC_PREFIX", &folder),
        ("CCC_OVERRIDE_OPTIONS", "+-fno-stack-protector"),
        ("WAMRC_LLC_COMPILER", &marker),
        ("WAMRC_ASM_COMPILER", &marker),
        ("RUSTFLAGS", "-Coverflow-checks=off"),
        ("CARGO_ENCODED_RUSTFLAGS", "-Coverflow-checks=off"),
        ("RUSTC_WRAPPER", &marker),
        ("RUSTC_WORKSPACE_WRAPPER", &marker),
        ("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER", &marker),
        ("RUSTC_BOOTSTRAP", "1"),
        ("GOFLAGS", "-toolexec=bin/as"),
    ];
    let before = bench.record(&compile("").reads(&["x.c"]));
    let line = "wrap --summary s.json --output x.o --input x.c -- gcc -fstack-protector-strong -c -o x.o x.c";
    let said = ended(&scene.command(line).envs(all).output().unwrap());
    assert_eq!((said.status, scene.read("x.o") == before), (0, true), "{}", said.stderr);
    assert!(!scene.path("marked").exists());
    for (name, value) in all {
        let run = compile("").reads(&["x.c"]).with(&format!("{name}={value}"));
        assert!(shows_nothing(&bench, &run), "{name}");
    }
    assert!(scene.path("marked").exists(), "the marker works");
    // What make hands down and the compiler does not read may be there.
    for variable in ["CC=bin/cc1", "CFLAGS=-fno-stack-protector"] {
        let run = compile("").reads(&["x.c"]).with(variable);
        assert!(bench.record(&run) == before && bench.shows(&run, super::CANARIES), "{variable}");
    }
}

/// A-CAP-08: a file beside the tool or above the folder that nobody names. A tool that is called by another name reads other files.
#[test]
fn configuration_that_is_found_is_read_by_no_covered_run_unseen() {
    let Some(bench) = compiler() else { return };
    let near = "near/lib/gcc/x86_64-linux-gnu/12";
    for folder in [near, "near/bin"] {
        std::fs::create_dir_all(bench.scene.path(folder)).unwrap();
    }
    std::fs::copy("/usr/bin/gcc", bench.scene.path("near/bin/gcc")).unwrap();
    symlink("/usr/lib/gcc/x86_64-linux-gnu/12/cc1", bench.scene.path(&format!("{near}/cc1"))).unwrap();
    bench.scene.write(&format!("{near}/specs"), b"*cc1_options:\n+ -fno-stack-protector\n\n");
    let run = Run::of("near/bin/gcc -fstack-protector-strong -c -o x.o x.c");
    let made = bench.record_traced(&run);
    if elf::is_canaried(&made) {
        passed_over("this gcc reads no `specs` near itself");
    } else {
        assert!(bench.inputs().iter().any(|path| path.ends_with("/specs")), "it is recorded as read");
    }
    symlink("/usr/bin/gcc", bench.scene.path("x-gcc")).unwrap();
    let renamed = Run::of("./x-gcc -fstack-protector-strong -c -o x.o x.c").reads(&["x.c"]);
    assert!(shows_nothing(&bench, &renamed));
}

/// A-CAP-08: clang reads the file that is called as its executable.
#[test]
fn a_compiler_that_is_called_otherwise_is_covered_by_nothing() {
    let (Some(scene), true) = (scene(), is_here("clang-14")) else { return };
    let of =
        |program: &str| Run::of(&format!("{program} -fstack-protector-strong -c -o x.o x.c")).reads(&["x.c"]);
    let bench = Bench::of("clang", scene, &[of("clang-14")]);
    symlink("/usr/bin/clang-14", bench.scene.path("x-clang")).unwrap();
    bench.scene.write("x-clang.cfg", b"-fno-stack-protector\n");
    bench.scene.write("clang-14.cfg", b"-fno-stack-protector\n");
    assert!(shows_nothing(&bench, &of("./x-clang")));
    assert!(
        shows_nothing(&bench, &of("clang-14").with("CCC_OVERRIDE_OPTIONS=+-fno-stack-protector")),
        "A-CAP-07"
    );
    bench.scene.write("p.c", b"int nothing;\n");
    for options in [
        "-Xclang -load -Xclang ./mark.so",
        "-fplugin=./mark.so",
        "-fpass-plugin=./mark.so",
        "--config ./clang-14.cfg",
    ] {
        let run = Run::of(&format!("clang-14 -fstack-protector-strong {options} -c -o x.o x.c"))
            .reads(&["x.c", "mark.so"]);
        assert!(shows_nothing(&bench, &run), "A-CAP-11: {options}");
    }
    assert!(!shows_nothing(&bench, &of("clang-14")), "the control");
}

/// A-CAP-09: a program of the tool's name that is found first, a script, a directory of the build's own. What ran is recorded.
#[test]
fn what_runs_in_the_tools_place_is_recorded_as_itself() {
    let Some(bench) = compiler() else { return };
    let scene = &bench.scene;
    std::fs::create_dir(scene.path("first")).unwrap();
    script(scene, "first/gcc", "touch shimmed; exec /usr/bin/gcc -fno-stack-protector \"$@\"");
    let path = format!("{}:/usr/bin:/bin", scene.path("first").display());
    let line = "wrap --summary s.json --output x.o --input x.c -- gcc -c -o x.o x.c";
    let said = ended(&scene.command(line).env("PATH", &path).output().unwrap());
    assert_eq!((said.status, scene.path("shimmed").exists()), (0, false), "{}", said.stderr);
    assert!(shows_nothing(&bench, &compile("").reads(&["x.c"]).with(&format!("PATH={path}"))));
    let run = Run::of("first/gcc -fstack-protector-strong -c -o x.o x.c").reads(&["x.c"]);
    assert!(shows_nothing(&bench, &run));
    assert!(scene.path("shimmed").exists(), "the shim works");
    let (_, report) = recorded(scene, "traced", "", &["first/gcc", "-c", "-o", "y.o", "x.c"]);
    let found = executables(&report.unwrap());
    assert!(!found[0].contains("gcc") && found[1].ends_with("first/gcc"), "the shell comes first: {found:?}");
}

/// A-CAP-09: what the kernel executes in the place of a file because of how that begins.
#[test]
fn an_interpreter_by_binfmt_misc_is_recorded_first() {
    let Some(scene) = scene() else { return };
    let (folder, name) = (scene.path("formats"), format!("cdi-{}", std::process::id()));
    std::fs::create_dir(&folder).unwrap();
    let mount = |line: &str| {
        ended(
            &std::process::Command::new("mount")
                .args(line.split(' '))
                .current_dir(scene.path(""))
                .output()
                .unwrap(),
        )
        .status
    };
    // Machines of users do not have it, and tests are not told that they must.
    if mount("-t binfmt_misc none formats") != 0 {
        return eprintln!("skipped: `binfmt_misc` cannot be mounted here");
    }
    std::fs::copy("/bin/true", scene.path("interpreter")).unwrap();
    let magic = format!("CDI{}", std::process::id());
    script(&scene, "program", "true");
    scene.write("program", format!("{magic}\n").as_bytes());
    let rule = format!(":{name}:M::{magic}::{}:", scene.path("interpreter").display());
    let registered = std::fs::write(folder.join("register"), rule);
    let summary = registered.as_ref().ok().map(|()| scene.run("wrap --summary s.json -- ./program"));
    if registered.is_ok() {
        std::fs::write(folder.join(&name), "-1").unwrap();
    }
    assert!(std::process::Command::new("umount").arg(&folder).status().unwrap().success());
    let Some(said) = summary else {
        return eprintln!("skipped: `binfmt_misc` takes no rule: {registered:?}");
    };
    assert_eq!(said.status, 0, "{}", said.stderr);
    let summary = String::from_utf8(scene.read("s.json")).unwrap();
    let digest = cdi_types::Sha256::of(&std::fs::read("/bin/true").unwrap()).to_string();
    assert!(summary.contains(&digest), "{summary}");
}

/// A-CAP-10, A-CAP-11: libraries are part of the tool: one that is exchanged, or loaded besides, is in no closure.
#[test]
fn libraries_that_were_exchanged_or_added_are_in_no_closure() {
    let Some(bench) = compiler() else { return };
    let scene = &bench.scene;
    std::fs::create_dir(scene.path("other")).unwrap();
    let folder = scene.path("other").display().to_string();
    let run = || compile("").reads(&["x.c"]).with(&format!("LD_LIBRARY_PATH={folder}"));
    for options in ["-fplugin=./mark.so", "-B .", "-wrapper ./wrap,x", "-specs=./specs"] {
        scene.write("specs", b"*cc1_options:\n+ -fno-stack-protector\n\n");
        script(scene, "wrap", "shift; exec \"$@\"");
        assert!(shows_nothing(&bench, &compile(options).reads(&["x.c"])), "{options}");
    }
    // A plug-in that is loaded is measured, declared or not.
    bench.record(&compile("-fplugin=./mark.so").reads(&["x.c"]));
    let text = scene.done("inspect run.intoto.jsonl --output json");
    assert!(text.contains("mark.so"), "{text}");
    assert!(std::fs::read_to_string(scene.path("marks")).unwrap().contains("cc1"));
    // The very library, found elsewhere, is what it was; with one byte more it is another.
    let claims = format!(
        r#"{{ "claims": [{{ "property": "{CANARIES}", "effect": "establishes", "invocation": "elsewhere" }}],
             "invocations": {{ "elsewhere": {{ "program": ["gcc"], "exitStatus": [0],
               "arguments": [{{ "is": "-fstack-protector-strong" }}, {{ "is": "-c" }}, {{ "is": "-o" }}, {{ "output": "code" }}, {{ "input": "code" }}],
               "environment": {{ "PATH": {{ "oneOf": ["/usr/bin:/bin"] }}, "LD_LIBRARY_PATH": {{ "oneOf": ["{folder}"] }} }} }} }} }}"#
    );
    bench.certify_as(&claims);
    let mut library = std::fs::read("/lib/x86_64-linux-gnu/libz.so.1").unwrap();
    scene.write("other/libz.so.1", &library);
    assert!(!shows_nothing(&bench, &run()), "the control");
    library.push(0);
    scene.write("other/libz.so.1", &library);
    assert!(shows_nothing(&bench, &run()));
}

/// A-CAP-20: a cache that somebody else has filled: the compiler is not what ran, and what was taken from the cache was read.
#[test]
fn what_comes_out_of_a_cache_is_not_the_compilers() {
    let Some(bench) = compiler() else { return };
    if !is_here("ccache") {
        return;
    }
    let scene = &bench.scene;
    let folder = format!("CCACHE_DIR={}", scene.path("filled").display());
    let mut filling = std::process::Command::new("ccache");
    filling.args(["gcc", "-fno-stack-protector", "-c", "-o", "x.o", "x.c"]).current_dir(scene.path(""));
    assert!(filling.env("CCACHE_DIR", scene.path("filled")).status().unwrap().success());
    std::fs::create_dir(scene.path("cached")).unwrap();
    symlink("/usr/bin/ccache", scene.path("cached/gcc")).unwrap();
    for program in ["ccache gcc", "cached/gcc"] {
        let run = Run::of(&format!("{program} -fstack-protector-strong -c -o x.o x.c"))
            .reads(&["x.c"])
            .with(&folder);
        assert!(shows_nothing(&bench, &run), "{program}");
    }
    // Traced, what it takes out is an input, or the run is not recorded, since the cache is written to.
    for _ in 0..2 {
        let words = ["ccache", "gcc", "-c", "-o", "y.o", "x.c"];
        let _ = std::fs::remove_file(scene.path("y.o"));
        let (said, report) = recorded(scene, "traced", &format!("--env {folder}"), &words);
        match report {
            Some(report) => {
                let compiled = executables(&report).iter().any(|path| path.ends_with("cc1"));
                assert!(compiled || inputs(&report).iter().any(|path| path.contains("filled")), "{report:#}");
            }
            None => assert!(said.stderr.contains("[input-changed]"), "{}", said.stderr),
        }
    }
}
