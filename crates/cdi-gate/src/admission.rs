//! The last rung: a placement and the bytes it is about become a running program.

use std::path::PathBuf;

use cdi_placement::Placement;
use cdi_policy::{Access, PlaceOf, Request, RunLimits};
use cdi_types::{Artifact, ArtifactDigest, Duration, FileDigest, Name, Runtime, Timestamp};

use crate::driver::{AtHand, Driver, StartError};
use crate::wasm::{self, Grant, GuestExit, GuestLimits, WasiRequest};

/// How long a decision may wait to be used: what it rests on can be revoked (rule G-EXPIRY).
pub const DECISION_LIFETIME: Duration = Duration::from_seconds(60);

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
    /// The runtime at hand is not the one that was decided about.
    #[error("the runtime of `{environment}` is another than the one that was decided about: {what} differs")]
    OtherRuntime {
        /// The environment.
        environment: String,
        /// What of it.
        what: &'static str,
    },
    /// The decision says nothing of the runtime.
    #[error("the decision does not say by which runtime of `{environment}` it is to be run")]
    RuntimeUnmeasured {
        /// The environment.
        environment: String,
    },
    /// The environment is not here.
    #[error("the environment `{environment}` is not available here: {reason}")]
    Unavailable {
        /// The environment.
        environment: String,
        /// Why not.
        reason: String,
    },
    /// The environment did not run it, or the program ended irregularly.
    #[error(transparent)]
    Start(#[from] StartError),
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
            Self::OtherRuntime { .. } => "gate-other-runtime",
            Self::RuntimeUnmeasured { .. } => "gate-runtime-unmeasured",
            Self::Unavailable { .. } => "environment-unavailable",
            Self::Start(error) => error.code(),
        }
    }
}

/// What is brought to the gate beside the placement.
#[derive(Debug, Clone, Copy)]
pub struct Delivery<'a> {
    /// The artifact.
    pub artifact: &'a Artifact,
    /// Argument zero.
    pub program: &'a str,
    /// Where the directories are that a request can ask for.
    pub directories: &'a [HostDirectory],
    /// The time now.
    pub now: Timestamp,
}

/// Runs the artifact as it was placed: exactly these bytes, in that environment under that runtime, with the arguments,
/// variables, directories and limits of the request that was decided about. The placement is used up: a decision opens the gate once.
///
/// Expected flow: bytes, age, environment and runtime are compared with the decision; then the driver runs the program.
/// What is refused before that leaves no trace.
///
/// # Errors
/// [`GateError`]; what the program put out before an irregular end stays put out.
pub fn run(placement: Placement, drivers: &[Driver], delivery: Delivery<'_>) -> Result<GuestExit, GateError> {
    let Delivery { artifact, program, directories, now } = delivery;
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
    let driver = Driver::named(drivers, name)
        .ok_or_else(|| GateError::OtherEnvironment { found: name.escape_debug().to_string() })?;
    let at_hand = driver.at_hand();
    let at_hand =
        at_hand.map_err(|reason| GateError::Unavailable { environment: name.to_owned(), reason })?;
    let decided = placement.environment().and_then(|environment| environment.runtime.as_deref());
    same_runtime(driver, &at_hand, decided)?;
    let request = granted(admitted.request(), program, directories)?;
    let limits = up_to(admitted.request().limits);
    Ok(driver.start(&at_hand, artifact.bytes(), &request, limits)?)
}

/// What the program may use up: what was decided about (rules G-MEMORY, G-TIME).
const fn up_to(decided: RunLimits) -> GuestLimits {
    let RunLimits { memory_bytes, time } = decided;
    GuestLimits { memory_bytes, time: std::time::Duration::from_secs(time.seconds()) }
}

