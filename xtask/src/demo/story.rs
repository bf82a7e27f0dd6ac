//! The story up to the program that runs.

use std::path::Path;

use super::folder::{read, write};
use super::shell::Shell;
use crate::repository::root;

/// Three independent authorities, one of which lets its laboratory certify Wasm tools.
pub(crate) fn authorities(shell: &Shell) -> Result<(), String> {
    shell.say("Three vetting authorities, independent of each other. Creating one writes its first, empty revocation list.");
    shell.run("cdi authority create authorities/acme --name acme-vetting")?;
    shell.run("cdi authority create authorities/borealis --name borealis-institute")?;
    shell.run("cdi authority create authorities/cirrus --name cirrus-audit")?;
    shell.say("acme-vetting endorses its Wasm laboratory, within a scope that can only narrow.");
    shell.run("cdi authority create authorities/acme-lab --name acme-wasm-laboratory")?;
    shell.run(
        "cdi request endorsement authorities/acme-lab --scope 'WASM_*' --scope STEP --depth 0 --out requests/acme-lab.intoto.jsonl",
    )?;
    shell.run(
        "cdi authority endorse authorities/acme --request requests/acme-lab.intoto.jsonl --scope 'WASM_*' --scope STEP \
         --depth 0 --for 365d --out evidence/acme-lab.intoto.jsonl",
    )?;
    shell.run(
        "cdi authority import authorities/acme-lab evidence/acme-lab.intoto.jsonl --root authorities/acme/public.pem",
    )
}

/// A compiler and an inspector, each with a report key of its own, certified by two authorities each.
pub(crate) fn tools(shell: &Shell) -> Result<(), String> {
    shell.say("The tools' owner makes a report key for each tool, and asks for certification: the request proves that the key is held.");
    for (tool, key) in [("cdi-wasm-aot", "aot"), ("cdi-wasm-inspect", "inspect")] {
        shell.run(&format!("cdi key generate --out keys/{key}.pem"))?;
        shell.run(&format!(
            "cdi request certification --key keys/{key}.pem --tool-name {tool} --tool-version 0.1.0 --supplier cdi \
             --executable bin/{tool} --linkage static --custody software --out requests/{key}.intoto.jsonl"
        ))?;
    }
    shell.say("The authorities certify: this executable, this key, these properties, if it is run like this (see claims/).");
    for (authority, key, tool) in [
        ("acme-lab", "aot", "cdi-wasm-aot"),
        ("borealis", "aot", "cdi-wasm-aot"),
        ("borealis", "inspect", "cdi-wasm-inspect"),
        ("cirrus", "inspect", "cdi-wasm-inspect"),
    ] {
        shell.run(&format!(
            "cdi authority certify authorities/{authority} --request requests/{key}.intoto.jsonl --claims claims/{tool}.json \
             --for 90d --vetting-method 'source review and differential tests' --out evidence/{key}-by-{authority}.intoto.jsonl"
        ))?;
    }
    Ok(())
}

/// Three principals, each with its own anchors and its own demands.
pub(crate) fn policies(shell: &Shell) -> Result<(), String> {
    shell.say("The developer's key, and three policies: of the cloud provider, the developer and the owner of the data.");
    shell.run("cdi key generate --out keys/developer.pem")?;
    shell.run("cdi key show keys/developer.pub.pem")?;
    let words = words(shell)?;
    for principal in ["cloud-provider", "developer", "data-owner"] {
        let name = format!("{principal}.yaml");
        fill_in(
            &root().join("examples/demo/policies").join(&name),
            &words,
            &shell.folder().join("policies").join(&name),
        )?;
    }
    shell.run("cat cdi.yaml policies/cloud-provider.yaml")
}

