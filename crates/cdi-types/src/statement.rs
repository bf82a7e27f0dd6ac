//! in-toto Statements v1, and the one function that reads them (rules F-STATEMENT, F-TYPE, F-SUBJECT, F-FOREIGN).

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::json::{self, JsonError, StrictText};
use crate::predicate::foreign;
use crate::predicate::summary::{SUMMARY_TYPE, SummaryIn};
use crate::{
    ArtifactDigest, CertificationRequest, DigestSet, Endorsement, EndorsementRequest, ForeignStatement,
    NodeReport, Origin, PolicyEdition, Predicate, PredicateError, RecordedPath, Report, RevocationList,
    StatementId, TYPE_PREFIX, ToolCertification, VerificationSummary, Waiver,
};

/// The `_type` of every statement of CDI's own.
const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";

/// The `_type` that statements of others can have as well: the layout is the same as far as it is read.
const OLD_STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v0.1";

/// Payload bytes that are no statement that CDI reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// The bytes break the strict JSON profile.
    #[error("the statement is not strict JSON: {0}")]
    Json(#[from] JsonError),
    /// A member is missing, of another type or out of its form, or a predicate has a member that is not described.
    #[error("the statement is malformed: {detail}")]
    Malformed {
        /// What the parser says, control characters escaped.
        detail: String,
    },
    /// `_type` is not that of an in-toto Statement v1.
    #[error("the statement's type is `{found}`, expected `{STATEMENT_TYPE}`")]
    WrongType {
        /// The type that was found, control characters escaped.
        found: String,
    },
    /// A type URI under CDI's prefix that this version does not know; near-misses of known types fall here.
    #[error("the predicate type `{found}` is not known")]
    UnknownPredicateType {
        /// The type that was found, control characters escaped.
        found: String,
    },
    /// The statement has no subject.
    #[error("the statement has no subject")]
    NoSubject,
    /// A subject has neither the digest of a file nor that of a tree: weaker or unknown algorithms alone identify nothing.
    #[error("subject {index} of the statement has no sha256 digest, and no dirHash1")]
    SubjectWithoutSha256 {
        /// The subject's position, from 0.
        index: usize,
    },
    /// The predicate breaks a rule of its type.
    #[error(transparent)]
    Predicate(#[from] PredicateError),
}

impl StatementError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Json(error) => error.code(),
            Self::Malformed { .. } => "statement-malformed",
            Self::WrongType { .. } => "statement-wrong-type",
            Self::UnknownPredicateType { .. } => "predicate-type-unknown",
            Self::NoSubject => "statement-without-subject",
            Self::SubjectWithoutSha256 { .. } => "subject-without-sha256",
            Self::Predicate(error) => error.code(),
        }
    }

    fn malformed(member: &str, error: &serde_json::Error) -> Self {
        Self::Malformed { detail: format!("{member}: {}", escaped(&error.to_string())) }
    }
}

fn escaped(text: &str) -> String {
    text.chars().take(300).flat_map(char::escape_debug).collect()
}

/// What a statement is about: a digest, and for reports and origins the path it was recorded under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The recorded path; `None` where the subject is no file (a key, say).
    pub path: Option<RecordedPath>,
    /// The subject's digest.
    pub digest: ArtifactDigest,
}

/// A statement with its predicate. Its form is right; who signed it, if anybody, is not known here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement<P> {
    subject: Vec<Subject>,
    predicate: P,
}

impl<P: Predicate> Statement<P> {
    /// Joins subjects and predicate.
    ///
    /// # Errors
    /// [`StatementError::NoSubject`], or the rule of the predicate's type that the two break.
    pub fn new(subject: Vec<Subject>, predicate: P) -> Result<Self, StatementError> {
        if subject.is_empty() {
            return Err(StatementError::NoSubject);
        }
        predicate.admit(&subject)?;
        Ok(Self { subject, predicate })
    }

    /// The subjects: one or more.
    #[must_use]
    pub fn subject(&self) -> &[Subject] {
        &self.subject
    }

    /// The predicate.
    #[must_use]
    pub const fn predicate(&self) -> &P {
        &self.predicate
    }

