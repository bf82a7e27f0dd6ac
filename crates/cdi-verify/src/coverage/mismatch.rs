//! What a run has that an invocation does not describe: each with a code of its own.

use cdi_types::{KeyId, OriginKind, RecordedPath, Role};

/// The first thing about a run that an invocation does not describe.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// Argument zero ends in another name.
    #[error("the program was called as `{found}`")]
    Program {
        /// Argument zero.
        found: String,
    },
    /// More or fewer arguments.
    #[error("{found} arguments, expected {expected}")]
    ArgumentCount {
        /// How many the invocation describes.
        expected: usize,
        /// How many the run had.
        found: usize,
    },
    /// An argument of another text.
    #[error("argument {position} is `{found}`, expected {expected}")]
    Argument {
        /// Its position, from 1.
        position: usize,
        /// The argument.
        found: String,
        /// What the invocation describes.
        expected: String,
    },
    /// A value that must be what is made of other options' values, and is something else.
    #[error("argument {position} has the value `{found}`, expected {expected}")]
    UnequalValue {
        /// Its position, from 1.
        position: usize,
        /// The value.
        found: String,
        /// What is made of the others.
        expected: String,
    },
    /// An option that the invocation does not describe.
    #[error("argument {position}, `{found}`, is an option that is not described")]
    UndescribedOption {
        /// Its position, from 1.
        position: usize,
        /// The argument.
        found: String,
    },
    /// An option once more than it may be there.
    #[error("argument {position} is the option `{option}` once more")]
    RepeatedOption {
        /// Its position, from 1.
        position: usize,
        /// The option's name.
        option: String,
    },
    /// An option after a positional argument, which the tool may read otherwise or not at all.
    #[error("argument {position} is the option `{option}`, after an argument that is none")]
    OptionAfterPositional {
        /// Its position, from 1.
        position: usize,
        /// The option's name.
        option: String,
    },
    /// An option that must be there and is not.
    #[error("the option `{option}` is not there")]
    MissingOption {
        /// The option's name.
        option: String,
    },
    /// An option whose value would be the next argument, of which there is none.
    #[error("argument {position} is the option `{option}` without its value")]
    MissingValue {
        /// Its position, from 1.
        position: usize,
        /// The option's name.
        option: String,
    },
    /// An input whose content the authority does not know.
    #[error("argument {position}, `{found}`, names an input whose content is not listed")]
    UnknownInput {
        /// Its position, from 1.
        position: usize,
        /// The argument.
        found: String,
    },
    /// A path argument that names no recorded input or output.
    #[error("argument {position}, `{found}`, names no recorded {direction}")]
    UnrecordedPath {
        /// Its position, from 1.
        position: usize,
        /// The argument.
        found: String,
        /// `input` or `output`.
        direction: &'static str,
    },
    /// A path argument that a tool could take for an option, a response file, a setting or an address.
    #[error(
        "argument {position}, `{found}`, could be read as something other than the {direction}'s path; `./` before it makes it one"
    )]
    NotPlainlyAPath {
        /// Its position, from 1.
        position: usize,
        /// The argument.
        found: String,
        /// `input` or `output`.
        direction: &'static str,
    },
    /// A file whose name ends otherwise: tools go by that.
    #[error("argument {position}, `{found}`, names a file that does not end in {expected}")]
    OtherEnding {
        /// Its position, from 1.
        position: usize,
        /// The argument.
        found: String,
        /// What it may end in.
        expected: String,
    },
    /// An input that no origin statement of the manifest's signer and kind lists.
    #[error(
        "the input `{found}` of argument {position} is listed by no origin of the kind `{}` by the key {key}", kind.as_str()
    )]
    UnlistedInput {
        /// The argument's position, from 1.
        position: usize,
        /// The argument.
        found: String,
        /// The signer.
        key: KeyId,
        /// The kind.
        kind: OriginKind,
    },
    /// One file gets two roles.
    #[error("`{path}` has both the role `{one}` and the role `{other}`")]
    TwoRoles {
        /// The file.
        path: RecordedPath,
        /// A role.
        one: Role,
        /// Another role.
        other: Role,
    },
    /// A variable that the invocation does not describe.
    #[error("the environment variable `{name}` is not described")]
    UndescribedVariable {
        /// Its name.
        name: String,
    },
    /// A variable of another value, or one that is recorded as a commitment only.
    #[error("the environment variable `{name}` has a value that is not listed")]
    VariableValue {
        /// Its name.
        name: String,
    },
    /// A setting that the invocation does not describe.
    #[error("the setting `{name}` is not described")]
    UndescribedSetting {
        /// Its name.
        name: String,
    },
    /// A setting that the run did not record.
    #[error("the setting `{name}` is not recorded")]
    MissingSetting {
        /// Its name.
        name: String,
    },
    /// A setting of another value.
    #[error("the setting `{name}` is `{found}`, expected {expected}")]
    SettingValue {
        /// Its name.
        name: String,
        /// Its value.
        found: String,
        /// What the invocation describes.
        expected: String,
    },
    /// An input that no argument names and no manifest lists, where each has to be one of these.
    #[error("`{path}` was read, which no argument names and no manifest lists")]
    UnlistedRead {
        /// The file.
        path: RecordedPath,
    },
    /// A run that ended in another way.
    #[error("the run ended with {found}")]
    ExitStatus {
        /// How.
        found: String,
    },
}

