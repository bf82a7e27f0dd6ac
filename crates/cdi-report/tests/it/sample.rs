//! A page with something of everything, all of its texts from one place.

use std::collections::{BTreeMap, BTreeSet};

use cdi_report::{
    Answer, Evidence, Excerpt, Extent, Failed, Kind, Mark, Miss, Note, Page, Place, Principal, Standing,
    Statement, Step, Supposed, SupposedPrincipal, Switch, SwitchKind, Verdict, Vote, Waypoint, WhatIf,
};
use cdi_types::{ArtifactDigest, Sha256, StatementId};

pub(crate) fn id(name: &str) -> StatementId {
    StatementId::new(Sha256::of(name.as_bytes()))
}

fn answer(text: &str, kind: Kind, standing: Standing) -> Answer {
    let digest = ArtifactDigest::of(b"input");
    let vote = Vote {
        authorities: vec![text.to_owned(), text.to_owned()],
        certification: id("certification"),
        endorsements: vec![id("endorsement")],
        besides: vec![text.to_owned()],
    };
    let step = Step {
        artifact: digest,
        name: Some(text.to_owned()),
        says: text.to_owned(),
        statement: Some(id("report")),
        quorum: Some(2),
        votes: vec![vote],
        besides: vec![text.to_owned()],
    };
    let point = |read_by| Waypoint { artifact: digest, name: Some(text.to_owned()), read_by };
    let miss = Miss {
        code: "no-report",
        message: text.to_owned(),
        trail: vec![point(None), point(Some(id("report")))],
        report: Some(id("report")),
        repair_by: text.to_owned(),
        repair: text.to_owned(),
    };
    Answer {
        question: text.to_owned(),
        kind,
        standing,
        excused: Some(text.to_owned()),
        meaning: Some(text.to_owned()),
        formula: Some(format!("{text} and {text}")),
        place: Some(text.to_owned()),
        custodians: vec![text.to_owned()],
        proof: vec![step],
        misses: vec![miss.clone(), miss],
        parts: Vec::new(),
    }
}

fn what_if(text: &str) -> WhatIf {
    let switch = |kind, statement| Switch {
        id: text.chars().chain("0123456789abcdef".chars()).collect(),
        kind,
        label: text.to_owned(),
        lines: 3,
        statement,
    };
    let principal = |verdict, failures| SupposedPrincipal { name: text.to_owned(), verdict, failures };
    let allow = Supposed { verdict: Verdict::Allow, principals: vec![principal(Verdict::Allow, Vec::new())] };
    let failures = vec![(text.to_owned(), "quorum-unmet")];
    let deny = Supposed { verdict: Verdict::Deny, principals: vec![principal(Verdict::Deny, failures)] };
    WhatIf {
        switches: vec![
            switch(SwitchKind::Authority, None),
            switch(SwitchKind::Certification, Some(id("certification"))),
        ],
        outcomes: vec![allow, deny],
        combinations: BTreeMap::from([
            (BTreeSet::new(), 0),
            (BTreeSet::from([0]), 1),
            (BTreeSet::from([1]), 1),
            (BTreeSet::from([0, 1]), 1),
        ]),
        extent: Extent::All,
        further: 7,
        command: text.to_owned(),
        budget: 65_536,
        seconds: 60,
    }
}

fn statement(text: &str, name: &str, mark: Mark) -> Statement {
    Statement {
        id: Some(id(name)),
        kind: text.to_owned(),
        summary: text.to_owned(),
        about: vec![Sha256::of(name.as_bytes())],
        source: text.to_owned(),
        mark,
        payload: Some(Excerpt::of(text.as_bytes())),
        envelope: Excerpt::of(text.as_bytes()),
    }
}

/// A page all of whose texts are this one.
pub(crate) fn page(text: &str) -> Page {
    let own = text.to_owned();
    let failed = || Failed {
        requirement: own.clone(),
        code: "grant-refused",
        message: own.clone(),
        hint: Some(own.clone()),
    };
    let mut tag = answer(text, Kind::Tag, Standing::HasNot);
    tag.parts = vec![
        answer(text, Kind::Property, Standing::Has),
        answer(text, Kind::Platform, Standing::HasNot),
        answer(text, Kind::Property, Standing::NotTold),
    ];
    let principal = Principal {
        name: own.clone(),
        verdict: Verdict::Deny,
        policy: Some(own.clone()),
        edition: Some(own.clone()),
        asks: own.clone(),
        residual: Some(own.clone()),
        provided: vec![(own.clone(), own.clone())],
        answers: vec![tag, answer(text, Kind::History, Standing::Has)],
        refused: vec![failed()],
        excused: vec![(failed(), own.clone())],
    };
    let discarded = Mark::Discarded { code: "issuer-key-unknown", reason: own.clone() };
    Page {
        program: own.clone(),
        artifact: own.clone(),
        digest: ArtifactDigest::of(b"artifact"),
        verdict: Verdict::Deny,
        at: own.clone(),
        place: Some(Place { name: own.clone(), provides: vec![own.clone()], asserted_by: own.clone() }),
        grants: vec![own.clone()],
        catalogues: vec![own.clone()],
        again: own.clone(),
        notes: vec![Note {
            code: "policies-conflict",
            message: own.clone(),
            lines: vec![own.clone()],
            hint: Some(own.clone()),
        }],
        principals: vec![principal],
        graph: None,
        evidence: Evidence {
            files: vec![own.clone()],
            counts: vec![(own.clone(), 1)],
            unused: vec![own.clone()],
        },
        what_if: what_if(text),
        statements: vec![
            statement(text, "report", Mark::Verified),
            statement(text, "certification", discarded),
            statement(text, "foreign", Mark::NoEvidence),
        ],
        further: 5,
    }
}
