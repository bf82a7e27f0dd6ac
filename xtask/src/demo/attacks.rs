//! What a hostile world tries. Each attempt is refused, and each for its own reason.

use super::folder::{read, write};
use super::shell::{Expect, Shell};

const APP: &str = "app/fraud-scoring.cwasm";
const BUNDLE: &str = "app/fraud-scoring.cwasm.intoto.jsonl";

/// Every attack; an allow, or another reason than its own, fails the demo.
pub(crate) fn all(shell: &Shell) -> Result<(), String> {
    flipped_byte(shell)?;
    patched_function(shell)?;
    uncertified_compiler(shell)?;
    borrowed_key(shell)?;
    spectre_off(shell)?;
    stripped_step(shell)?;
    wider_grant(shell)?;
    revoked_certification(shell)
}

fn altered(shell: &Shell, to: &str, change: impl FnOnce(&mut Vec<u8>) -> Option<()>) -> Result<(), String> {
    let mut bytes = read(&shell.folder().join(APP))?;
    change(&mut bytes).ok_or_else(|| format!("{APP} is too short"))?;
    write(&shell.folder().join(to), &bytes)
}

fn flipped_byte(shell: &Shell) -> Result<(), String> {
    shell.say("Attack 1: one bit of the machine code is flipped. An engine compares no digest.");
    altered(shell, "attacks/flipped.cwasm", |bytes| {
        let middle = bytes.len() / 2;
        bytes.get_mut(middle).map(|byte| *byte ^= 1)
    })?;
    let line = format!("cdi verify attacks/flipped.cwasm --bundle {BUNDLE}");
    shell.expect(&line, Expect::Refused(1, "no-report")).map(|_| ())
}

fn patched_function(shell: &Shell) -> Result<(), String> {
    shell.say("Attack 2: a function now begins with a system call. An engine that loaded it would run it as part of the host.");
    altered(shell, "attacks/patched.cwasm", |bytes| {
        // The first instructions of a Cranelift function: push %rbp; mov %rsp,%rbp.
        let prologue = [0x55, 0x48, 0x89, 0xe5];
        let at = bytes.windows(prologue.len()).position(|window| window == prologue)?;
        bytes.get_mut(at..at + 4).map(|code| code.copy_from_slice(&[0x0f, 0x05, 0xc3, 0x90]))
    })?;
    let line = format!(
        "cdi run --dir transactions --bundle {BUNDLE} attacks/patched.cwasm -- /transactions/today.csv"
    );
    shell.expect(&line, Expect::Refused(126, "no-report")).map(|_| ())
}

fn uncertified_compiler(shell: &Shell) -> Result<(), String> {
    shell.say("Attack 3: a compiler that nobody certified, with a report key of its own.");
    shell.run("cdi key generate --out attacks/rogue.pem")?;
    shell.run("cp bin/cdi-wasm-aot attacks/rogue-aot && printf x >> attacks/rogue-aot")?;
    shell.run(
        "attacks/rogue-aot --report-key attacks/rogue.pem --evidence evidence/aot-by-borealis.intoto.jsonl compile \
         --profile wasmtime-48-guard-pages --opt-level none app/fraud-scoring.wasm -o attacks/rogue.cwasm",
    )?;
    with_lists(shell, "attacks/rogue.cwasm")?;
    shell.expect("cdi verify attacks/rogue.cwasm", Expect::Refused(1, "issuer-key-unknown")).map(|_| ())
}

fn borrowed_key(shell: &Shell) -> Result<(), String> {
    shell.say("Attack 4: the same compiler with the stolen key of the certified one. Its report tells what really ran.");
    shell.run(
        "attacks/rogue-aot --report-key keys/aot.pem --evidence evidence/aot-by-borealis.intoto.jsonl --evidence \
         evidence/aot-by-acme-lab.intoto.jsonl compile --profile wasmtime-48-guard-pages --opt-level none \
         app/fraud-scoring.wasm -o attacks/borrowed.cwasm",
    )?;
    with_lists(shell, "attacks/borrowed.cwasm")?;
    shell.expect("cdi verify attacks/borrowed.cwasm", Expect::Refused(1, "tool-executable")).map(|_| ())
}