impl Mismatch {
    /// The stable code of this mismatch.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Program { .. } => "invocation-program",
            Self::ArgumentCount { .. }
            | Self::Argument { .. }
            | Self::UnequalValue { .. }
            | Self::MissingValue { .. } => "invocation-arguments",
            Self::UndescribedOption { .. } => "invocation-option",
            Self::RepeatedOption { .. } => "invocation-option-repeated",
            Self::OptionAfterPositional { .. } => "invocation-option-position",
            Self::MissingOption { .. } => "invocation-option-missing",
            Self::UnknownInput { .. } => "invocation-input",
            Self::UnlistedInput { .. } | Self::UnlistedRead { .. } => "invocation-manifest",
            Self::UnrecordedPath { .. } | Self::NotPlainlyAPath { .. } | Self::OtherEnding { .. } => {
                "invocation-path"
            }
            Self::TwoRoles { .. } => "invocation-roles",
            Self::UndescribedVariable { .. } | Self::VariableValue { .. } => "invocation-environment",
            Self::UndescribedSetting { .. } | Self::MissingSetting { .. } | Self::SettingValue { .. } => {
                "invocation-settings"
            }
            Self::ExitStatus { .. } => "invocation-exit-status",
        }
    }
}

impl Mismatch {
    /// How far the comparison came before this: of several invocations the one that came furthest was meant. The
    /// greatest number is for a run that is as described.
    pub(crate) const fn progress(&self) -> usize {
        match self {
            Self::Program { .. } => 0,
            Self::ExitStatus { .. } => 1,
            Self::Argument { position, .. }
            | Self::UndescribedOption { position, .. }
            | Self::RepeatedOption { position, .. }
            | Self::OptionAfterPositional { position, .. }
            | Self::MissingValue { position, .. }
            | Self::UnknownInput { position, .. }
            | Self::UnlistedInput { position, .. }
            | Self::UnrecordedPath { position, .. }
            | Self::NotPlainlyAPath { position, .. }
            | Self::OtherEnding { position, .. } => 2_usize.saturating_add(*position),
            Self::ArgumentCount { .. }
            | Self::MissingOption { .. }
            | Self::UnequalValue { .. }
            | Self::TwoRoles { .. } => usize::MAX - 4,
            Self::UndescribedVariable { .. } | Self::VariableValue { .. } => usize::MAX - 3,
            Self::UndescribedSetting { .. } | Self::MissingSetting { .. } | Self::SettingValue { .. } => {
                usize::MAX - 2
            }
            Self::UnlistedRead { .. } => usize::MAX - 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_compared_from_its_program_to_what_it_read() {
        let named = || "x".to_owned();
        let argument = |position| Mismatch::UndescribedOption { position, found: named() };
        let in_order = [
            Mismatch::Program { found: named() },
            Mismatch::ExitStatus { found: named() },
            argument(1),
            argument(2),
            Mismatch::MissingOption { option: named() },
            Mismatch::UndescribedVariable { name: named() },
            Mismatch::MissingSetting { name: named() },
            Mismatch::UnlistedRead { path: RecordedPath::normalise("x").unwrap() },
        ];
        assert!(in_order.is_sorted_by(|one, next| one.progress() < next.progress()));
    }
}
