//! What would repair each obstacle, and whose doing it is: the one place for these sentences.

use crate::coverage::Mismatch;
use crate::obstacle::{Obstacle, RuntimeFault};

/// Who can repair something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mender {
    /// Whoever runs the tools.
    Builder,
    /// Whoever puts the evidence together.
    Deployer,
    /// A vetting authority.
    Authority,
    /// The principal, whose policy it is.
    Principal,
}

impl Mender {
    /// The word for programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Builder => "builder",
            Self::Deployer => "deployer",
            Self::Authority => "authority",
            Self::Principal => "principal",
        }
    }
}

impl std::fmt::Display for Mender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Builder => "whoever builds it",
            Self::Deployer => "whoever deploys it",
            Self::Authority => "an authority",
            Self::Principal => "the principal",
        })
    }
}

/// What would repair an obstacle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remedy {
    /// Whose doing it is first of all.
    pub by: Mender,
    /// What to do, in one sentence for the person who is refused.
    pub text: String,
}

impl Obstacle {
    /// What would repair this obstacle. Others may stand behind it.
    #[must_use]
    pub fn remedy(&self) -> Remedy {
        if let Self::Invocation { mismatch, .. } = self {
            return mismatch.remedy();
        }
        let (by, text) = self.remedied();
        Remedy { by, text: text.to_owned() }
    }

    const fn remedied(&self) -> (Mender, &'static str) {
        use Mender::{Authority, Builder, Deployer};
        match self {
            Self::NoReport { .. } => (
                Deployer,
                "put the bundle that came with this very file beside it, or build it with a certified tool",
            ),
            Self::UncertifiedKey { .. } => {
                (Deployer, "add the tool's certification to the bundle, or have the tool certified")
            }
            Self::CompromisedKey { .. } => (Builder, "build again with a tool whose report key is sound"),
            Self::ForbiddenTool { .. } | Self::ForbiddenKey { .. } => {
                (Builder, "build again with a tool that the policy does not forbid")
            }
            Self::ForbiddenAuthority { .. } => {
                (Authority, "have the tool certified by another authority that the policy trusts")
            }
            Self::ForbiddenOrigin { .. } => (
                Builder,
                "build again without what this origin lists, or from what an origin lists that the policy does not forbid",
            ),
            Self::StepCondition { .. } => (
                Builder,
                "build again with a run that meets the condition; one that no run meets is the principal's to mend",
            ),
            Self::NotNamed { .. } => (
                Builder,
                "build again so that the report names this certification, or have the named one renewed",
            ),
            Self::NotClaimed { .. } => (Builder, "use a tool that is certified for this property"),
            Self::NotFound { .. } => {
                (Builder, "mend the code until the inspection finds it; `cdi inspect` shows what was found")
            }
            Self::WrongKind { .. } | Self::OutputRole { .. } => {
                (Deployer, "deploy the output that the certification is about")
            }
            Self::Executable { .. } | Self::Closure { .. } | Self::UnmeasuredLibraries { .. } => {
                (Builder, "run the certified build of the tool, or have this one certified")
            }
            Self::Recorder { .. } => (Builder, "record the run with the certified recorder"),
            Self::Custody { .. } => (Builder, "use a tool whose report key is better kept"),
            Self::Capture { .. } => (
                Builder,
                "what is preserved, and a complete history, need a tool that is its own recorder (`self`); `cdi wrap` records at `declared`",
            ),
            Self::Invocation { .. } | Self::Condition { .. } => {
                (Builder, "run the tool as its certification describes; `cdi inspect` shows both")
            }
            Self::InputLacks { .. } => (Builder, "establish the property at an earlier step"),
            Self::NoCodeInput { .. } => {
                (Builder, "use a tool that establishes the property itself, or is certified to generate code")
            }
            Self::InputNotLinked { .. } => (
                Deployer,
                "add the origin statement of the input's supplier, or the report that the run names for it if it names one; or build again with the input's bundle beside it",
            ),
            Self::InputIncomplete { .. } | Self::NoOrigin { .. } => (
                Deployer,
                "add the missing report or the origin statement of a supplier that the policy names",
            ),
            Self::Summary { .. } => (
                Deployer,
                "have the verifier verify it again as the policy asks, or add what goes back to an accepted origin",
            ),
            Self::Evidence { .. } => (
                Deployer,
                "add a statement by somebody whom the policy names for it, that says what the policy asks for, with `cdi bundle add`",
            ),
            Self::NotYetValid { .. } => {
                (Authority, "wait, or look at the clocks of the signer and of this host")
            }
            Self::Expired { .. } => (Authority, "ask the issuer to sign it again for a new period"),
            Self::Revoked { .. } => {
                (Authority, "ask the authority why, and use a tool that is certified now")
            }
            Self::ContradictoryLists { .. } => (
                Authority,
                "have another authority certify it: nothing that this one signs counts, for its key may be in two hands",
            ),
            Self::StaleLists { .. } => (
                Deployer,
                "add the newest list of every authority on the chain with `cdi bundle add`; they sign it with `cdi authority publish`",
            ),
            // Whoever made the evidence chose this authority: nobody is told to trust it for that.
            Self::UntrustedAuthority { .. } => (
                Deployer,
                "have the tool certified by an authority that the policy trusts, or add the endorsement of this one by such an authority, if there is one",
            ),
            Self::OutOfScope { .. } => (Authority, "ask an authority whose scope has the property"),
            Self::Countersignatures { .. } => (
                Authority,
                "have authorities that the policy trusts sign the report too, with `cdi authority countersign`",
            ),
            Self::Reproductions { .. } => (
                Builder,
                "have it built again from the same code, with the same tool, by another custodian whose report key the policy lists",
            ),
            Self::Runtime { why, .. } => why.remedied(),
            Self::Quorum { .. } => (
                Authority,
                "mend what keeps other certifications from counting, if anything is named here, or have the tool certified by more authorities that the policy trusts",
            ),
        }
    }
}