fn spectre_off(shell: &Shell) -> Result<(), String> {
    shell.say("Attack 5: the certified compiler, an honest report, and spectre mitigations switched off. No loader notices.");
    shell.run(
        "cdi-wasm-aot --report-key keys/aot.pem --evidence evidence/aot-by-acme-lab.intoto.jsonl \
         --evidence evidence/aot-by-borealis.intoto.jsonl compile --profile wasmtime-48-guard-pages --opt-level speed \
         --spectre-mitigations dangerously-off app/fraud-scoring.wasm -o attacks/spectre.cwasm",
    )?;
    with_lists(shell, "attacks/spectre.cwasm")?;
    shell.expect("cdi verify attacks/spectre.cwasm", Expect::Refused(1, "invocation-arguments")).map(|_| ())
}

fn stripped_step(shell: &Shell) -> Result<(), String> {
    shell.say("Attack 6: the inspector's report is stripped from the bundle.");
    let shown = shell.quiet(&format!("cdi inspect {BUNDLE} --output json"))?;
    let shown: serde_json::Value =
        serde_json::from_str(&shown).map_err(|error| format!("{BUNDLE}: {error}"))?;
    let lines = shown.get("lines").and_then(serde_json::Value::as_array).cloned().unwrap_or_default();
    let inspected = lines.iter().find(|line| {
        let summary = line.get("summary").and_then(serde_json::Value::as_str).unwrap_or_default();
        summary.contains("was inspected")
    });
    let line = inspected.and_then(|line| line.get("line")).ok_or("the bundle has no inspection")?;
    shell.run(&format!("sed '{line}d' {BUNDLE} > attacks/stripped.intoto.jsonl"))?;
    let verify = format!("cdi verify {APP} --bundle attacks/stripped.intoto.jsonl");
    shell.expect(&verify, Expect::Refused(1, "property-lost")).map(|_| ())
}

fn wider_grant(shell: &Shell) -> Result<(), String> {
    shell.say("Attack 7: the same program asks to write where it may read.");
    let line = format!("cdi run --dir transactions:rw {APP} -- /transactions/today.csv");
    shell.expect(&line, Expect::Refused(126, "grant-refused")).map(|_| ())
}

fn revoked_certification(shell: &Shell) -> Result<(), String> {
    shell.say("Attack 8: borealis-institute has revoked its certification of the compiler. The provider wants two authorities; one is left.");
    let listed = shell.quiet("cdi authority list authorities/borealis --output json")?;
    let id = certification_id(&listed).ok_or("borealis-institute has certified no compiler")?;
    shell.run(&format!(
        "cdi authority revoke authorities/borealis --certification {id} --reason vetting-withdrawn --out attacks/borealis-revoked.intoto.jsonl"
    ))?;
    let line = format!("cdi verify {APP} --bundle {BUNDLE} --bundle attacks/borealis-revoked.intoto.jsonl");
    shell.expect(&line, Expect::Refused(1, "quorum-unmet")).map(|_| ())
}

/// The id of the certification of the compiler in an authority's list.
fn certification_id(listed: &str) -> Option<String> {
    let listed: serde_json::Value = serde_json::from_str(listed).ok()?;
    let signed = listed.get("signed").or(Some(&listed))?.as_array()?.clone();
    let of_compiler = signed.into_iter().find(|entry| entry.to_string().contains("cdi-wasm-aot"))?;
    of_compiler.get("id").and_then(serde_json::Value::as_str).map(str::to_owned)
}

/// Puts the evidence of the application's bundle beside an attacker's artifact: the attacker has all of it too.
fn with_lists(shell: &Shell, artifact: &str) -> Result<(), String> {
    shell.run(&format!("cdi bundle add {artifact}.intoto.jsonl {BUNDLE}"))
}
