//! A build from sources to a stripped program, by tools that are certified by the claims that ship: what the program has is shown
//! through every step, and what goes past a tool breaks the chain.

use std::process::Command;

use serde_json::Value;

use crate::support::{Ended, Scene, ended, field, passed_over};

const COMPILE: &str = "gcc -O2 -fPIE -fstack-protector-strong -c -o $@ $<";
const LINK: &str = "gcc -pie -Wl,--fatal-warnings -o $@ main.o libown.a";

/// A makefile with more to do for `main.o`, and the way in which `two.o` is compiled.
fn makefile(more: &str, two: &str) -> String {
    format!(
        "small: program; strip --strip-debug -o $@ program\n\
         program: main.o libown.a; {more}{LINK}\n\
         libown.a: one.o two.o; rm -f $@; ar rcs $@ one.o two.o\n\
         two.o: two.c; {two}\n\
         %.o: %.c; {COMPILE}\n"
    )
}

/// A folder with sources, an authority, certified tools, and a host that asks for canaries.
struct Workshop {
    scene: Scene,
}

impl Workshop {
    fn new() -> Option<Self> {
        let here = |tool: &str| Command::new(tool).arg("--version").output().is_ok();
        if !["gcc", "ar", "strip", "make"].into_iter().all(here) {
            passed_over("a compiler, binutils and make are not here");
            return None;
        }
        let scene = Scene::new();
        scene.write(
            "own.h",
            b"#include <string.h>\nvoid fill(char *);\nint one(const char *), two(const char *);\n",
        );
        for name in ["one", "two"] {
            let source = format!(
                "#include \"own.h\"\nint {name}(const char *from) {{ char text[64]; strcpy(text, from); fill(text); return text[0]; }}\n"
            );
            scene.write(&format!("{name}.c"), source.as_bytes());
        }
        scene.write(
            "main.c",
            b"#include \"own.h\"\nvoid fill(char *to) { to[1] = 0; }\n\
              int main(int n, char **v) { return one(v[0]) + two(v[n - 1]) == 0; }\n",
        );
        scene.done("authority create acme --name acme");
        scene.done("key generate --out supplier.pem");
        let shop = Self { scene };
        shop.certify(
            "gcc",
            &[
                "--input main.c --output sample.o -- gcc -O2 -c -o sample.o main.c",
                "--input sample.c --output sample -- gcc -o sample sample.c",
            ],
        );
        shop.certify("ar", &["--input sample.o --output sample.a -- ar rcs sample.a sample.o"]);
        shop.certify(
            "strip",
            &["--input sample.o --output sample.s -- strip --strip-debug -o sample.s sample.o"],
        );
        shop.policy();
        shop.tools("");
        Some(shop)
    }

    /// What may run is what ran in the samples.
    fn certify(&self, tool: &str, samples: &[&str]) {
        self.scene.write("sample.c", b"int main(void) { return 0; }\n");
        self.scene.done(&format!("key generate --out {tool}.pem"));
        let mut request = format!(
            "request certification --key {tool}.pem --tool-name {tool} --tool-version 1 --supplier gnu --linkage dynamic \
             --custody software --out {tool}-request.jsonl"
        );
        for (number, sample) in samples.iter().enumerate() {
            let summary = format!("{tool}-{number}.json");
            self.scene.done(&format!("wrap --summary {summary} {sample}"));
            request += &format!(" --summary {summary}");
        }
        self.scene.done(&request);
        self.scene.done(&format!(
            "authority template --for {tool} --supplier supplier.pub.pem --out {tool}-claims.json"
        ));
        self.scene.done(&format!(
            "authority certify acme --request {tool}-request.jsonl --claims {tool}-claims.json --for 90d \
             --vetting-method test --out {tool}.jsonl"
        ));
    }

    fn policy(&self) {
        let catalogue = self.scene.done("catalogue --output digest");
        let key = field(&self.scene.done("key show acme/public.pem"), "public key");
        let policy = format!(
            "apiVersion: code-deployment-integrity.io/v1\nkind: Policy\nmetadata: {{name: me-1}}\nspec:\n  \
             principal: me\n  rule: default-deny\n  catalogue: \"{}\"\n  trust:\n    \
             anchors: [{{name: acme, keys: [\"{key}\"], scope: [\"*\"]}}]\n    quorum: {{default: 1}}\n    \
             custody: software\n    revocation: dangerously-none\n  require: STACK_CANARIES\n",
            catalogue.trim_end()
        );
        self.scene.write("me.yaml", policy.as_bytes());
        let configuration = "apiVersion: code-deployment-integrity.io/v1\nkind: Configuration\nmetadata: {name: host}\n\
            spec:\n  host: me\n  principals: [{name: me, policy: me.yaml, required: always}]\n";
        self.scene.write("cdi.yaml", configuration.as_bytes());
    }