impl RuntimeFault {
    /// What would repair it; what is said of runs fits no runtime.
    const fn remedied(&self) -> (Mender, &'static str) {
        use Mender::{Authority, Deployer};
        match self {
            Self::Uncertified => (
                Deployer,
                "add a certification of the runtime to the bundle, use a runtime that is certified, or take its provider's word with `acceptAsserted`",
            ),
            Self::NotClaimed => (Authority, "use a runtime that is certified to supply it"),
            Self::Forbidden(_) => (Deployer, "use a runtime that the policy does not forbid"),
            Self::Closure(_) | Self::UnmeasuredLibraries => {
                (Deployer, "use the certified build of the runtime, or have this one certified")
            }
            Self::Invocation(..) => {
                (Deployer, "set the runtime up as its certification describes; `cdi inspect` shows how")
            }
        }
    }
}

impl Mismatch {
    /// What would repair this mismatch: another run, so that it is the builder's doing.
    pub(crate) fn remedy(&self) -> Remedy {
        let described = ", or have such runs certified; `cdi inspect` shows what the certification describes";
        let text = match self {
            Self::Program { .. } => format!("call the tool by a name that is certified{described}"),
            Self::ArgumentCount { expected, .. } => {
                format!("run the tool with {expected} arguments{described}")
            }
            Self::Argument { position, expected, .. } => {
                format!("run the tool with {expected} as argument {position}")
            }
            Self::UnequalValue { position, expected, .. } => {
                format!("run the tool with {expected} as the value of argument {position}")
            }
            Self::UndescribedOption { found, .. } => format!("run the tool without `{found}`{described}"),
            Self::RepeatedOption { option, .. } => format!("give the tool the option `{option}` once"),
            Self::OptionAfterPositional { option, .. } => {
                format!("give the tool the option `{option}` before all that is none")
            }
            Self::MissingOption { option } => format!("give the tool the option `{option}`{described}"),
            Self::MissingValue { option, .. } => format!("give the option `{option}` its value"),
            Self::UnknownInput { found, .. } => {
                format!("run the tool with the certified content of `{found}`{described}")
            }
            Self::UnlistedInput { found, .. } => {
                format!(
                    "add that key's origin statement that lists `{found}` as it was read, unless the policy forbids it{described}"
                )
            }
            Self::UnrecordedPath { found, direction, .. } => {
                format!("have `{found}` recorded as an {direction} of the run: `cdi wrap --{direction} FILE`")
            }
            Self::OtherEnding { found, expected, .. } => {
                format!(
                    "run the tool with a file whose name ends in {expected} in the place of `{found}`{described}"
                )
            }
            Self::NotPlainlyAPath { found, .. } => format!("write the path as `./{found}`"),
            Self::TwoRoles { path, .. } => format!("name the file `{path}` once on the command line"),
            Self::UndescribedVariable { name } => {
                format!("run the tool without the environment variable `{name}`{described}")
            }
            Self::VariableValue { name } => {
                format!("run the tool with a certified value of `{name}`, recorded as it is{described}")
            }
            Self::UndescribedSetting { name } | Self::MissingSetting { name } => {
                format!("use a build of the tool that records `{name}` as its certification describes")
            }
            Self::SettingValue { name, expected, .. } => {
                format!("run the tool with {expected} as its setting `{name}`")
            }
            Self::UnlistedRead { path } => {
                format!(
                    "run the tool so that it does not read `{path}`, or add the supplier's origin statement that lists it{described}"
                )
            }
            Self::ExitStatus { .. } => {
                "run the tool again, so that it ends as its certification describes".to_owned()
            }
        };
        Remedy { by: Mender::Builder, text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cdi_types::{ArtifactDigest, StatementId};

    /// A run need not name any report: then its input must be an origin.
    #[test]
    fn an_input_that_nothing_is_linked_to_can_be_an_origin() {
        let (report, input) = (StatementId::of(b"run"), ArtifactDigest::of(b"input"));
        let remedy = Obstacle::InputNotLinked { report, input }.remedy();
        assert!(remedy.text.starts_with("add the origin statement"), "{}", remedy.text);
    }
}
