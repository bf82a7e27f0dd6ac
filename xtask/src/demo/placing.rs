//! Code or place: the same program where its sandboxing is proved, where it is not, and where nobody has what is asked for.

use super::folder::{copy, make};
use super::shell::{Expect, Shell};
use super::story::{fill_in, words};
use crate::repository::root;

const PLACED: &str = "--config placing/cdi.yaml --cost placing/prices.yaml";

/// A second place for precompiled modules, and what makes it one that the provider accepts.
struct Place {
    name: &'static str,
    provides: &'static str,
    isolation: &'static str,
}

/// Where programs run that have proved nothing.
const GVISOR: Place = Place {
    name: "gvisor",
    provides: "SYSCALL_INTERPOSITION, NETWORK_ISOLATION",
    isolation: "CODE_SANDBOXING",
};
/// The same on a machine without gVisor, or for whoever may not use it.
const CONFINED: Place = Place {
    name: "confined",
    provides: "PROCESS_ISOLATION, SYSCALL_FILTERING, FILESYSTEM_ISOLATION, UNPRIVILEGED, NETWORK_ISOLATION",
    isolation: "CONFINED_EXECUTION",
};

/// The title of the paper, on this machine.
pub(crate) fn places(shell: &Shell) -> Result<(), String> {
    let place = lay_out(shell)?;
    shell.say(
        "Code or place. What code has proved needs no costly isolation, what it has not the place must supply, and the cheapest \
         lawful place is chosen. This program has proved its sandboxing: it runs within the host's own process.",
    );
    shell.run("cat placing/cdi.yaml placing/proved.yaml")?;
    let chosen = shell.expect(
        &format!("cdi place placing/proved.yaml {PLACED} --output svg=placement.svg"),
        Expect::Done,
    )?;
    holds(&chosen, "fraud-scoring: this-machine/embedded: ")?;
    shell.run(&format!("cdi deploy placing/proved.yaml {PLACED}"))?;
    shell.say(&format!(
        "The same bytes, and of how they were made there is no evidence. `{}` supplies what is not proved, at its price.",
        place.name
    ));
    shell.run("cp app/fraud-scoring.cwasm placing/unproved.cwasm")?;
    shell.run("cdi bundle add placing/unproved.cwasm.intoto.jsonl authorities/*/revocations.intoto.jsonl")?;
    let line = format!("cdi place placing/unproved.yaml {PLACED} --output svg=placement-unproved.svg");
    holds(
        &shell.expect(&line, Expect::Done)?,
        &format!("fraud-scoring: this-machine/wasm-in-{}: ", place.name),
    )?;
    shell.run(&format!("cdi deploy placing/unproved.yaml {PLACED}"))?;
    shell.say("The owner of the data asks for a place that the host itself cannot look into. There is none, whatever is proved.");
    let line = format!("cdi place placing/proved.yaml {PLACED} --what-if policy=placing/confidential.yaml");
    let refused = shell.expect(&line, Expect::Refused(1, "residual-unmet"))?;
    holds(&refused, "there would be one without `CONFIDENTIAL_EXECUTION` of `data-owner`")?;
    shell.say("Each decision stands in the journal of this host. placement.svg and placement-unproved.svg show the first two.");
    shell.run("cdi journal list")?;
    shell.run("cdi journal verify")
}

fn lay_out(shell: &Shell) -> Result<&'static Place, String> {
    let listed = shell.quiet("cdi environment list --output json")?;
    let listed: serde_json::Value = serde_json::from_str(&listed).map_err(|error| error.to_string())?;
    let rows = listed.get("environments").and_then(serde_json::Value::as_array);
    let has_gvisor = rows.into_iter().flatten().any(|row| {
        row.get("name").is_some_and(|name| name == "gvisor")
            && row.get("available") == Some(&serde_json::Value::Bool(true))
    });
    let place = if has_gvisor { &GVISOR } else { &CONFINED };
    let mut words = words(shell)?;
    let host = shell.folder().join("bin/cdi-wasm-host").display().to_string();
    words.extend([
        ("place", place.name.to_owned()),
        ("provides", place.provides.to_owned()),
        ("isolation", place.isolation.to_owned()),
        ("host", host),
    ]);
    let folder = shell.folder().join("placing");
    make(&folder)?;
    let examples = root().join("examples/demo/placing");
    for name in ["cdi.yaml", "cloud-provider.yaml", "data-owner.yaml", "confidential.yaml"] {
        fill_in(&examples.join(name), &words, &folder.join(name))?;
    }
    for name in ["proved.yaml", "unproved.yaml", "prices.yaml"] {
        copy(&examples.join(name), &folder.join(name))?;
    }
    Ok(place)
}

fn holds(text: &str, wanted: &str) -> Result<(), String> {
    if text.contains(wanted) { Ok(()) } else { Err(format!("the story wants `{wanted}`")) }
}
