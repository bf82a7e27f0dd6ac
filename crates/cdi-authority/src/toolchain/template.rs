//! A template as its document has it, and the claims that it is written out to.

use std::collections::{BTreeMap, BTreeSet};

use cdi_types::{
    AfterPositional, ArgumentRule, Arguments, CaptureLevel, Claim, ClaimedProperty, CommandLine,
    CommandOption, Effect, EnvironmentRule, Invocation, MadeOutput, Manifest, PropertyName, Role, Unnamed,
    json,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::condition::{both, written_out};
use crate::{Claims, ClaimsError};

/// What templates share: options and variables that several tools take, and conditions by name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts {
    options: BTreeMap<String, BTreeMap<String, CommandOption>>,
    environment: BTreeMap<String, EnvironmentRule>,
    /// Variables that surroundings set and that say nothing to the tool, by what surrounds it.
    environments: BTreeMap<String, BTreeMap<String, EnvironmentRule>>,
    conditions: BTreeMap<String, String>,
}

/// The ways in which a tool is run, by name.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Template(BTreeMap<Role, Way>);

/// One way of running the tool, and what such a run does for properties.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Way {
    /// Every argument in its place, instead of options.
    #[serde(default)]
    sequence: Option<Vec<ArgumentRule>>,
    /// Parts whose options it takes.
    #[serde(default)]
    with: Vec<String>,
    #[serde(default)]
    options: BTreeMap<String, CommandOption>,
    /// What comes before all options.
    #[serde(default)]
    first: Vec<ArgumentRule>,
    #[serde(default)]
    positional: Vec<ArgumentRule>,
    #[serde(default)]
    rest: Option<ArgumentRule>,
    #[serde(default)]
    options_after_positional: AfterPositional,
    /// Surroundings whose variables it may get.
    #[serde(default)]
    within: Vec<String>,
    /// Outputs that no argument names whole.
    #[serde(default)]
    outputs: Vec<MadeOutput>,
    /// Variables besides those that every tool may get.
    #[serde(default)]
    environment: BTreeMap<String, EnvironmentRule>,
    /// What must be true for any of the claims.
    #[serde(default)]
    when: String,
    /// What it establishes whoever recorded it, each with its condition.
    #[serde(default)]
    establishes: BTreeMap<PropertyName, String>,
    /// What it does only where the recorder saw everything that was read.
    #[serde(default)]
    traced: Traced,
    /// What it establishes only where suppliers list, besides, all that was read and that no argument names: of a tool that goes on from
    /// files of an earlier run, and finds them by itself.
    #[serde(default)]
    listed: BTreeMap<PropertyName, String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Traced {
    #[serde(default)]
    establishes: BTreeMap<PropertyName, String>,
    #[serde(default)]
    preserves: Preserved,
}

/// Properties, each with its condition if it has one.
#[derive(Deserialize)]
#[serde(untagged)]
enum Preserved {
    Whatever(BTreeSet<PropertyName>),
    On(BTreeMap<PropertyName, String>),
}

impl Default for Preserved {
    fn default() -> Self {
        Self::Whatever(BTreeSet::new())
    }
}

impl Preserved {
    fn each(&self) -> Vec<(&PropertyName, &str)> {
        match self {
            Self::Whatever(properties) => properties.iter().map(|property| (property, "")).collect(),
            Self::On(properties) => properties.iter().map(|(property, on)| (property, on.as_str())).collect(),
        }
    }
}

impl Template {
    /// Reads the document.
    pub(super) fn read(document: &'static str) -> Result<Self, ClaimsError> {
        read(document)
    }

