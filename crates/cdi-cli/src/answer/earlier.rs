//! Whether a file is an answer that an earlier run of this program has written, so that nothing of it is lost that somebody
//! keeps. What is not known for one is none.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::{IgnoredAny, MapAccess, Visitor};

use super::done::is_done;

/// Answers with more bytes are not written over: a whole file is read for it.
pub(super) const MOST_BYTES: u64 = 64 << 20;

/// The members that answers have, of which each kind has all of one row. No document that anybody writes has these.
const MEMBERS: &[&[&str]] = &[
    &["verdict", "artifact", "decidedAt", "principals", "evidence"],
    &["answer", "artifact", "at", "principals", "evidence"],
    &["supposed", "things", "judgedAt", "artifacts", "affected"],
    &["decidedAt", "programs", "unread"],
    &["workload", "artifact", "decidedAt", "verdict", "ruledOut"],
    &["asItIs", "supposed"],
    &["looked", "findings"],
    &["written", "dropped", "unusable"],
    &["policies", "conflicts"],
    &["tests", "cases", "failed"],
    &["said", "left", "file"],
    &["configuration", "host", "principals"],
    &["verified", "lines"],
    &["statements", "unread"],
    &["signed", "countersigned"],
    &["algorithm", "keyId"],
    &["code", "title", "causes"],
    &["sequence", "id", "key", "statement"],
];

/// What the first table of an answer in Markdown is called.
const HEADINGS: [&str; 7] =
    ["verdict: ", "not verified", "imported", "signed", "findings", "looked at", "at 20"];

/// Whether these bytes are an answer in one of the forms that can be told from everything else, or nothing at all. Text and
/// tables for people cannot.
pub(super) fn is_answer(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    text.is_empty()
        || is_junit(text)
        || is_picture(text)
        || is_markdown(text)
        || is_json(text)
        || is_yaml(text)
}

fn is_junit(text: &str) -> bool {
    text.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"cdi\" tests=\"")
}

fn is_picture(text: &str) -> bool {
    text.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"cdi-graph cdi-placement\"")
}

fn is_markdown(text: &str) -> bool {
    let mut lines = text.lines();
    let heading = lines.next().and_then(|line| line.strip_prefix("### ")).unwrap_or_default();
    let known = HEADINGS.iter().any(|known| heading.starts_with(known))
        || heading.ends_with("finding")
        || heading.ends_with("findings");
    let table = lines.nth(1).is_some_and(|line| line == "none" || line.starts_with("| "));
    known && text.lines().nth(1) == Some("") && table
}

fn is_json(text: &str) -> bool {
    text.starts_with('{') && serde_json::from_str::<Names>(text).is_ok_and(|Names(names)| are_of_one(&names))
}

/// The program's own YAML has members of the whole at the beginnings of lines, and each only once.
fn is_yaml(text: &str) -> bool {
    let names = text.lines().filter(|line| !line.starts_with([' ', '-', '#', '"', '\'']));
    let names = names.filter_map(|line| Some(line.split_once(':')?.0.to_owned()));
    are_of_one(&names.collect())
}

fn are_of_one(names: &BTreeSet<String>) -> bool {
    let has_all = |row: &&[&str]| row.iter().all(|name| names.contains(*name));
    !names.contains("apiVersion") && (is_done(names) || MEMBERS.iter().any(has_all))
}

/// The names of an object's members.
struct Names(BTreeSet<String>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Names;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Names, A::Error> {
                let mut names = BTreeSet::new();
                while let Some((name, IgnoredAny)) = map.next_entry()? {
                    names.insert(name);
                }
                Ok(Names(names))
            }
        }
        deserializer.deserialize_map(All)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_this_program_answers_is_an_answer() {
        for answer in [
            "",
            "{\n  \"done\": \"made a key\",\n  \"keyId\": \"00\"\n}\n",
            "done: \"made a key\"\nkeyId: \"00\"\n",
            "{\"verdict\":\"allow\",\"artifact\":{},\"decidedAt\":\"\",\"principals\":[],\"evidence\":{}}",
            "verdict: \"allow\"\nartifact:\n  sha256: \"00\"\ndecidedAt: \"\"\nprincipals: []\nevidence:\n  reports: 1\n",
            "### verdict: allow\n\n| what | is |\n| --- | --- |\n",
            "### 0 findings\n\nnone\n",
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"cdi\" tests=\"1\"",
            "{\"workload\":\"w\",\"artifact\":\"00\",\"decidedAt\":\"\",\"verdict\":\"placed\",\"ruledOut\":[]}",
            "{\"asItIs\":{},\"supposed\":{}}",
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"cdi-graph cdi-placement\" width=\"1\"",
        ] {
            assert!(is_answer(answer.as_bytes()), "{answer}");
        }
        for other in [
            "\n",
            "a,b\n1,2\n",
            "{}",
            "{\"done\":false}",
            "done: true\ntasks:\n- one\n",
            "{\"done\":false,\"title\":\"water the plants\"}",
            "{\"payload\":\"\",\"payloadType\":\"\",\"signatures\":[]}\n",
            "\n{\"payload\":\"\"}",
            "{\"lastDecision\":\"2027-01-01T00:00:00Z\",\"lists\":[]}",
            "{\"apiVersion\":\"code-deployment-integrity.io/v1\",\"kind\":\"Policy\",\"done\":1}",
            "\"apiVersion\": code-deployment-integrity.io/v1\nkind: Policy\n",
            "apiVersion: \"code-deployment-integrity.io/v1\"\ndone: 1\n",
            "# a page\n\ntext\n",
            "### a page\n\n| what |\n",
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1\"/>",
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"cdi-graph\" width=\"1\"",
            "-----BEGIN PUBLIC KEY-----\n",
            "{\"done\":1",
        ] {
            assert!(!is_answer(other.as_bytes()), "{other}");
        }
    }
}