/// What authors of policies fill in: the catalogue, and the keys of whom they trust.
pub(crate) fn words(shell: &Shell) -> Result<Vec<(&'static str, String)>, String> {
    let keys = [
        ("acme", "authorities/acme/public.pem"),
        ("borealis", "authorities/borealis/public.pem"),
        ("cirrus", "authorities/cirrus/public.pem"),
        ("developer", "keys/developer.pub.pem"),
    ];
    let mut words = vec![("catalogue", shell.quiet("cdi catalogue --output digest")?.trim().to_owned())];
    for (word, file) in keys {
        let shown = shell.quiet(&format!("cdi key show {file} --output json"))?;
        let shown: serde_json::Value =
            serde_json::from_str(&shown).map_err(|error| format!("{file}: {error}"))?;
        let key = shown.get("publicKey").and_then(serde_json::Value::as_str);
        words.push((word, key.ok_or_else(|| format!("{file}: no public key is shown"))?.to_owned()));
    }
    Ok(words)
}

/// A policy's template has the keys of its anchors to be filled in, as its author would.
pub(crate) fn fill_in(template: &Path, words: &[(&str, String)], policy: &Path) -> Result<(), String> {
    let mut text =
        String::from_utf8(read(template)?).map_err(|error| format!("{}: {error}", template.display()))?;
    for (word, value) in words {
        text = text.replace(&format!("<{word}>"), value);
    }
    write(policy, text.as_bytes())
}

/// A tool that knows nothing of all this.
pub(crate) fn any_tool(shell: &Shell) -> Result<(), String> {
    shell.say("Any other command line tool can be recorded as well. What went in is then the invoker's word: level `declared`.");
    write(
        &shell.folder().join("hello.c"),
        b"#include <stdio.h>\n\nint main(void) { return puts(\"hello\") < 0; }\n",
    )?;
    shell.run("cdi key generate --out compiler.pem")?;
    shell.run("cdi wrap --key compiler.pem --input hello.c --output hello -- gcc -O2 -o hello hello.c")?;
    shell.run("cdi inspect hello.intoto.jsonl")
}

/// A real program on its way to running.
pub(crate) fn application(shell: &Shell) -> Result<(), String> {
    shell.say("The developer says that fraud-scoring.wasm is theirs: a provenance chain may begin here.");
    shell.run("cdi origin sign --key keys/developer.pem --kind binary app/fraud-scoring.wasm")?;
    shell.say("The inspector looks at it, and signs what it found.");
    shell.run(
        "cdi-wasm-inspect --report-key keys/inspect.pem --evidence evidence/inspect-by-borealis.intoto.jsonl \
         --evidence evidence/inspect-by-cirrus.intoto.jsonl inspect app/fraud-scoring.wasm",
    )?;
    shell.say("The compiler turns it into machine code, and signs what it did: settings, digests, itself.");
    shell.run(
        "cdi-wasm-aot --report-key keys/aot.pem --evidence evidence/aot-by-acme-lab.intoto.jsonl \
         --evidence evidence/aot-by-borealis.intoto.jsonl \
         compile --profile wasmtime-48-guard-pages --opt-level speed app/fraud-scoring.wasm -o app/fraud-scoring.cwasm",
    )?;
    shell.say("The authorities' revocation lists go into the bundle: without fresh ones nothing counts.");
    shell.run(
        "cdi bundle add app/fraud-scoring.cwasm.intoto.jsonl authorities/acme/revocations.intoto.jsonl \
         authorities/acme-lab/revocations.intoto.jsonl authorities/borealis/revocations.intoto.jsonl \
         authorities/cirrus/revocations.intoto.jsonl",
    )?;
    shell.run("cdi inspect app/fraud-scoring.cwasm.intoto.jsonl")?;
    shell.say("What do the principals ask for, and is it proved?");
    shell.run("cdi verify app/fraud-scoring.cwasm")?;
    shell.say("It is. The gate has no compiler; it runs exactly the bytes that were decided about, with the one directory that all allow.");
    shell.run("cdi run --dir transactions app/fraud-scoring.cwasm -- /transactions/today.csv --top 3")
}
