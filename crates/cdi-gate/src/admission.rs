//! The last rung: a placement and the bytes it is about become a running program.

use std::path::PathBuf;

use cdi_placement::Placement;
use cdi_policy::{Access, PlaceOf, Request};
use cdi_types::{Artifact, ArtifactDigest, Duration, Name, Timestamp};

use crate::embedded::Embedded;
use crate::wasm::{self, EngineError, Grant, GuestExit, GuestLimits, WasiRequest, run_precompiled};

/// How long a decision may wait to be used: what it rests on can be revoked (rule G-EXPIRY).
const DECISION_LIFETIME: Duration = Duration::from_seconds(60);

/// Where on the host a directory is that a request asks for by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostDirectory {
    /// The configured name.
    pub name: Name,
    /// The folder.
    pub path: PathBuf,
}

/// Why the gate stayed shut, or the program did not come to a regular end.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// The bytes are not those that were decided about.
    #[error("the artifact is {found}, the decision is about {expected}")]
    OtherArtifact {
        /// The digest that the decision is about.
        expected: ArtifactDigest,
        /// The digest of the bytes at hand.
        found: ArtifactDigest,
    },
    /// The placement is for no environment of this gate.
    #[error("the decision is for the environment `{found}`, which this program does not have")]
    OtherEnvironment {
        /// The environment that the placement names.
        found: String,
    },
    /// The decision is too old.
    #[error("the decision is of {decided_at}, and it is {now}: decide again")]
    Expired {
        /// The time of the decision.
        decided_at: Timestamp,
        /// The time now.
        now: Timestamp,
    },
    /// A directory that was decided about is not at hand.
    #[error("the directory `{name}` was granted and is not at hand")]
    NoDirectory {
        /// Its name.
        name: Name,
    },
    /// The engine refused, or the program ended irregularly.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl GateError {
    /// The stable code of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::OtherArtifact { .. } => "gate-other-artifact",
            Self::OtherEnvironment { .. } => "gate-other-environment",
            Self::Expired { .. } => "gate-decision-expired",
            Self::NoDirectory { .. } => "gate-directory-missing",
            Self::Engine(error) => error.code(),
        }
    }
}

/// Runs the artifact as it was placed: exactly these bytes, in that environment, with the arguments, variables and
/// directories of the request that was decided about. The placement is used up: a decision opens the gate once.
///
/// Expected flow: bytes, environment and age of the decision are compared; then the engine loads the bytes; then the
/// program runs. What is refused before the engine leaves no trace.
///
/// # Errors
/// [`GateError`]; what the program put out before an irregular end stays put out.
pub fn run(
    placement: Placement,
    artifact: &Artifact,
    program: &str,
    directories: &[HostDirectory],
    limits: GuestLimits,
    now: Timestamp,
) -> Result<GuestExit, GateError> {
    let admitted = placement.admitted();
    let (expected, found) = (admitted.request().artifact, artifact.digest());
    if expected != found {
        return Err(GateError::OtherArtifact { expected, found });
    }
    let decided_at = admitted.decided_at();
    if now < decided_at || now > decided_at.after(DECISION_LIFETIME) {
        return Err(GateError::Expired { decided_at, now });
    }
    let name = placement.environment().map_or("any", |environment| environment.name.as_str());
    // What a node calls by a name of this gate is another machine's.
    if placement.environment().is_some_and(|environment| environment.of != PlaceOf::Decider) {
        return Err(GateError::OtherEnvironment { found: name.escape_debug().to_string() });
    }
    let environment = Embedded::named(name)
        .ok_or_else(|| GateError::OtherEnvironment { found: name.escape_debug().to_string() })?;
    let request = granted(admitted.request(), program, directories)?;
    Ok(run_precompiled(artifact.bytes(), environment.profile(), &request, limits)?)
}

