//! The form of a vector's file.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use cdi_verify::Help;

use crate::scenario::{Decided, Outcome, Party, Place, Put, Scenario, Verdict};

/// The form that is written and read.
const FORM: &str = "cdi-vector/v1";

/// One vector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Vector {
    /// The form of this file.
    pub form: String,
    /// The attack that the vector stands for.
    pub attack: String,
    /// The rule of `docs/spec/` that it breaks, or keeps.
    pub rule: String,
    /// What it is, in one clause.
    pub title: String,
    /// The vector that differs in the one fault and passes; empty for one that passes itself.
    pub sibling: String,
    /// What a decider must say.
    pub expected: Expected,
    /// The time of the decision.
    pub time: String,
    /// The SHA-256 of the artifact, in hexadecimal.
    pub artifact: String,
    /// Where the artifact is to run; `null` if nobody has said where.
    pub environment: Option<Place>,
    /// The catalogues that extend the one that ships, each behind what it extends; absent for none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub catalogues: Vec<String>,
    /// The reports on which the decider has relied before, by their ids, each with the time when it first did; absent for none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub seen: BTreeMap<String, String>,
    /// The policies of all principals that must agree, in order.
    pub policies: Vec<Party>,
    /// The bundle's lines.
    pub bundle: Vec<Line>,
}

/// What a decider must say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Expected {
    /// The verdict.
    pub verdict: Verdict,
    /// The principal that refuses first; empty if none does.
    pub principal: String,
    /// The code of its first failure, or of the error; empty for an allow.
    pub code: String,
    /// The code of each discarded line, in the order of the lines.
    pub discarded: Vec<String>,
    /// The code of each failure that is excused, principal by principal; absent for none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excused: Vec<String>,
}

/// A line of the bundle, without its line feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Line {
    /// Text.
    Text(String),
    /// Bytes that are not UTF-8.
    Bytes {
        /// In standard base64.
        base64: String,
    },
}

impl Line {
    /// The line of these bytes.
    #[must_use]
    pub fn of(bytes: Vec<u8>) -> Self {
        match String::from_utf8(bytes) {
            Ok(text) => Self::Text(text),
            Err(error) => Self::Bytes { base64: base64_simd::STANDARD.encode_to_string(error.as_bytes()) },
        }
    }

    /// The bytes; `None` if the base64 is none.
    #[must_use]
    pub fn bytes(&self) -> Option<Vec<u8>> {
        match self {
            Self::Text(text) => Some(text.clone().into_bytes()),
            Self::Bytes { base64 } => base64_simd::STANDARD.decode_to_vec(base64).ok(),
        }
    }
}

impl Vector {
    /// A vector of this world that stands for nothing.
    #[must_use]
    pub fn of(world: &Scenario, expected: Expected) -> Self {
        Self {
            form: FORM.to_owned(),
            attack: String::new(),
            rule: String::new(),
            title: String::new(),
            sibling: String::new(),
            expected,
            time: world.now.clone(),
            artifact: world.artifact.clone(),
            environment: world.place.clone(),
            catalogues: world.catalogues.clone(),
            seen: world.seen.clone(),
            policies: world.parties(),
            bundle: world.lines().into_iter().map(Line::of).collect(),
        }
    }

    /// The file's bytes.
    #[must_use]
    pub fn to_file(&self) -> String {
        let text = serde_json::to_string_pretty(self);
        text.map(|text| text + "\n").unwrap_or_default()
    }

    /// Reads a file.
    ///
    /// # Errors
    /// What `serde_json` says.
    pub fn from_file(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// What the production core decides about the bytes in the file.
    #[must_use]
    pub fn run(&self) -> Outcome {
        self.run_helped(Help::NONE).outcome
    }

    /// As [`Self::run`], with such help.
    #[must_use]
    pub fn run_helped(&self, help: Help<'_>) -> Decided {
        let mut bundle = Vec::new();
        for line in &self.bundle {
            bundle.extend(line.bytes().unwrap_or_default());
            bundle.push(b'\n');
        }
        let put = Put {
            documents: &self.catalogues,
            seen: &self.seen,
            bundle,
            parties: &self.policies,
            artifact: &self.artifact,
            now: &self.time,
            place: self.environment.as_ref(),
        };
        put.decide(help)
    }
}

impl From<Outcome> for Expected {
    fn from(outcome: Outcome) -> Self {
        let Outcome { verdict, principal, code, discarded, excused, .. } = outcome;
        let (principal, code) = (principal.unwrap_or_default(), code.unwrap_or_default());
        let excused = excused.into_iter().map(|(_, code)| code).collect();
        Self { verdict, principal, code, discarded, excused }
    }
}