    /// The claims of all ways. Where no supplier is named there are none about runs of which all is listed.
    pub(super) fn claims(self, programs: &[&str], manifests: &[Manifest]) -> Result<Claims, ClaimsError> {
        let parts: Parts = read(include_str!("parts.json"))?;
        let mut written = Claims { claims: Vec::new(), invocations: BTreeMap::new() };
        for (name, way) in self.0 {
            written.claims.extend(way.claims(&name, &parts));
            let listed =
                (!way.listed.is_empty() && !manifests.is_empty()).then(|| of_listed(&name)).transpose()?;
            written.claims.extend(listed.iter().flat_map(|listed| way.claims_of_listed(listed, &parts)));
            let invocation = way.invocation(programs, &parts, manifests)?;
            written.invocations.extend(
                listed.map(|name| (name, Invocation { unnamed: Unnamed::Listed, ..invocation.clone() })),
            );
            written.invocations.insert(name, invocation);
        }
        Ok(written)
    }
}

impl Way {
    fn claims(&self, name: &Role, parts: &Parts) -> Vec<Claim> {
        let claim = |property, effect, lowest_capture, condition: &str| {
            self.claim((property, effect, lowest_capture), name, condition, parts)
        };
        let anyhow = self
            .establishes
            .iter()
            .map(|(property, condition)| claim(property, Effect::Establishes, None, condition));
        let (traced, level) = (&self.traced, Some(CaptureLevel::Traced));
        let established = traced
            .establishes
            .iter()
            .map(|(property, condition)| claim(property, Effect::Establishes, level, condition));
        let preserved = traced.preserves.each();
        let preserved =
            preserved.into_iter().map(|(property, on)| claim(property, Effect::Preserves, level, on));
        anyhow.chain(established).chain(preserved).collect()
    }

    fn claims_of_listed<'a>(&'a self, name: &'a Role, parts: &'a Parts) -> impl Iterator<Item = Claim> + 'a {
        let what = |property| (property, Effect::Establishes, Some(CaptureLevel::Traced));
        self.listed.iter().map(move |(property, on)| self.claim(what(property), name, on, parts))
    }

    fn claim(
        &self,
        (property, effect, lowest_capture): (&PropertyName, Effect, Option<CaptureLevel>),
        name: &Role,
        condition: &str,
        parts: &Parts,
    ) -> Claim {
        let written = |text: &str| written_out(text, &parts.conditions);
        Claim {
            property: ClaimedProperty::Named(property.clone()),
            effect,
            invocation: name.clone(),
            output: Role::code(),
            lowest_capture,
            condition: both(&written(&self.when), &written(condition)),
        }
    }

    fn invocation(
        self,
        programs: &[&str],
        parts: &Parts,
        manifests: &[Manifest],
    ) -> Result<Invocation, ClaimsError> {
        let mut options = self.options;
        for name in &self.with {
            let part = parts.options.get(name).ok_or_else(|| malformed(format!("no part `{name}`")))?;
            options.extend(part.iter().map(|(name, option)| (name.clone(), option.clone())));
        }
        let line = || CommandLine {
            first: self.first,
            options,
            positional: self.positional,
            rest: self.rest,
            options_after_positional: self.options_after_positional,
        };
        let mut environment = parts.environment.clone();
        for name in &self.within {
            let set =
                parts.environments.get(name).ok_or_else(|| malformed(format!("no surroundings `{name}`")))?;
            environment.extend(set.iter().map(|(name, rule)| (name.clone(), rule.clone())));
        }
        environment.extend(self.environment);
        Ok(Invocation {
            program: programs.iter().map(|&program| program.to_owned()).collect(),
            arguments: self.sequence.map_or_else(|| Arguments::CommandLine(line()), Arguments::Sequence),
            environment,
            settings: BTreeMap::new(),
            outputs: self.outputs,
            unnamed: Unnamed::Code,
            exit_status: vec![0],
            manifests: manifests.to_vec(),
            generates: false,
        })
    }
}

/// What a way is called where suppliers list what is read in it.
fn of_listed(name: &Role) -> Result<Role, ClaimsError> {
    Role::parse(&format!("{name}-of-listed")).map_err(|error| malformed(error.to_string()))
}

fn read<T: DeserializeOwned>(document: &'static str) -> Result<T, ClaimsError> {
    json::typed(json::strict(document.as_bytes())?).map_err(|error| malformed(error.to_string()))
}

const fn malformed(detail: String) -> ClaimsError {
    ClaimsError::Malformed { detail }
}
