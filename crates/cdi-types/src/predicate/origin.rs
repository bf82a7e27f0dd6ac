//! `origin/v1`: a developer or supplier says that an artifact is theirs. A chain may begin here, if a policy says so.

use serde::{Deserialize, Serialize};

use super::{Predicate, PredicateError};
use crate::{Annotations, Commit, KeyId, Subject};

/// What kind of thing comes from the signer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OriginKind {
    /// Source code.
    Source,
    /// A library that is taken as it is.
    Library,
    /// Parts of a toolchain: headers, start-up objects, runtime libraries.
    Toolchain,
    /// Code in a binary form.
    Binary,
}

impl OriginKind {
    /// The kind's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Library => "library",
            Self::Toolchain => "toolchain",
            Self::Binary => "binary",
        }
    }
}

/// The predicate. The subjects are the artifacts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Origin {
    /// The key of the developer or supplier.
    pub issuer: KeyId,
    /// The kind of all subjects.
    pub kind: OriginKind,
    /// The commit that all subjects are files of, if the signer says that they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<Commit>,
    /// Free-form; no decision reads it.
    #[serde(default, skip_serializing_if = "Annotations::is_empty")]
    pub annotations: Annotations,
}

impl Predicate for Origin {
    const TYPE: &'static str = "https://code-deployment-integrity.io/origin/v1";

    fn issuer(&self) -> KeyId {
        self.issuer
    }

    fn admit(&self, subject: &[Subject]) -> Result<(), PredicateError> {
        let Some(commit) = &self.commit else { return Ok(()) };
        let refused = |reason| Err(PredicateError::Commit { reason });
        let is_inside = |one: &Subject| match &one.path {
            Some(path) => !path.as_str().starts_with('/'),
            // All of it.
            None => one.digest.is_tree(),
        };
        if self.kind != OriginKind::Source {
            refused("and a kind that is not `source`")
        } else if commit.id.digest().format() != commit.tree.digest().format() {
            refused("and a tree of another algorithm")
        } else if !subject.iter().all(is_inside) {
            refused("and a subject without a path in it")
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{AnyStatement, WorkTree, parse_statement};

    const GOOD: &str = r#"{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"src/a.c","digest":{"sha256":"KEY"}}],
        "predicateType":"https://code-deployment-integrity.io/origin/v1","predicate":{"issuer":"KEY","kind":"source",
        "commit":{"id":{"sha1":"SHA"},"tree":{"sha1":"SHA"},"workTree":"dirty","untracked":2}}}"#;

    fn read(from: &str, to: &str) -> Result<AnyStatement, &'static str> {
        assert!(GOOD.contains(from), "{from}");
        let text =
            GOOD.replacen(from, to, 1).replace("KEY", &"11".repeat(32)).replace("SHA", &"22".repeat(20));
        parse_statement(text.as_bytes()).map(|(_, found)| found).map_err(|error| error.code())
    }

    #[test]
    fn an_origin_says_of_which_commit_its_files_are() {
        let Ok(AnyStatement::Origin(found)) = read("", "") else { panic!("no origin") };
        let commit = found.predicate().commit.unwrap();
        assert_eq!((commit.work_tree, commit.untracked), (WorkTree::Dirty, 2));
        assert_eq!(commit.to_string(), "commit 222222222222, dirty");
        let again = found.to_payload().unwrap();
        let Ok((_, AnyStatement::Origin(again))) = parse_statement(&again) else { panic!("not written") };
        assert_eq!(again.predicate(), found.predicate());
    }

    #[test]
    fn a_commit_that_no_work_tree_has_is_rejected() {
        let long = format!("\"tree\":{{\"sha256\":\"{}\"", "22".repeat(32));
        for (from, to, code) in [
            ("\"source\"", "\"library\"", "origin-commit"),
            ("\"tree\":{\"sha1\":\"SHA\"", &long as &str, "origin-commit"),
            ("\"name\":\"src/a.c\",", "", "origin-commit"),
            ("\"name\":\"src/a.c\",\"digest\":{\"sha256\"", "\"digest\":{\"dirHash1\"", ""),
            ("src/a.c", "/src/a.c", "origin-commit"),
            ("src/a.c", "../a.c", "statement-malformed"),
            ("\"sha1\":\"SHA\"", "\"sha1\":\"22\"", "statement-malformed"),
            ("{\"sha1\":\"SHA\"}", "\"SHA\"", "statement-malformed"),
            ("\"dirty\"", "\"Clean\"", "statement-malformed"),
            (",\"untracked\":2", "", "statement-malformed"),
            ("\"untracked\":2", "\"untracked\":-2", "json-unsafe-number"),
            ("\"workTree\"", "\"branch\":\"main\",\"workTree\"", "statement-malformed"),
        ] {
            assert_eq!(read(from, to).map_or_else(|code| code, |_| ""), code, "{to}");
        }
        let (start, end) = (GOOD.find("{\"id\"").unwrap(), GOOD.len() - 2);
        assert_eq!(read(&GOOD[start..end], "null").map(drop), Err("statement-malformed"));
    }
}
