//! A decision as others record one: for each principal whether its policy was met, and by which properties of the code.

use std::path::PathBuf;
use std::process::ExitCode;

use cdi_types::{ArtifactDigest, Clock, Name, PolicyDigest, StatementId, Timestamp};
use cdi_verify::Provenance;
use clap::Args;

use super::statement::Descriptor;
use super::uri::Uri;
use crate::command::verify::now;
use crate::decision::{DecisionArguments, Outcome, Walk};
use crate::escaped::escaped;
use crate::failure::{Failure, Kind};
use crate::grants::GrantArguments;
use crate::judged::Judging;
use crate::levels::{left_out, levels};
use crate::memory::StateArguments;
use crate::verdict::Word;
use crate::{embedded, terminal};

/// What is decided about, and who says so.
#[derive(Args)]
pub(super) struct Deciding {
    /// The artifact
    artifact: PathBuf,
    /// The verifier's id, by which whoever reads the record knows who decided
    #[arg(long, value_name = "URI")]
    pub(super) verifier: Uri,
    /// Who must agree
    #[arg(long, value_name = "FILE", default_value = "cdi.yaml", env = "CDI_CONFIG")]
    config: PathBuf,
    /// A bundle of evidence; may be given several times [default: ARTIFACT.intoto.jsonl]
    #[arg(long, value_name = "FILE")]
    bundle: Vec<PathBuf>,
    /// Decide for this environment: a record of what a place adds is no record of the artifact alone
    #[arg(long, value_name = "NAME", default_value = "none")]
    environment: String,
    /// Only what this principal decides; may be given several times [default: all who must agree]
    #[arg(long, value_name = "NAME", value_parser = Name::parse)]
    principal: Vec<Name>,
    /// Decide as of this time (YYYY-MM-DDTHH:MM:SSZ) [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    #[command(flatten)]
    state: StateArguments,
}

/// A decision that was made, with what each principal says.
pub(super) struct Decided {
    name: String,
    artifact: ArtifactDigest,
    pub(super) at: Timestamp,
    word: Word,
    pub(super) standings: Vec<Standing>,
    outcome: Outcome,
}

/// How one principal's policy came out.
pub(super) struct Standing {
    principal: Name,
    policy: PolicyDigest,
    pub(super) met: Met,
}

/// Whether a policy was met.
pub(super) enum Met {
    /// It was, in a decision that allowed; each thing that it asked of the code and that was shown.
    By(Vec<String>),
    /// It was not.
    Not,
}

impl Deciding {
    /// Decides as `cdi verify` does, about the artifact alone: nothing is granted to it.
    pub(super) fn decide(&self) -> Result<Decided, Failure> {
        let arguments = DecisionArguments {
            artifact: self.artifact.clone(),
            config: self.config.clone(),
            bundle: self.bundle.clone(),
            environment: self.environment.clone(),
            grants: GrantArguments { directories: Vec::new(), variables: Vec::new() },
            state: self.state.clone(),
        };
        let walk = Walk::read(&arguments, &embedded::environments()?, &[])?;
        self.known(&walk)?;
        let at = self.at.map_or_else(|| walk.memory.time(now()?), Ok)?;
        let outcome = walk.decide(Clock::at(at))?;
        if self.at.is_none() {
            walk.memory.keep(&outcome, at);
        }
        let name = self.artifact.file_name().unwrap_or(self.artifact.as_os_str());
        let (word, standings) = self.standings(&outcome);
        Ok(Decided {
            name: name.to_string_lossy().into_owned(),
            artifact: walk.artifact.digest(),
            at,
            word,
            standings,
            outcome,
        })
    }

    fn known(&self, walk: &Walk) -> Result<(), Failure> {
        let known: Vec<&str> = walk.parties.iter().map(|party| party.principal().name.as_str()).collect();
        match self.principal.iter().find(|wanted| !known.contains(&wanted.as_str())) {
            None => Ok(()),
            Some(wanted) => {
                let message = format!("`{wanted}` is no principal that must agree to this");
                Err(Failure::failed("principal-not-required", message).known(
                    "principals that must agree",
                    wanted.as_str(),
                    &known,
                ))
            }
        }
    }

    /// What can be recorded of each principal. Of one whose policy was met in a decision that refuses nothing is, since a
    /// record of it would be taken for one of the decision.
    fn standings(&self, outcome: &Outcome) -> (Word, Vec<Standing>) {
        let (word, _, judged) = Judging::of(outcome).judged();
        let findings = outcome.findings();
        let mut standings = Vec::new();
        for (judged, findings) in judged.iter().zip(findings) {
            let named = self.principal.is_empty() || self.principal.contains(&findings.principal);
            let (true, Some(policy)) = (named, findings.policy) else { continue };
            let principal = findings.principal.clone();
            let met = match (word, judged.verdict) {
                (_, Word::Deny) => Met::Not,
                (Word::Allow, Word::Allow) => match left_out(outcome, policy, !judged.excused.is_empty()) {
                    None => Met::By(levels(findings, outcome.placement())),
                    Some(why) => {
                        terminal::warning(&Failure::failed(why.0, format!("{} of `{principal}`", why.1)));
                        continue;
                    }
                },
                (Word::Deny | Word::Unknown, Word::Allow) | (_, Word::Unknown) => continue,
            };
            standings.push(Standing { principal, policy, met });
        }
        (word, standings)
    }
}

impl Standing {
    /// The policy as a resource: its document by digest, its principal by name.
    pub(super) fn policy_uri(&self) -> String {
        format!("{}policy/v1#{}", cdi_types::TYPE_PREFIX, escaped(self.principal.as_str()))
    }

    pub(super) fn policy_digest(&self) -> cdi_types::Sha256 {
        self.policy.sha256()
    }

    pub(super) fn principal(&self) -> &Name {
        &self.principal
    }
}

impl Decided {
    pub(super) fn subject(&self) -> Vec<Descriptor> {
        vec![Descriptor::artifact(Some(&self.name), self.artifact)]
    }

    pub(super) fn evidence(&self) -> Option<&Provenance> {
        self.outcome.provenance.as_ref().map(cdi_verify::Verified::get)
    }

    /// Every statement that was verified for the decision, by its id.
    pub(super) fn statements(&self) -> Vec<StatementId> {
        self.outcome.statements()
    }

    /// How the command ends when what can be recorded is written: a record of a refusal is not an allow.
    pub(super) fn end(&self) -> Result<ExitCode, Failure> {
        match self.word.refusal() {
            None => Ok(ExitCode::SUCCESS),
            Some(kind) => Err(self.refused(kind)),
        }
    }

    /// Why there is no record.
    pub(super) fn nothing(&self) -> Failure {
        match self.word.refusal() {
            Some(kind) => self.refused(kind),
            None => super::view::nothing("no policy was met by what was verified alone"),
        }
    }

    fn refused(&self, kind: Kind) -> Failure {
        let message = format!("the decision about `{}` is {}", self.name, self.word.as_str());
        Failure::new(kind, "not-allowed", message)
            .hint("`cdi verify` says what fails, and what would mend it")
    }
}
