//! A vector in the making: one world, one fault, one expectation that a person wrote down.

use super::file::{Expected, Vector};
use crate::scenario::{Scenario, Verdict};

/// A vector in the making.
#[derive(Debug, Clone)]
pub struct Case {
    pub(crate) path: String,
    attack: &'static str,
    rule: &'static str,
    title: String,
    sibling: String,
    world: Scenario,
    expected: Expected,
}

impl Case {
    fn new(path: &str, attack: &'static str, rule: &'static str, title: &str, world: Scenario) -> Self {
        let expected = Expected {
            verdict: Verdict::Allow,
            principal: String::new(),
            code: String::new(),
            discarded: Vec::new(),
            excused: Vec::new(),
        };
        let (path, title) = (path.to_owned(), title.to_owned());
        Self { path, attack, rule, title, sibling: String::new(), world, expected }
    }

    fn refused(mut self, verdict: Verdict, principal: &str, code: &str) -> Self {
        self.expected.verdict = verdict;
        principal.clone_into(&mut self.expected.principal);
        code.clone_into(&mut self.expected.code);
        let topic = self.path.split('/').next().unwrap_or_default();
        self.sibling = format!("{topic}/control");
        self
    }

    /// A world that must be allowed.
    #[must_use]
    pub fn allow(path: &str, attack: &'static str, rule: &'static str, title: &str, world: Scenario) -> Self {
        Self::new(path, attack, rule, title, world)
    }

    /// A world that the cloud provider must deny with this code.
    #[must_use]
    pub fn deny(
        path: &str,
        attack: &'static str,
        rule: &'static str,
        title: &str,
        world: Scenario,
        code: &str,
    ) -> Self {
        Self::new(path, attack, rule, title, world).refused(Verdict::Deny, "cloud-provider", code)
    }

    /// A world in which the cloud provider cannot tell.
    #[must_use]
    pub fn unknown(
        path: &str,
        attack: &'static str,
        rule: &'static str,
        title: &str,
        world: Scenario,
        code: &str,
    ) -> Self {
        Self::new(path, attack, rule, title, world).refused(Verdict::Unknown, "cloud-provider", code)
    }

    /// A world with a policy that cannot be used.
    #[must_use]
    pub fn load_error(
        path: &str,
        attack: &'static str,
        rule: &'static str,
        title: &str,
        world: Scenario,
        code: &str,
    ) -> Self {
        Self::new(path, attack, rule, title, world).refused(Verdict::LoadError, "", code)
    }

    /// Another principal than the cloud provider is the first to refuse.
    #[must_use]
    pub fn by(mut self, principal: &str) -> Self {
        principal.clone_into(&mut self.expected.principal);
        self
    }

    /// The codes of the lines that are discarded, in their order.
    #[must_use]
    pub fn discards(mut self, codes: &[&str]) -> Self {
        self.expected.discarded = codes.iter().map(|&code| code.to_owned()).collect();
        self
    }

    /// The codes of the failures that are excused, principal by principal.
    #[must_use]
    pub fn excuses(mut self, codes: &[&str]) -> Self {
        self.expected.excused = codes.iter().map(|&code| code.to_owned()).collect();
        self
    }

    /// The passing vector from which this one differs by its fault.
    #[must_use]
    pub fn beside(mut self, sibling: &str) -> Self {
        sibling.clone_into(&mut self.sibling);
        self
    }

    /// The world that is decided about.
    #[must_use]
    pub const fn world(&self) -> &Scenario {
        &self.world
    }

    /// What a decider must say.
    #[must_use]
    pub const fn expected(&self) -> &Expected {
        &self.expected
    }

    pub(crate) fn vector(self) -> Vector {
        Vector {
            attack: self.attack.to_owned(),
            rule: self.rule.to_owned(),
            title: self.title,
            sibling: self.sibling,
            ..Vector::of(&self.world, self.expected)
        }
    }
}
