//! Statements: what a payload says (rules F-STATEMENT, F-TYPE, F-SUBJECT, and those of each predicate).

use cdi_types::{AnyStatement, Statement, StatementId, parse_statement};
use serde_json::{Value, json};

use crate::{Target, reference, seeds, shown};

pub(crate) const TARGET: Target = Target {
    name: "statements",
    oracle: "of each kind, the kind being the predicate type: a member that no rule names, put into any object of the predicate, \
             refuses the statement; so does every other type of ours over the same predicate; what is written again, by us or \
             as any JSON, says the same; what is accepted is strict JSON",
    run,
    seeds,
    words: seeds::json_words,
    most: 6_144,
};

/// Objects of a predicate into which a member is put, at most: beyond so many, those of a list repeat themselves.
const OBJECTS: usize = 48;

fn run(bytes: &[u8]) {
    let (id, statement) = match parse_statement(bytes) {
        Ok(read) => read,
        Err(error) => return shown::told(error.code(), &error),
    };
    assert_eq!(id, StatementId::of(bytes));
    let safe = reference::strict_json(bytes).expect("what is accepted is strict JSON");
    let value: Value = match serde_json::from_slice(bytes) {
        Ok(value) => value,
        // A number that no double comes near, where numbers may be anything.
        Err(_) => return,
    };
    let Some(ours) = written(&statement) else { return };
    assert!(safe);
    assert_eq!(says(&ours), Some(&statement).cloned());
    // `Value` puts something else in the place of objects with members of names that belong to serde_json.
    if bytes.windows(10).any(|window| window == b"serde_json") {
        return;
    }
    assert_eq!(says(&serde_json::to_vec(&value).unwrap()), Some(statement));
    with_a_member_more(&value);
    of_another_type(&value);
}

fn says(payload: &[u8]) -> Option<AnyStatement> {
    parse_statement(payload).ok().map(|(_, statement)| statement)
}

/// What we would write that says so; `None` for statements of others.
fn written(statement: &AnyStatement) -> Option<Vec<u8>> {
    fn payload<P: cdi_types::Predicate>(statement: &Statement<P>) -> Option<Vec<u8>> {
        Some(statement.to_payload().unwrap())
    }
    match statement {
        AnyStatement::Endorsement(one) => payload(one),
        AnyStatement::Certification(one) => payload(one),
        AnyStatement::Report(one) => payload(one),
        AnyStatement::Origin(one) => payload(one),
        AnyStatement::Revocations(one) => payload(one),
        AnyStatement::Policy(one) => payload(one),
        AnyStatement::Waiver(one) => payload(one),
        AnyStatement::Node(one) => payload(one),
        AnyStatement::CertificationRequest(one) => payload(one),
        AnyStatement::EndorsementRequest(one) => payload(one),
        AnyStatement::Summary(_) | AnyStatement::Foreign(_) => None,
    }
}

fn with_a_member_more(value: &Value) {
    let mut places = Vec::new();
    objects(&value["predicate"], "/predicate".to_owned(), &mut places);
    for place in places.iter().take(OBJECTS) {
        let mut more = value.clone();
        let members = more.pointer_mut(place).and_then(Value::as_object_mut).expect("it is an object");
        // A name that nobody has, and a value that no map of ours has.
        members.insert("x-nobody-has-this".to_owned(), json!([[7]]));
        assert_eq!(says(&serde_json::to_vec(&more).unwrap()), None, "a member more in {place}");
    }
}

/// Where there are objects. What is in annotations may be anything (rule F-ANNOTATIONS).
fn objects(value: &Value, place: String, places: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members.iter().filter(|(name, _)| *name != "annotations") {
                objects(value, format!("{place}/{}", name.replace('~', "~0").replace('/', "~1")), places);
            }
            places.push(place);
        }
        Value::Array(list) => list
            .iter()
            .enumerate()
            .for_each(|(index, value)| objects(value, format!("{place}/{index}"), places)),
        _ => {}
    }
}

/// The kinds of statement of ours.
const KINDS: [&str; 10] = [
    "certification-request/v1",
    "endorsement-request/v1",
    "endorsement/v1",
    "node/v1",
    "origin/v1",
    "policy/v1",
    "report/v1",
    "revocations/v1",
    "tool-certification/v1",
    "waiver/v1",
];

fn of_another_type(value: &Value) {
    let own = value["predicateType"].as_str().unwrap_or_default();
    let types = KINDS.map(|kind| format!("{}{kind}", cdi_types::TYPE_PREFIX));
    assert!(types.iter().any(|kind| kind == own), "the kind {own} is new here");
    for kind in types.into_iter().filter(|kind| kind != own) {
        let mut other = value.clone();
        other["predicateType"] = json!(kind);
        assert_eq!(says(&serde_json::to_vec(&other).unwrap()), None, "{own} passes as {kind}");
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let payloads = seeds::payloads().into_iter().map(|(_, payload)| payload);
    payloads.filter(|payload| payload.len() <= TARGET.most).collect()
}