    /// The payload bytes to be signed: compact JSON, in no canonical form, since verification is over bytes as received.
    ///
    /// # Errors
    /// [`StatementError::Malformed`] if the predicate cannot be written, which no value of CDI's own types causes.
    pub fn to_payload(&self) -> Result<Vec<u8>, StatementError> {
        let subject = self.subject.iter().map(SubjectOut::from).collect();
        let out = StatementOut {
            kind: STATEMENT_TYPE,
            subject,
            predicate_type: P::TYPE,
            predicate: &self.predicate,
        };
        serde_json::to_vec(&out).map_err(|error| StatementError::malformed("predicate", &error))
    }
}

/// A statement of any type that CDI knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnyStatement {
    /// An endorsement of an authority by an authority.
    Endorsement(Statement<Endorsement>),
    /// A certification of a tool.
    Certification(Box<Statement<ToolCertification>>),
    /// A report of a tool's run.
    Report(Box<Statement<Report>>),
    /// Where a chain may begin.
    Origin(Statement<Origin>),
    /// What an authority has revoked.
    Revocations(Statement<RevocationList>),
    /// A principal's policy, as the principal signed it.
    Policy(Box<Statement<PolicyEdition>>),
    /// What a principal excuses for a time.
    Waiver(Statement<Waiver>),
    /// What a node says of itself.
    Node(Box<Statement<NodeReport>>),
    /// A request for a certification. It proves nothing to a verifier.
    CertificationRequest(Box<Statement<CertificationRequest>>),
    /// A request for an endorsement. It proves nothing to a verifier.
    EndorsementRequest(Statement<EndorsementRequest>),
    /// A verifier's summary of what it verified. It does not say whose key to credit.
    Summary(Box<VerificationSummary>),
    /// A statement of somebody else's type. It does not say whose key to credit.
    Foreign(Box<ForeignStatement>),
}

/// The statement in `payload`, and its id. On `Ok` the form of every member that CDI reads is right.
///
/// # Errors
/// [`StatementError`] names the rule that the bytes break.
pub fn parse_statement(payload: &[u8]) -> Result<(StatementId, AnyStatement), StatementError> {
    let strict = json::strict(payload)?;
    if !strict.is_object() {
        return Err(StatementError::Malformed { detail: "a statement is an object".to_owned() });
    }
    let kind = text(&strict, "_type")?;
    let wrong = || Err(StatementError::WrongType { found: escaped(&kind) });
    if kind != STATEMENT_TYPE && kind != OLD_STATEMENT_TYPE {
        return wrong();
    }
    let predicate_type = text(&strict, "predicateType")?;
    if kind != STATEMENT_TYPE && predicate_type.starts_with(TYPE_PREFIX) {
        return wrong();
    }
    let statement = match predicate_type.as_ref() {
        Endorsement::TYPE => AnyStatement::Endorsement(read(&strict)?),
        ToolCertification::TYPE => AnyStatement::Certification(Box::new(read(&strict)?)),
        Report::TYPE => AnyStatement::Report(Box::new(read(&strict)?)),
        Origin::TYPE => AnyStatement::Origin(read(&strict)?),
        RevocationList::TYPE => AnyStatement::Revocations(read(&strict)?),
        PolicyEdition::TYPE => AnyStatement::Policy(Box::new(read(&strict)?)),
        Waiver::TYPE => AnyStatement::Waiver(read(&strict)?),
        NodeReport::TYPE => AnyStatement::Node(Box::new(read(&strict)?)),
        CertificationRequest::TYPE => AnyStatement::CertificationRequest(Box::new(read(&strict)?)),
        EndorsementRequest::TYPE => AnyStatement::EndorsementRequest(read(&strict)?),
        SUMMARY_TYPE => AnyStatement::Summary(Box::new(read_summary(&strict)?)),
        other if other.starts_with(TYPE_PREFIX) => {
            return Err(StatementError::UnknownPredicateType { found: escaped(other) });
        }
        _ => AnyStatement::Foreign(Box::new(read_foreign(&strict, predicate_type.into_owned()))),
    };
    Ok((StatementId::of(payload), statement))
}

