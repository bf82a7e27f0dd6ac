//! What a program is given to run with: directories and environment variables (rule P-GRANT), memory and time. What a request asks for and
//! a policy does not allow is refused, not dropped.

use cdi_types::{ArtifactDigest, Duration, Name};
use serde::Deserialize;

/// What may be done with a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// Read.
    Read,
    /// Read and write.
    ReadWrite,
}

impl Access {
    /// The access in a word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::ReadWrite => "read-write",
        }
    }
}

/// A directory that a request asks for, by the name that the configuration gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestedDirectory {
    /// The configured name.
    pub name: Name,
    /// What for.
    pub access: Access,
}

/// How much a program may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RunLimits {
    /// Linear memory, in bytes.
    pub memory_bytes: u64,
    /// Wall-clock time.
    pub time: Duration,
}

impl RunLimits {
    /// What a program may use where nobody has said anything else (rules G-MEMORY, G-TIME).
    pub const USUAL: Self = Self { memory_bytes: 256 << 20, time: Duration::from_seconds(60) };
}

/// What is to be run, and what it is to be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The artifact, by the digest of its bytes.
    pub artifact: ArtifactDigest,
    /// The program's arguments.
    pub arguments: Vec<String>,
    /// The directories.
    pub directories: Vec<RequestedDirectory>,
    /// The environment variables.
    pub environment: Vec<(String, String)>,
    /// What the program may use up.
    pub limits: RunLimits,
}

impl Request {
    /// A request that gives the program nothing, and lets it use what is usual.
    #[must_use]
    pub const fn bare(artifact: ArtifactDigest) -> Self {
        Self {
            artifact,
            arguments: Vec::new(),
            directories: Vec::new(),
            environment: Vec::new(),
            limits: RunLimits::USUAL,
        }
    }
}

/// What a policy allows to be given. Left out of a policy it allows nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GrantRules {
    /// Directories, by their configured names.
    #[serde(default)]
    pub directories: Vec<DirectoryGrant>,
    /// Variables, by their names.
    #[serde(default)]
    pub environment: Vec<String>,
}

/// A directory that a policy allows.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DirectoryGrant {
    /// The configured name.
    pub name: Name,
    /// The most that it may be given for.
    pub access: Access,
}

impl GrantRules {
    /// Everything in the request that these rules do not allow, in words.
    #[must_use]
    pub fn refused(&self, request: &Request) -> Vec<String> {
        let allows = |wanted: &RequestedDirectory| {
            self.directories.iter().any(|grant| grant.name == wanted.name && wanted.access <= grant.access)
        };
        let directories = request.directories.iter().filter(|wanted| !allows(wanted));
        let directories =
            directories.map(|wanted| format!("directory `{}` to {}", wanted.name, wanted.access.as_str()));
        let variables = request.environment.iter().filter(|(name, _)| !self.environment.contains(name));
        directories
            .chain(variables.map(|(name, _)| format!("environment variable `{}`", name.escape_debug())))
            .collect()
    }

    /// Everything that these rules allow, in words.
    #[must_use]
    pub fn granted(&self) -> String {
        let directories =
            self.directories.iter().map(|grant| format!("`{}` to {}", grant.name, grant.access.as_str()));
        let variables = self.environment.iter().map(|name| format!("`{}`", name.escape_debug()));
        let granted: Vec<String> = directories.chain(variables).collect();
        if granted.is_empty() { "nothing".to_owned() } else { granted.join(", ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(access: Access, variable: &str) -> Request {
        let mut request = Request::bare(ArtifactDigest::of(b"artifact"));
        request.directories.push(RequestedDirectory { name: Name::parse("data").unwrap(), access });
        request.environment.push((variable.to_owned(), "x".to_owned()));
        request
    }

    #[test]
    fn what_no_rule_allows_is_refused() {
        let rules = |access| GrantRules {
            directories: vec![DirectoryGrant { name: Name::parse("data").unwrap(), access }],
            environment: vec!["LANG".to_owned()],
        };
        assert!(rules(Access::ReadWrite).refused(&asking(Access::Read, "LANG")).is_empty());
        assert!(rules(Access::Read).refused(&asking(Access::Read, "LANG")).is_empty());
        let more = rules(Access::Read).refused(&asking(Access::ReadWrite, "PATH"));
        assert_eq!(more, ["directory `data` to read-write", "environment variable `PATH`"]);
        assert_eq!(GrantRules::default().refused(&asking(Access::Read, "LANG")).len(), 2);
    }
}
