//! Keys, requests and records for the tests of this crate.

use cdi_envelope::Algorithm;
use cdi_keys::{Sealed, Signer, SoftwareKey, seal};
use cdi_types::{
    Annotations, ArtifactDigest, CatalogueDigest, CertificationRequest, Custody, Duration,
    EndorsementRequest, FileDigest, Linkage, Name, Predicate, PropertyPattern, Scope, Statement, Subject,
    Timestamp, ToolIdentity, Vetting,
};

use crate::{
    CertificationTerms, Claims, EndorsementTerms, Lineage, Records, Request, VerifiedRequest, Window,
    endorse, first_list,
};

pub(crate) const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

pub(crate) fn key(seed: u8) -> SoftwareKey {
    SoftwareKey::dangerously_from_seed(Algorithm::EcdsaP256Sha256, &[seed; 32]).unwrap()
}

pub(crate) fn days(n: u64) -> Window {
    Window::lasting(NOW, Duration::from_seconds(n * 86_400)).unwrap()
}

pub(crate) fn file(lines: &[&Sealed]) -> Vec<u8> {
    lines.iter().flat_map(|sealed| [sealed.line.as_slice(), b"\n"].concat()).collect()
}

pub(crate) fn records_of(
    owner: &SoftwareKey,
    journal: &[&Sealed],
    lists: &[&Sealed],
    lineage: Vec<u8>,
) -> Records {
    Records::parse(owner.public_key().clone(), file(journal), file(lists), lineage).unwrap()
}

/// The records of a root that has signed these statements.
pub(crate) fn root(owner: &SoftwareKey, journal: &[&Sealed]) -> Records {
    records_of(owner, journal, &[&first_list(owner, days(7)).unwrap()], Vec::new())
}

/// The records of an authority below these endorsements.
pub(crate) fn below(owner: &SoftwareKey, lineage: &[&Sealed], roots: &[&SoftwareKey]) -> Records {
    let roots: Vec<_> = roots.iter().map(|root| root.public_key().clone()).collect();
    let own = owner.public_key().key_id();
    let lineage = Lineage::default().import(own, file(lineage), &roots, NOW).unwrap();
    records_of(owner, &[], &[&first_list(owner, days(7)).unwrap()], lineage.file())
}

fn verified<P: Request>(subject: Subject, request: P, key: &SoftwareKey) -> VerifiedRequest<P> {
    let sealed = seal(&Statement::new(vec![subject], request).unwrap(), key).unwrap();
    VerifiedRequest::verify(sealed.line).unwrap()
}

pub(crate) fn tool_request(
    report_key: &SoftwareKey,
    name: &str,
    supplier: &str,
) -> VerifiedRequest<CertificationRequest> {
    let executable = ArtifactDigest::of(name.as_bytes());
    let request = CertificationRequest {
        issuer: report_key.public_key().key_id(),
        tool: ToolIdentity {
            name: Name::parse(name).unwrap(),
            version: Name::parse("1.0").unwrap(),
            supplier: Name::parse(supplier).unwrap(),
            release_key: None,
        },
        report_key: report_key.public_key().info().clone(),
        custody: Custody::IsolatedProcess,
        recorder: FileDigest::new(executable.digits()),
        closure: Vec::new(),
        linkage: Linkage::Static,
        annotations: Annotations::default(),
    };
    verified(Subject { path: None, digest: executable }, request, report_key)
}

pub(crate) fn child_request(child: &SoftwareKey) -> VerifiedRequest<EndorsementRequest> {
    let request = EndorsementRequest {
        issuer: child.public_key().key_id(),
        name: Name::parse("child").unwrap(),
        public_key: child.public_key().info().clone(),
        scope: scope(&["*"], 0),
        annotations: Annotations::default(),
    };
    assert_eq!(request.issuer(), child.public_key().key_id());
    let subject = Subject { path: None, digest: ArtifactDigest::File(request.issuer.sha256()) };
    verified(subject, request, child)
}

pub(crate) fn scope(patterns: &[&str], depth: u8) -> Scope {
    let properties = patterns.iter().map(|pattern| PropertyPattern::parse(pattern).unwrap()).collect();
    Scope { properties, depth }
}

/// An endorsement of `child` by an authority with these records.
pub(crate) fn endorsement(
    child: &SoftwareKey,
    scope: Scope,
    records: &Records,
    issuer: &SoftwareKey,
) -> Sealed {
    endorse(&child_request(child), EndorsementTerms { window: days(300), scope }, records, issuer).unwrap()
}

/// Terms that claim these properties, each with its effect.
pub(crate) fn terms(claims: &[(&str, &str)]) -> CertificationTerms {
    let claims: Vec<String> = claims
        .iter()
        .map(|(property, effect)| {
            format!(r#"{{"property":"{property}","effect":"{effect}","invocation":"default"}}"#)
        })
        .collect();
    let text = format!(
        r#"{{"claims":[{}],"invocations":{{"default":{{"program":["tool"],"arguments":[],"environment":{{}},
        "exitStatus":[0]}}}}}}"#,
        claims.join(",")
    );
    CertificationTerms {
        window: days(90),
        claims: Claims::parse(text.as_bytes()).unwrap(),
        custody: Custody::Software,
        catalogue: CatalogueDigest::of(b"catalogue"),
        vetting: Vetting { method: Name::parse("a test").unwrap(), references: Vec::new() },
        renews: None,
    }
}

/// The first revocation list of an authority.
pub(crate) fn first(owner: &SoftwareKey) -> Sealed {
    first_list(owner, days(7)).unwrap()
}