/// Reads each member from its own text: a predicate is long, and to skip it first would be to read it twice.
fn read<P: Predicate>(strict: &StrictText<'_>) -> Result<Statement<P>, StatementError> {
    strict.safe_numbers()?;
    let subject: Vec<SubjectIn<'_>> = match strict.member("subject") {
        Some(_) => member(strict, "subject")?,
        None => Vec::new(),
    };
    let subject =
        subject.iter().enumerate().map(|(index, found)| found.read(index)).collect::<Result<_, _>>()?;
    Statement::new(subject, member(strict, "predicate")?)
}

/// Reads what a policy can ask about a statement of somebody else's type. Whatever is not of the form that is read is not there:
/// nobody here says how others must write.
fn read_foreign(strict: &StrictText<'_>, predicate_type: String) -> ForeignStatement {
    let subjects: Vec<foreign::SubjectIn<'_>> = member(strict, "subject").unwrap_or_default();
    ForeignStatement::new(predicate_type, &subjects, strict.member("predicate"))
}

/// Reads somebody else's statement, by the in-toto rule: what CDI does not read may be anything, numbers included. Of the
/// subjects those count that have a SHA-256, or a tree's digest, whatever they are called.
fn read_summary(strict: &StrictText<'_>) -> Result<VerificationSummary, StatementError> {
    let subject: Vec<ForeignSubjectIn> = match strict.member("subject") {
        Some(_) => member(strict, "subject")?,
        None => Vec::new(),
    };
    if subject.is_empty() {
        return Err(StatementError::NoSubject);
    }
    let digests: BTreeSet<ArtifactDigest> = subject.iter().flat_map(|one| one.digest.all()).collect();
    if digests.is_empty() {
        return Err(StatementError::SubjectWithoutSha256 { index: 0 });
    }
    let predicate: SummaryIn<'_> = member(strict, "predicate")?;
    predicate.read(digests).map_err(|detail| StatementError::Malformed { detail })
}

#[derive(Deserialize)]
struct ForeignSubjectIn {
    #[serde(default)]
    digest: DigestSet,
}

fn member<'a, T: Deserialize<'a>>(strict: &StrictText<'a>, name: &'static str) -> Result<T, StatementError> {
    found(strict.read(name), name)
}

fn text<'a>(strict: &StrictText<'a>, name: &'static str) -> Result<Cow<'a, str>, StatementError> {
    found(strict.read_text(name), name)
}

fn found<T>(read: Option<Result<T, serde_json::Error>>, name: &'static str) -> Result<T, StatementError> {
    let missing = || StatementError::Malformed { detail: format!("missing field `{name}`") };
    read.ok_or_else(missing)?.map_err(|error| StatementError::malformed(name, &error))
}

#[derive(Deserialize)]
struct SubjectIn<'a> {
    #[serde(default, borrow)]
    name: Option<Cow<'a, str>>,
    #[serde(default)]
    digest: DigestSet,
}

impl SubjectIn<'_> {
    fn read(&self, index: usize) -> Result<Subject, StatementError> {
        let path = match &self.name {
            None => None,
            Some(name) => Some(
                RecordedPath::parse(name)
                    .map_err(|error| StatementError::Malformed { detail: error.to_string() })?,
            ),
        };
        let ambiguous =
            |detail| StatementError::Malformed { detail: format!("subject {index} has {detail}") };
        let digest = self.digest.artifact().map_err(ambiguous)?;
        let digest = digest.ok_or(StatementError::SubjectWithoutSha256 { index })?;
        Ok(Subject { path, digest })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StatementOut<'a, P> {
    #[serde(rename = "_type")]
    kind: &'static str,
    subject: Vec<SubjectOut<'a>>,
    predicate_type: &'static str,
    predicate: &'a P,
}

#[derive(Serialize)]
struct SubjectOut<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a RecordedPath>,
    digest: DigestSet,
}