/// What the program is given: what was decided about, and nothing beside it.
fn granted(
    request: &Request,
    program: &str,
    directories: &[HostDirectory],
) -> Result<WasiRequest, GateError> {
    let grants = request.directories.iter().map(|wanted| {
        let at_hand = directories.iter().find(|directory| directory.name == wanted.name);
        let directory = at_hand.ok_or_else(|| GateError::NoDirectory { name: wanted.name.clone() })?;
        let access = match wanted.access {
            Access::Read => wasm::Access::Read,
            Access::ReadWrite => wasm::Access::ReadWrite,
        };
        Ok(Grant { host: directory.path.clone(), guest: format!("/{}", wanted.name), access })
    });
    Ok(WasiRequest {
        arguments: std::iter::once(program.to_owned()).chain(request.arguments.iter().cloned()).collect(),
        environment: request.environment.clone(),
        directories: grants.collect::<Result<_, GateError>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use cdi_placement::{Environment, place};
    use cdi_policy::{Case, Catalogues, Decision, InForce, Policy, decide};

    const DECIDED: u64 = 1_000_000;
    const BYTES: &[u8] = b"no module at all";

    /// A decision about [`BYTES`], by somebody who accepts everything, placed in this environment.
    fn placement(environment: &str) -> Placement {
        placement_of(environment, PlaceOf::Decider)
    }

    /// The same, in an environment of somebody.
    fn placement_of(environment: &str, of: PlaceOf) -> Placement {
        let catalogues = Catalogues::builtin().unwrap();
        let text = "apiVersion: code-deployment-integrity.io/v1\nkind: Policy\nmetadata: {name: p}\n\
                    spec: {principal: p, rule: accept-all}\n";
        let policy = InForce::unsigned(Policy::load(text.as_bytes(), &catalogues).unwrap());
        let case = Case::of(&policy, None);
        let request = Request::bare(ArtifactDigest::of(BYTES));
        let decision = decide(request, &[case], Timestamp::from_unix(DECIDED));
        let Decision::Allow(admitted) = decision else { panic!("`accept-all` accepts") };
        let (name, asserted_by) = (environment.to_owned(), Name::parse("p").unwrap());
        place(admitted, Some(Environment { name, provides: Vec::new(), asserted_by, of, runtime: None }))
            .unwrap()
    }

    /// With what code the gate refuses; none of these bytes is ever a program.
    fn refusal(environment: &str, bytes: &[u8], now: u64) -> &'static str {
        let artifact = Artifact::new(bytes.to_vec());
        let limits = GuestLimits { memory_bytes: 1 << 20, time: std::time::Duration::from_secs(60) };
        let now = Timestamp::from_unix(now);
        run(placement(environment), &artifact, "program", &[], limits, now).unwrap_err().code()
    }

    #[test]
    fn other_bytes_than_those_that_were_decided_about_are_refused() {
        assert_eq!(refusal("embedded", b"other bytes", DECIDED), "gate-other-artifact");
        assert_ne!(refusal("embedded", BYTES, DECIDED), "gate-other-artifact");
    }

    #[test]
    fn a_decision_for_a_node_is_void_here_whatever_the_node_calls_it() {
        let artifact = Artifact::new(BYTES.to_vec());
        let limits = GuestLimits { memory_bytes: 1 << 20, time: std::time::Duration::from_secs(60) };
        let node = PlaceOf::Fleet(cdi_types::KeyId::of(b"a node's key"));
        let placed = |of| placement_of("embedded", of);
        let code = |of| {
            let now = Timestamp::from_unix(DECIDED);
            run(placed(of), &artifact, "program", &[], limits, now).unwrap_err().code()
        };
        assert_eq!(code(node), "gate-other-environment");
        assert_ne!(code(PlaceOf::Decider), "gate-other-environment");
    }

    #[test]
    fn a_decision_is_used_within_a_minute_and_not_before_it_was_made() {
        assert_eq!(refusal("embedded", BYTES, DECIDED + 61), "gate-decision-expired");
        assert_eq!(refusal("embedded", BYTES, DECIDED - 1), "gate-decision-expired");
        assert_ne!(refusal("embedded", BYTES, DECIDED + 60), "gate-decision-expired");
    }

    #[test]
    fn an_environment_of_somebody_else_is_refused() {
        assert_eq!(refusal("another", BYTES, DECIDED), "gate-other-environment");
    }
}
