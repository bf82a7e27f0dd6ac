//! What a certification says of runs of the compiler that is here, and what is tried to get more out of it.

use super::{CANARIES, compile, compiler, plain, script, shows_nothing};
use crate::toolchains::bench::Run;
use crate::toolchains::elf;

/// A-CER-01, 02, 05: other values, the same option again, options that nobody described. A-CER-08: more of them in files.
#[test]
fn options_that_nobody_described_are_covered_by_nothing() {
    let Some(bench) = compiler() else { return };
    bench.scene.write("outer", b"@inner\n");
    bench.scene.write("inner", b"-fno-stack-protector\n");
    bench.scene.write("specs", b"*cc1_options:\n+ -fno-stack-protector\n\n");
    let options = [
        "-fstack-protector-strong=0",
        "-fno-stack-protector",
        "-fstack-protector-strong -fno-stack-protector",
        "-fno-stack-protector -fstack-protector-strong",
        "-fstack-protector",
        "-O99",
        "-O1 -O0",
        "-std=gnu17 -std=c11",
        "-Wp,-D_FORTIFY_SOURCE=0",
        "-Xpreprocessor -DX",
        "-Wa,--execstack",
        "-include x.c",
        "-x assembler",
        "--param ssp-buffer-size=4096",
        "-ffoo",
        "--",
        "@outer",
        "@inner",
        "-specs=specs",
        "--specs=specs",
        "-Wl,@inner",
    ];
    for options in options {
        let run = compile(options).reads(&["x.c"]);
        assert!(shows_nothing(&bench, &run), "{options}");
    }
    assert!(!shows_nothing(&bench, &compile("-O2 -Wall").reads(&["x.c"])), "the control");
}

/// A-CER-08: a file of options that is known is covered as long as it is that file; another content is not, whoever declares it.
#[test]
fn a_file_of_options_counts_by_its_content_only() {
    let Some(bench) = compiler() else { return };
    bench.scene.write("flags", b"-DX=1 -fstack-protector-strong\n");
    let digest = cdi_types::Sha256::of(&bench.scene.read("flags")).to_string();
    let claims = format!(
        r#"{{ "claims": [{{ "property": "{CANARIES}", "effect": "establishes", "invocation": "known" }}],
             "invocations": {{ "known": {{ "program": ["gcc"], "environment": {{ "PATH": {{ "oneOf": ["/usr/bin:/bin"] }} }}, "exitStatus": [0], "arguments": {{
               "options": {{ "-c": {{}}, "-o": {{ "value": {{ "output": "code" }}, "spelling": ["separate"] }},
                 "@": {{ "value": {{ "knownInput": {{ "role": "options", "sha256": ["{digest}"] }} }}, "spelling": ["adjoined"] }} }},
               "positional": [{{ "input": "code" }}], "optionsAfterPositional": "accept" }} }} }} }}"#
    );
    bench.certify_as(&claims);
    let run = || Run::of("gcc @flags -c -o x.o x.c").reads(&["x.c", "flags"]);
    bench.has(&run(), CANARIES, elf::is_canaried);
    // Undeclared, it is the path of no recorded file; with another content, of none that is known.
    assert!(shows_nothing(&bench, &Run::of("gcc @flags -c -o x.o x.c").reads(&["x.c"])));
    bench.scene.write("flags", b"-DX=1 -fno-stack-protector\n");
    bench.lacks(&run(), CANARIES, elf::is_canaried);
    // Two deep, the inner one would have to be known as well, and nobody can name it.
    bench.scene.write("inner", b"-fno-stack-protector\n");
    bench.scene.write("flags", b"@inner\n");
    bench.lacks(&run().reads(&["inner"]), CANARIES, elf::is_canaried);
}

/// A-CER-09: the wanted text, where it is no option: in a definition, in a file's name, behind another option.
#[test]
fn the_text_of_an_option_elsewhere_is_no_option() {
    let Some(bench) = compiler() else { return };
    let source = "-fstack-protector-strong.c";
    plain(&bench.scene, &format!("cp x.c ./{source}"));
    let runs = [
        Run::of("gcc -DX=-fstack-protector-strong -c -o x.o x.c").reads(&["x.c"]),
        Run::of("gcc -DHAVE_CONFIG_H -I -fstack-protector-strong -c -o x.o x.c").reads(&["x.c"]),
        Run::of("gcc -I ./-fstack-protector-strong -c -o x.o x.c").reads(&["x.c"]),
        Run::of(&format!("gcc -c -o x.o ./{source}")).reads(&[source]),
        Run::of("gcc -MD -MF ./-fstack-protector-strong -c -o x.o x.c")
            .reads(&["x.c"])
            .writes("./-fstack-protector-strong"),
        Run::of("gcc -O2 -Wl,-fstack-protector-strong -c -o x.o x.c").reads(&["x.c"]),
    ];
    for run in runs {
        assert!(shows_nothing(&bench, &run));
    }
}

/// A-CER-11, 22: another build of the compiler, another name for it, another program under the same report key.
#[test]
fn another_tool_under_the_same_key_is_covered_by_nothing() {
    let Some(bench) = compiler() else { return };
    let mut other = std::fs::read("/usr/bin/gcc").unwrap();
    other.push(0);
    std::fs::create_dir(bench.scene.path("bin")).unwrap();
    script(&bench.scene, "bin/gcc", "");
    bench.scene.write("bin/gcc", &other);
    let of =
        |program: &str| Run::of(&format!("{program} -fstack-protector-strong -c -o x.o x.c")).reads(&["x.c"]);
    std::fs::create_dir(bench.scene.path("lib")).unwrap();
    std::os::unix::fs::symlink("/usr/lib/gcc", bench.scene.path("lib/gcc")).unwrap();
    std::os::unix::fs::symlink("/usr/bin/gcc", bench.scene.path("gcc-of-another-name")).unwrap();
    for program in ["bin/gcc", "./gcc-of-another-name", "c++-of-none", "env gcc"] {
        assert!(shows_nothing(&bench, &of(program)), "{program}");
    }
    assert!(!shows_nothing(&bench, &of("/usr/bin/gcc")), "the control");
}

/// A-CER-15: what another tool makes of the object has the property only if that tool is certified to keep it.
#[test]
fn what_is_made_of_an_object_by_others_has_nothing_of_it() {
    let Some(bench) = compiler() else { return };
    bench.asks(CANARIES, &[]);
    let compiled = compile("").reads(&["x.c"]);
    bench.record(&compiled);
    assert!(bench.shows(&compiled, CANARIES));
    std::fs::copy(bench.scene.path("run.intoto.jsonl"), bench.scene.path("first.intoto.jsonl")).unwrap();
    for words in ["strip -o y.o x.o", "objcopy --remove-section=.comment x.o y.o", "ld -r -o y.o x.o"] {
        let run = Run::to(words, "y.o").reads(&["x.o"]);
        assert_ne!(bench.record(&run), bench.scene.read("x.o"), "{words}: equal bytes have equal properties");
        bench.scene.done("bundle add run.intoto.jsonl first.intoto.jsonl");
        assert!(!bench.shows(&run, CANARIES), "{words}");
    }
}

/// A-CER-21: an object that is there although the run failed.
#[test]
fn the_object_of_a_failed_run_is_covered_by_nothing() {
    let Some(bench) = compiler() else { return };
    let failing =
        Run::of("gcc -fstack-protector-strong -Werror=shift-overflow -c -o x.o x.c").reads(&["x.c"]);
    bench.scene.write("x.c", b"int f(void) { return 1 << 99; }\n");
    assert!(shows_nothing(&bench, &failing));
}