/// Holds if the runtime at hand is the one that was decided about (rule G-RUNTIME). Of this program, which runs already, a
/// decision need not speak; of another it must.
fn same_runtime(driver: &Driver, at_hand: &AtHand, decided: Option<&Runtime>) -> Result<(), GateError> {
    let environment = || driver.name().to_owned();
    let other = |what| Err(GateError::OtherRuntime { environment: environment(), what });
    match (at_hand, decided) {
        (AtHand::ThisProgram, None) => Ok(()),
        (AtHand::Container(_) | AtHand::External(_), None) => {
            Err(GateError::RuntimeUnmeasured { environment: environment() })
        }
        (AtHand::ThisProgram, Some(decided)) if decided.settings != driver.settings() => {
            other("its settings")
        }
        // The kernel's own link leads to the file that runs, whatever its path leads to by now.
        (AtHand::ThisProgram, Some(decided)) => match std::fs::read("/proc/self/exe") {
            Ok(bytes) if FileDigest::of(&bytes) == decided.executable => Ok(()),
            Ok(_) => other("its executable"),
            Err(_) => other("its executable, which cannot be read,"),
        },
        (AtHand::Container(_) | AtHand::External(_), Some(decided)) => match driver.runtime(at_hand) {
            Some(found) if found == *decided => Ok(()),
            Some(found) if found.settings != decided.settings => other("its settings"),
            Some(found) if found.executable != decided.executable => other("its executable"),
            Some(found) if found.libraries != decided.libraries => other("one of its libraries"),
            Some(_) | None => other("how it is set up"),
        },
    }
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
    use cdi_policy::{Case, Catalogues, Configuration, Decision, InForce, Policy, decide};

    const DECIDED: u64 = 1_000_000;
    const BYTES: &[u8] = b"no module at all";

    /// A decision about [`BYTES`], by somebody who accepts everything, placed in this environment.
    fn placement(environment: &str) -> Placement {
        made(environment, PlaceOf::Decider, None)
    }

    /// The same, in an environment of somebody.
    fn placement_of(environment: &str, of: PlaceOf) -> Placement {
        made(environment, of, None)
    }

    fn placement_under(environment: &str, runtime: Option<Runtime>) -> Placement {
        made(environment, PlaceOf::Decider, runtime)
    }

    fn made(environment: &str, of: PlaceOf, runtime: Option<Runtime>) -> Placement {
        placed(Request::bare(ArtifactDigest::of(BYTES)), environment, of, runtime)
    }

    fn placed(request: Request, environment: &str, of: PlaceOf, runtime: Option<Runtime>) -> Placement {
        let catalogues = Catalogues::builtin().unwrap();
        let text = "apiVersion: code-deployment-integrity.io/v1\nkind: Policy\nmetadata: {name: p}\n\
                    spec: {principal: p, rule: accept-all}\n";
        let policy = InForce::unsigned(Policy::load(text.as_bytes(), &catalogues).unwrap());
        let case = Case::of(&policy, None);
        let decision = decide(request, &[case], Timestamp::from_unix(DECIDED));
        let Decision::Allow(admitted) = decision else { panic!("`accept-all` accepts") };
        let (name, asserted_by) = (environment.to_owned(), Name::parse("p").unwrap());
        let runtime = runtime.map(std::sync::Arc::new);
        place(admitted, Some(Environment { name, provides: Vec::new(), asserted_by, of, runtime })).unwrap()
    }

    /// With what code the gate refuses; none of these bytes is ever a program.
    fn refusal(environment: &str, bytes: &[u8], now: u64) -> &'static str {
        let artifact = Artifact::new(bytes.to_vec());
        let now = Timestamp::from_unix(now);
        let delivery = Delivery { artifact: &artifact, program: "program", directories: &[], now };
        run(placement(environment), &Driver::all(), delivery).unwrap_err().code()
    }

    #[test]
    fn other_bytes_than_those_that_were_decided_about_are_refused() {
        assert_eq!(refusal("embedded", b"other bytes", DECIDED), "gate-other-artifact");
        assert_ne!(refusal("embedded", BYTES, DECIDED), "gate-other-artifact");
    }

    #[test]
    fn a_decision_for_a_node_is_void_here_whatever_the_node_calls_it() {
        let artifact = Artifact::new(BYTES.to_vec());
        let node = PlaceOf::Fleet(cdi_types::KeyId::of(b"a node's key"));
        let placed = |of| placement_of("embedded", of);
        let code = |of| {
            let now = Timestamp::from_unix(DECIDED);
            let delivery = Delivery { artifact: &artifact, program: "program", directories: &[], now };
            run(placed(of), &Driver::all(), delivery).unwrap_err().code()
        };
        assert_eq!(code(node), "gate-other-environment");
        assert_ne!(code(PlaceOf::Decider), "gate-other-environment");
    }

    /// What a program may use up belongs to what was decided: nobody brings other limits to the gate.
    #[test]
    fn the_limits_are_those_that_were_decided_about() {
        let artifact = Artifact::new(crate::native::sample::spinning(u64::MAX));
        let limits = RunLimits { time: Duration::from_seconds(1), ..RunLimits::USUAL };
        let request = Request { limits, ..Request::bare(artifact.digest()) };
        let now = Timestamp::from_unix(DECIDED);
        let delivery = Delivery { artifact: &artifact, program: "program", directories: &[], now };
        let ended =
            run(placed(request, "process", PlaceOf::Decider, None), &Driver::all(), delivery).unwrap_err();
        assert_eq!(ended.code(), "time-limit-exceeded");
    }

    #[test]
    fn a_decision_is_used_within_a_minute_and_not_before_it_was_made() {
        assert_eq!(refusal("embedded", BYTES, DECIDED + 61), "gate-decision-expired");
        assert_eq!(refusal("embedded", BYTES, DECIDED - 1), "gate-decision-expired");
        assert_ne!(refusal("embedded", BYTES, DECIDED + 60), "gate-decision-expired");
    }

    /// A runtime with this executable, set up as an environment of this gate is.
    fn runtime(environment: &str, executable: FileDigest) -> Runtime {
        let drivers = Driver::all();
        let driver = Driver::named(&drivers, environment).unwrap();
        Runtime {
            executable,
            libraries: cdi_types::Libraries::Unmeasured,
            program: driver.program().to_owned(),
            arguments: Vec::new(),
            environment: std::collections::BTreeMap::new(),
            settings: driver.settings(),
        }
    }

    fn refusal_under(environment: &str, runtime: Option<Runtime>) -> &'static str {
        let artifact = Artifact::new(BYTES.to_vec());
        let now = Timestamp::from_unix(DECIDED);
        let delivery = Delivery { artifact: &artifact, program: "program", directories: &[], now };
        let placement = placement_under(environment, runtime);
        run(placement, &Driver::all(), delivery).unwrap_err().code()
    }

    /// A-GAT-12: what was decided of one runtime opens the gate to no other.
    #[test]
    fn a_runtime_that_was_not_decided_about_is_refused() {
        let own = FileDigest::of(&std::fs::read("/proc/self/exe").unwrap());
        let other = FileDigest::of(b"another executable");
        for environment in ["embedded", "confined", "process"] {
            assert_eq!(refusal_under(environment, Some(runtime(environment, other))), "gate-other-runtime");
            let fits = refusal_under(environment, Some(runtime(environment, own)));
            assert!(fits == "artifact-kind" || fits == "not-a-precompiled-module", "{environment}: {fits}");
        }
        let of_another = runtime("embedded-software-checks", own);
        assert_eq!(refusal_under("embedded", Some(of_another)), "gate-other-runtime");
    }

    #[test]
    fn a_runtime_of_containers_is_executed_only_as_it_was_decided_about() {
        for driver in Driver::all().iter().filter(|driver| driver.run_by() == crate::RunBy::Executable) {
            let environment = driver.name();
            let measured = match driver.measure() {
                Ok(measured) => measured.unwrap(),
                Err(reason) => {
                    let wanted = std::env::var_os("CDI_TEST_ENVIRONMENTS").is_some();
                    assert!(!wanted, "`{environment}` is not here, and tests were told that it is: {reason}");
                    eprintln!("skipped: `{environment}`: {reason}");
                    continue;
                }
            };
            assert_eq!(refusal_under(environment, None), "gate-runtime-unmeasured");
            let other = Runtime { executable: FileDigest::of(b"another"), ..measured.clone() };
            assert_eq!(refusal_under(environment, Some(other)), "gate-other-runtime");
            let other = Runtime { libraries: cdi_types::Libraries::Unmeasured, ..measured.clone() };
            assert_eq!(refusal_under(environment, Some(other)), "gate-other-runtime");
            assert_eq!(refusal_under(environment, Some(measured)), "artifact-kind");
        }
    }

    #[test]
    fn what_of_a_runtime_differs_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("runtime");
        std::fs::write(&path, crate::native::sample::spinning(1)).unwrap();
        let text = format!(
            "apiVersion: code-deployment-integrity.io/v1\nkind: Configuration\nmetadata: {{name: host}}\nspec:\n  host: p\n  \
             principals: [{{name: p, policy: p.yaml, required: always}}]\n  environments: [{{name: probe, provides: [], runtime: \
             {{program: {}, arguments: ['{{module}}']}}}}]\n",
            path.display()
        );
        let configuration = Configuration::load(text.as_bytes(), &Catalogues::builtin().unwrap()).unwrap();
        let drivers = Driver::with_declared(&configuration).unwrap();
        let driver = Driver::named(&drivers, "probe").unwrap();
        let at_hand = driver.at_hand().unwrap();
        let own = driver.runtime(&at_hand).unwrap();
        assert!(same_runtime(driver, &at_hand, Some(&own)).is_ok());
        let other = FileDigest::of(b"another");
        for (decided, expected) in [
            (Runtime { settings: std::collections::BTreeMap::new(), ..own.clone() }, "its settings"),
            (Runtime { executable: other, ..own.clone() }, "its executable"),
            (Runtime { libraries: cdi_types::Libraries::Unmeasured, ..own.clone() }, "one of its libraries"),
            (Runtime { program: "another".to_owned(), ..own.clone() }, "how it is set up"),
        ] {
            match same_runtime(driver, &at_hand, Some(&decided)) {
                Err(GateError::OtherRuntime { what, .. }) => assert_eq!(what, expected),
                other => panic!("{expected}: {other:?}"),
            }
        }
    }

    /// The law: for every two environments of this gate, a placement in one opens no other.
    #[test]
    fn a_decision_for_one_place_is_void_in_another() {
        let drivers = Driver::all();
        let artifact = Artifact::new(BYTES.to_vec());
        let now = Timestamp::from_unix(DECIDED);
        for decided in &drivers {
            for other in drivers.iter().filter(|other| other.name() != decided.name()) {
                let delivery = Delivery { artifact: &artifact, program: "program", directories: &[], now };
                let refused =
                    run(placement(decided.name()), std::slice::from_ref(other), delivery).unwrap_err();
                assert_eq!(refused.code(), "gate-other-environment");
            }
        }
    }

    #[test]
    fn an_environment_of_somebody_else_is_refused() {
        assert_eq!(refusal("another", BYTES, DECIDED), "gate-other-environment");
    }
}