impl<'a> From<&'a Subject> for SubjectOut<'a> {
    fn from(subject: &'a Subject) -> Self {
        Self { name: subject.path.as_ref(), digest: subject.digest.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Sha256;

    const ORIGIN: &str = "https://code-deployment-integrity.io/origin/v1";

    fn origin(
        type_: &str,
        subject: &str,
        predicate_type: &str,
        extra: &str,
    ) -> Result<AnyStatement, StatementError> {
        let key = "11".repeat(32);
        let text = format!(
            r#"{{"_type":"{type_}","subject":{subject},"predicateType":"{predicate_type}","predicate":{{"issuer":"{key}","kind":"source"{extra}}}}}"#
        );
        parse_statement(text.as_bytes()).map(|(_, statement)| statement)
    }

    fn one_subject() -> String {
        format!(r#"[{{"name":"a.c","digest":{{"sha256":"{}","md5":"weak"}}}}]"#, "22".repeat(32))
    }

    #[test]
    fn a_statement_of_a_known_type_is_read() {
        let statement = origin(STATEMENT_TYPE, &one_subject(), ORIGIN, "").unwrap();
        assert!(matches!(statement, AnyStatement::Origin(_)));
    }

    #[test]
    fn near_misses_of_the_types_are_rejected() {
        for bad in [
            "https://in-toto.io/Statement/v0.1",
            "https://in-toto.io/Statement/v0.2",
            "https://in-toto.io/Statement/v1/",
            "https://in-toto.io/Statement/V1",
        ] {
            assert_eq!(
                origin(bad, &one_subject(), ORIGIN, "").unwrap_err().code(),
                "statement-wrong-type",
                "{bad}"
            );
        }
        for bad in ["v1evil", "v10", "v1/", "v1 ", "V1", "v2"] {
            let uri = format!("https://code-deployment-integrity.io/origin/{bad}");
            let error = origin(STATEMENT_TYPE, &one_subject(), &uri, "").unwrap_err();
            assert_eq!(error.code(), "predicate-type-unknown", "{bad}");
        }
        let elsewhere = origin(STATEMENT_TYPE, &one_subject(), "https://slsa.dev/provenance/v1", "").unwrap();
        assert!(matches!(elsewhere, AnyStatement::Foreign(_)));
    }

    fn foreign(version: &str, subject: &str, predicate: &str) -> ForeignStatement {
        let text = format!(
            r#"{{"_type":"https://in-toto.io/Statement/{version}","subject":{subject},"predicateType":"https://example.com/x","predicate":{predicate}}}"#
        );
        match parse_statement(text.as_bytes()).unwrap().1 {
            AnyStatement::Foreign(found) => *found,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn statements_of_others_are_read_in_both_versions_as_far_as_a_policy_asks() {
        for version in ["v1", "v0.1"] {
            let found =
                foreign(version, &one_subject(), r#"{"score":9.5,"big":18446744073709551616,"x":null}"#);
            let digest = ArtifactDigest::parse(&"22".repeat(32)).unwrap();
            assert_eq!(found.subjects, BTreeSet::from([digest]));
            assert_eq!(
                found.predicate.as_deref(),
                Some(r#"{"score":9.5,"big":18446744073709551616,"x":null}"#)
            );
        }
        let upper = one_subject().replace("22", "AA");
        for nobody in
            ["[]", "{}", "1", r#"[{"digest":{"sha512":"22"}}]"#, r#"[{"digest":{"sha256":1}}]"#, &upper]
        {
            assert!(foreign("v1", nobody, "{}").subjects.is_empty(), "{nobody}");
        }
        for no_object in ["[]", "null", "\"{}\"", "1e400"] {
            assert_eq!(foreign("v1", &one_subject(), no_object).predicate, None, "{no_object}");
        }
        let long = |length: usize| format!(r#"{{"a":"{}"}}"#, "x".repeat(length - 8));
        assert!(foreign("v1", "[]", &long(crate::limits::EVIDENCE_BYTES)).predicate.is_some());
        assert!(foreign("v1", "[]", &long(crate::limits::EVIDENCE_BYTES + 1)).predicate.is_none());
    }

    /// The example of SLSA's specification of the format, version 1, with a digest and a time filled in.
    const SUMMARY: &str = r#"{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"out/example-1.2.3.tar.gz",
        "digest":{"sha256":"5678aa5678aa5678aa5678aa5678aa5678aa5678aa5678aa5678aa5678aa5678"}}],
        "predicateType":"https://slsa.dev/verification_summary/v1","predicate":{
        "verifier":{"id":"https://example.com/publication_verifier","version":{"slsa-verifier-linux-amd64":"v2.3.0"}},
        "timeVerified":"1985-04-12T23:20:50.52Z","resourceUri":"https://example.com/example-1.2.3.tar.gz",
        "policy":{"uri":"https://example.com/example_tarball.policy","digest":{"sha256":
        "1234000012340000123400001234000012340000123400001234000012340000"}},
        "inputAttestations":[{"uri":"https://example.com/provenances/example-1.2.3.tar.gz.intoto.jsonl","digest":{}}],
        "verificationResult":"PASSED","verifiedLevels":["SLSA_BUILD_LEVEL_3"],
        "dependencyLevels":{"SLSA_BUILD_LEVEL_3":5,"SLSA_BUILD_LEVEL_2":7,"SLSA_BUILD_LEVEL_1":-1.5e3},"slsaVersion":"1.0"}}"#;

    fn summary(from: &str, to: &str) -> Result<AnyStatement, StatementError> {
        assert!(SUMMARY.contains(from), "{from}");
        parse_statement(SUMMARY.replacen(from, to, 1).as_bytes()).map(|(_, statement)| statement)
    }

    #[test]
    fn a_summary_of_somebody_else_is_read_as_far_as_it_matters() {
        let Ok(AnyStatement::Summary(found)) = summary("", "") else { panic!("no summary") };
        assert_eq!(found.verifier.as_str(), "https://example.com/publication_verifier");
        assert_eq!(found.time_verified.unwrap().to_string(), "1985-04-12T23:20:50Z");
        assert_eq!(found.policy.uri.as_deref(), Some("https://example.com/example_tarball.policy"));
        assert_eq!(found.subjects.len(), 1);
        assert!(found.is_passed() && found.levels.contains("SLSA_BUILD_LEVEL_3"));
        for (from, to) in [
            ("\"name\":\"out/example-1.2.3.tar.gz\"", "\"name\":\"../\\u0000\""),
            ("\"timeVerified\":\"1985-04-12T23:20:50.52Z\",", ""),
            ("\"slsaVersion\":\"1.0\"", "\"slsaVersion\":null,\"other\":[1e400]"),
            ("\"subject\":[", "\"subject\":[{\"digest\":{\"gitCommit\":\"ab\"}},"),
        ] {
            assert!(matches!(summary(from, to), Ok(AnyStatement::Summary(_))), "{to}");
        }
    }

    #[test]
    fn summaries_that_lack_something_or_say_it_twice_are_rejected() {
        for (from, to, code) in [
            ("\"verifier\":{\"id\":", "\"verifier\":{\"name\":", "statement-malformed"),
            ("\"id\":\"https://example.com/publication_verifier\"", "\"id\":\"\"", "statement-malformed"),
            ("\"resourceUri\":\"https://example.com/example-1.2.3.tar.gz\",", "", "statement-malformed"),
            ("\"https://example.com/example-1.2.3.tar.gz\"", "\"\"", "statement-malformed"),
            ("1985-04-12T23:20:50.52Z", "yesterday", "statement-malformed"),
            ("\"verifiedLevels\":[\"SLSA_BUILD_LEVEL_3\"],", "", "statement-malformed"),
            ("\"verificationResult\":\"PASSED\"", "\"verificationResult\":true", "statement-malformed"),
            (
                "\"verificationResult\"",
                "\"verificationResult\":\"FAILED\",\"verificationResult\"",
                "json-duplicate-member",
            ),
            ("\"digest\":{\"sha256\":\"5678", "\"digest\":{\"sha1\":\"5678", "subject-without-sha256"),
            ("5678aa5678aa5678", "5678AA5678aa5678", "statement-malformed"),
        ] {
            assert_eq!(summary(from, to).unwrap_err().code(), code, "{to}");
        }
        for other in ["v1.0", "v1/", "V1", "v0.2"] {
            let found = summary("verification_summary/v1", &format!("verification_summary/{other}"));
            assert!(matches!(found, Ok(AnyStatement::Foreign { .. })), "{other}");
        }
    }

    #[test]
    fn members_that_are_not_described_are_rejected_in_predicates_of_cdi() {
        let error = origin(STATEMENT_TYPE, &one_subject(), ORIGIN, r#","extra":1"#).unwrap_err();
        assert_eq!(error.code(), "statement-malformed");
        assert!(origin(STATEMENT_TYPE, &one_subject(), ORIGIN, r#","annotations":{"any":[1]}"#).is_ok());
    }

    #[test]
    fn arrays_by_position_and_nulls_are_no_statements() {
        let (key, subject) = ("11".repeat(32), one_subject());
        let array =
            format!(r#"["{STATEMENT_TYPE}",{subject},"{ORIGIN}",{{"issuer":"{key}","kind":"source"}}]"#);
        let inner = format!(
            r#"{{"_type":"{STATEMENT_TYPE}","subject":{subject},"predicateType":"{ORIGIN}","predicate":["{key}","source",{{}}]}}"#
        );
        for text in [array, inner] {
            assert_eq!(parse_statement(text.as_bytes()).unwrap_err().code(), "statement-malformed", "{text}");
        }
        let null = subject.replace(r#""a.c""#, "null");
        assert_eq!(origin(STATEMENT_TYPE, &null, ORIGIN, "").unwrap_err().code(), "statement-malformed");
    }

    #[test]
    fn subjects_without_a_sha256_are_rejected() {
        let weak = r#"[{"name":"a.c","digest":{"sha1":"da39a3ee5e6b4b0d3255bfef95601890afd80709"}}]"#;
        assert_eq!(origin(STATEMENT_TYPE, weak, ORIGIN, "").unwrap_err().code(), "subject-without-sha256");
        assert_eq!(origin(STATEMENT_TYPE, "[]", ORIGIN, "").unwrap_err().code(), "statement-without-subject");
        assert_eq!(origin(STATEMENT_TYPE, "[{}]", ORIGIN, "").unwrap_err().code(), "subject-without-sha256");
    }

    #[test]
    fn a_subject_is_a_file_or_a_tree() {
        let digits = "22".repeat(32);
        let tree = format!(r#"[{{"name":"src","digest":{{"dirHash1":"{digits}","md5":"weak"}}}}]"#);
        let Ok(AnyStatement::Origin(found)) = origin(STATEMENT_TYPE, &tree, ORIGIN, "") else {
            panic!("no origin")
        };
        assert_eq!(found.subject()[0].digest, ArtifactDigest::Tree(Sha256::parse(&digits).unwrap()));
        let again = found.to_payload().unwrap();
        let Ok((_, AnyStatement::Origin(again))) = parse_statement(&again) else { panic!("not written") };
        assert_eq!(again, found);
        let both = tree.replace("\"md5\":\"weak\"", &format!("\"sha256\":\"{digits}\""));
        let prefixed = tree.replace("dirHash1\":\"", "sha256\":\"dirHash1:");
        let upper = tree.replace("dirHash1", "DirHash1");
        for (bad, code) in [
            (both.clone(), "statement-malformed"),
            (prefixed, "statement-malformed"),
            (tree.replace("2222", "22"), "statement-malformed"),
            (upper, "subject-without-sha256"),
        ] {
            assert_eq!(origin(STATEMENT_TYPE, &bad, ORIGIN, "").unwrap_err().code(), code, "{bad}");
        }
        let tree_of = |digits: &str| ArtifactDigest::Tree(Sha256::parse(digits).unwrap());
        assert_eq!(foreign("v1", &tree, "{}").subjects, BTreeSet::from([tree_of(&digits)]));
        assert_eq!(foreign("v1", &both, "{}").subjects.len(), 2, "an archive, and what is in it");
        let prefixed = tree.replace("dirHash1\":\"", "sha256\":\"dirHash1:");
        assert!(foreign("v1", &prefixed, "{}").subjects.is_empty(), "{prefixed}");
    }
}
