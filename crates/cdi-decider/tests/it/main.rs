//! Who is heard, and who is not.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use cdi_decider::{
    Bundle, Catalogues, Clock, Configuration, Decider, Error, Party, PartyError, Request, Settled, Timestamp,
};
use cdi_testkit::scenario::{NOW, Scenario, public_key};
use cdi_types::ArtifactDigest;

/// The small world at a host whose configuration has these lines on its principals.
struct Host {
    world: Scenario,
    catalogues: Catalogues,
    configuration: Configuration,
}

impl Host {
    fn of(principals: &str) -> Self {
        let head = "apiVersion: code-deployment-integrity.io/v1\nkind: Configuration\nmetadata: {name: host}\nspec:\n";
        let text = format!("{head}  host: cloud-provider\n  principals:\n{principals}");
        let catalogues = Catalogues::builtin().unwrap();
        let configuration = Configuration::load(text.as_bytes(), &catalogues).unwrap();
        Self { world: Scenario::small(), catalogues, configuration }
    }

    fn request(&self) -> Request {
        Request::bare(ArtifactDigest::parse(&self.world.artifact).unwrap())
    }

    /// The party of a name, with the small world's policy for its file.
    fn party(&self, name: &str) -> Result<Party, PartyError> {
        let (_, document) = self.world.policies.first().unwrap();
        let principal = self.configuration.principals().iter().find(|one| one.name.as_str() == name).unwrap();
        Party::new(principal, Some(document.clone().into_bytes()), &self.configuration, &self.catalogues)
    }

    fn decider<'a>(&'a self, parties: &'a [Party]) -> Result<Decider<'a>, Error> {
        Decider::new(&self.configuration, &self.catalogues, parties, self.request())
    }
}

const PROVIDER: &str = "    - {name: cloud-provider, policy: p, required: always}\n";

#[test]
fn everybody_is_heard_and_the_evidence_suffices_allowed() {
    let host = Host::of(PROVIDER);
    let parties = [host.party("cloud-provider").unwrap()];
    let decider = host.decider(&parties).unwrap();
    let provenance = decider.verify(&Bundle::parse(host.world.bundle()).unwrap()).unwrap();
    let clock = Clock::at(Timestamp::parse(NOW).unwrap());
    let decided = decider.decide(&provenance, None, clock.into(), |_| None);
    assert!(matches!(decided.settled, Settled::Allow(_)));
    let nothing = decider.verify(&Bundle::parse(b"\n".to_vec()).unwrap()).unwrap();
    let decided = decider.decide(&nothing, None, clock.into(), |_| None);
    assert!(matches!(decided.settled, Settled::Deny(_)));
}

#[test]
fn a_principal_that_is_not_among_the_parties_rejected() {
    let host = Host::of(&format!("{PROVIDER}    - {{name: developer, policy: d, required: always}}\n"));
    for parties in [vec![], vec![host.party("cloud-provider").unwrap()]] {
        assert_eq!(host.decider(&parties).unwrap_err().code(), "principal-unheard");
    }
}

#[test]
fn a_party_that_was_read_under_another_configuration_rejected() {
    let (lax, key) = (Host::of(PROVIDER), public_key("cloud-policy"));
    let unsigned = [lax.party("cloud-provider").unwrap()];
    for members in
        [format!("key: \"{key}\""), "atLeast: 2, key: \"".to_owned() + &key + "\"", "policy: q".to_owned()]
    {
        let policy = if members.starts_with("policy") { "" } else { "policy: p, " };
        let host =
            Host::of(&format!("    - {{name: cloud-provider, {policy}{members}, required: always}}\n"));
        assert_eq!(host.decider(&unsigned).unwrap_err().code(), "principal-unheard", "{members}");
    }
    assert!(lax.decider(&unsigned).is_ok());
}

#[test]
fn the_document_of_another_principal_rejected() {
    let host = Host::of(&format!("{PROVIDER}    - {{name: developer, policy: d, required: always}}\n"));
    assert_eq!(host.party("developer").unwrap_err().code(), "policy-of-another-principal");
}

#[test]
fn a_bare_document_of_a_principal_that_signs_denied() {
    let key = public_key("cloud-policy");
    let host =
        Host::of(&format!("    - {{name: cloud-provider, policy: p, required: always, key: \"{key}\"}}\n"));
    let parties = [host.party("cloud-provider").unwrap()];
    let decider = host.decider(&parties).unwrap();
    let provenance = decider.verify(&Bundle::parse(host.world.bundle()).unwrap()).unwrap();
    let clock = Clock::at(Timestamp::parse(NOW).unwrap());
    let decided = decider.decide(&provenance, None, clock.into(), |_| None);
    let Settled::Deny(refusal) = decided.settled else { panic!("{:?}", decided.settled) };
    let codes: Vec<_> = refusal.principals.iter().flat_map(|one| &one.failures).map(|one| one.code).collect();
    assert_eq!(codes, ["policy-missing"]);
}