    /// The document of the tools; the compiler brings a bundle more.
    fn tools(&self, more: &str) {
        self.scene.write(
            "tools.yaml",
            format!(
                "apiVersion: code-deployment-integrity.io/v1\nkind: Tools\nmetadata: {{name: tools}}\nspec:\n  tools:\n\
                 \x20 - {{program: /usr/bin/gcc, key: gcc.pem, bundles: [gcc.jsonl{more}]}}\n\
                 \x20 - {{program: /usr/bin/ar, key: ar.pem, bundles: [ar.jsonl]}}\n\
                 \x20 - {{program: /usr/bin/strip, key: strip.pem, bundles: [strip.jsonl]}}\n"
            )
            .as_bytes(),
        );
    }

    /// Builds anew.
    fn build(&self, makefile: &str, options: &str) -> Ended {
        self.scene.write("Makefile", makefile.as_bytes());
        for entry in std::fs::read_dir(self.scene.path("")).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            let made = ["main.o", "one.o", "two.o", "libown.a", "program", "small"];
            if made.iter().any(|made| name == *made || name == format!("{made}.intoto.jsonl")) {
                std::fs::remove_file(path).unwrap();
            }
        }
        let line = format!("wrap --per-tool tools.yaml --summary build.json {options} -- make -j2");
        let ended = ended(&self.scene.command(&line).output().unwrap());
        assert_eq!(ended.status, 0, "{}", ended.stderr);
        ended
    }

    /// The supplier's word for what of the system was linked.
    fn supply(&self) {
        let report: Value =
            serde_json::from_str(&self.scene.done("inspect program.intoto.jsonl --output json")).unwrap();
        let mut files = Vec::new();
        systems(&report, &mut files);
        assert!(files.iter().any(|path| path.ends_with("Scrt1.o")), "{files:?}");
        self.scene.done(&format!(
            "origin sign --key supplier.pem --kind toolchain --out manifest.jsonl {}",
            files.join(" ")
        ));
        self.tools(", manifest.jsonl");
    }

    /// What is said when somebody asks why the program does not have canaries.
    fn denied(&self) -> String {
        assert_eq!(self.scene.run("verify small").status, 1);
        let told = self.scene.run("explain small --property STACK_CANARIES");
        assert_eq!(told.status, 1, "{}", told.stderr);
        told.stdout
    }
}

/// The files of the system that are inputs, wherever they stand in an answer.
fn systems(of: &Value, files: &mut Vec<String>) {
    match of {
        Value::Object(members) => {
            for (name, member) in members {
                match (name.as_str(), member.as_array()) {
                    ("inputs", Some(inputs)) => {
                        let paths = inputs.iter().filter_map(|input| input["path"].as_str());
                        let new = paths.filter(|path| path.starts_with('/')).map(str::to_owned);
                        let new: Vec<String> = new.filter(|path| !files.contains(path)).collect();
                        files.extend(new);
                    }
                    _ => systems(member, files),
                }
            }
        }
        Value::Array(members) => members.iter().for_each(|member| systems(member, files)),
        _ => {}
    }
}

#[test]
fn what_sources_are_compiled_with_is_shown_of_the_stripped_program() {
    let Some(shop) = Workshop::new() else { return };
    shop.build(&makefile("", COMPILE), "");
    // Nobody speaks for the start-up objects yet.
    assert_eq!(shop.scene.run("verify small").status, 1);
    shop.supply();
    let built = shop.build(&makefile("", COMPILE), "--verbose");
    assert!(built.stderr.contains("6 reports about 6 runs of the tools"), "{}", built.stderr);
    let verified = shop.scene.run("verify small");
    assert_eq!(verified.status, 0, "{}{}", verified.stdout, shop.scene.run("explain small").stdout);

    // One source without the option.
    let without = COMPILE.replace("-fstack-protector-strong ", "");
    shop.build(&makefile("", &without), "");
    assert!(shop.denied().contains("two.o"), "{}", shop.denied());

    // An object that is changed after it was compiled.
    shop.build(&makefile("sed -i 's/GCC: (Debian/GCC: (Nobody/' main.o; ", COMPILE), "");
    let told = shop.denied();
    assert!(told.contains("main.o") && !told.contains("two.o"), "{told}");

    // An object that was moved about, and is the same.
    let copied = "cp main.o copy.o; rm main.o; mv copy.o main.o; ";
    shop.build(&makefile(copied, COMPILE), "");
    assert_eq!(shop.scene.run("verify small").status, 0);

    // A variable that is read by the compiler, set by the makefile.
    let searched = format!("export CPATH = /nowhere\n{}", makefile("", COMPILE));
    shop.build(&searched, "");
    assert!(shop.denied().contains("CPATH"), "{}", shop.denied());
}
