//! Changes to YAML documents that leave every other byte as it is.

use cdi_edit::{Step, append, items, remove, replace};

use crate::{Target, shown};

pub(crate) const TARGET: Target = Target {
    name: "edits",
    oracle: "a change is one piece put in, taken out or exchanged, and every other byte stays; lists are one longer, one shorter, or of \
             the same length after it; what was appended can be taken out again; what is refused changes nothing",
    run,
    seeds,
    words,
    most: 2_048,
};

/// A place, what is to be there, and the document, each up to a zero.
fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut parts = text.splitn(3, '\0');
    let (Some(place), Some(piece), Some(document)) = (parts.next(), parts.next(), parts.next()) else {
        return;
    };
    let steps: Vec<Step<'_>> = place
        .split('/')
        .filter(|step| !step.is_empty())
        .map(|step| step.strip_prefix('=').map_or(Step::Member(step), Step::Named))
        .collect();
    if steps.len() > 8 {
        return;
    }
    let before = listed(document, &steps);
    if let Some(changed) = told(replace(document, &steps, piece)) {
        let at = |at: usize| changed[at..].starts_with(piece) && document.starts_with(&changed[..at]);
        let ends = |at: usize| document[at..].ends_with(&changed[at + piece.len()..]);
        let places = changed.char_indices().map(|(at, _)| at).chain([changed.len()]);
        assert!(places.into_iter().any(|place| at(place) && ends(place)), "{changed:?}");
    }
    let Some(before) = before.map(|found| found.len()) else {
        assert!(append(document, &steps, piece).is_err() && remove(document, &steps, 0).is_err());
        return;
    };
    if let Some(longer) = told(append(document, &steps, piece)) {
        assert!(difference(document, &longer).0.is_empty(), "{longer:?}");
        assert_eq!(listed(&longer, &steps).unwrap().len(), before + 1);
        assert!(longer.len() > document.len());
        if let Some(shorter) = told(remove(&longer, &steps, before)) {
            assert_eq!(listed(&shorter, &steps).unwrap(), listed(document, &steps).unwrap());
        }
    }
    for index in [0, before.saturating_sub(1), before] {
        let Some(shorter) = told(remove(document, &steps, index)) else { continue };
        assert!(index < before);
        assert!(difference(document, &shorter).1.is_empty(), "{shorter:?}");
        assert_eq!(listed(&shorter, &steps).unwrap().len(), before - 1);
        assert!(shorter.len() < document.len());
    }
}

/// What is in the list at a place, if there is a list.
fn listed(document: &str, place: &[Step<'_>]) -> Option<Vec<String>> {
    items(document, place, "name").map_err(|error| shown::told(error.code(), &error)).ok().flatten()
}

fn told(changed: Result<String, cdi_edit::EditError>) -> Option<String> {
    changed.map_err(|error| shown::told(error.code(), &error)).ok()
}

/// What stands in the one text between what both begin with and what both end in, and what in the other.
fn difference<'t>(before: &'t str, after: &'t str) -> (&'t [u8], &'t [u8]) {
    let (before, after) = (before.as_bytes(), after.as_bytes());
    let start = before.iter().zip(after).take_while(|(a, b)| a == b).count();
    let end =
        before[start..].iter().rev().zip(after[start..].iter().rev()).take_while(|(a, b)| a == b).count();
    (&before[start..before.len() - end], &after[start..after.len() - end])
}

const DOCUMENT: &str = "apiVersion: code-deployment-integrity.io/v1\nkind: Configuration # of a host\nmetadata: {name: host}\nspec:\n  \
host: provider\n  principals:\n    - {name: provider, required: always, policy: p.yaml}\n    # the owner\n    - name: \"owner\"\n      \
required: when-named\n  environments: [a, 'b', \"c\"]\n  empty: []\n  text: |\n    a\n    b\n";

fn seeds() -> Vec<Vec<u8>> {
    let all = [
        ("spec/principals", "{name: x}"),
        ("spec/principals/=owner/required", "always"),
        ("spec/environments", "d"),
        ("spec/empty", "d: [e]"),
        ("spec/text", "x"),
        ("metadata/name", "\"y\""),
        ("spec/nothing", "z"),
    ];
    let mut seeds: Vec<Vec<u8>> =
        all.iter().map(|(place, piece)| format!("{place}\0{piece}\0{DOCUMENT}").into_bytes()).collect();
    let crlf = DOCUMENT.replace('\n', "\r\n");
    seeds.push(format!("spec/principals\0{{name: x}}\0{crlf}").into_bytes());
    seeds.push(b"a\0b\0a: [1, # one\n 2]\n".to_vec());
    seeds
}

fn words() -> Vec<Vec<u8>> {
    let words = [
        "- ", ": ", "\n  ", "\n- ", "[", "]", "{", "}", ", ", "#", " # c", "|\n", ">-\n", "&a ", "*a",
        "!!str ", "? ", "'", "\"", "\r\n", "---\n", "...\n", "spec/", "=owner", "\t", "\u{feff}", "\u{85}",
        "\u{2028}",
    ];
    words.iter().map(|word| word.as_bytes().to_vec()).collect()
}
