//! Files of the test suites of other projects; whose they are says `NOTICE`.

use cdi_envelope::Envelope;
use cdi_import::{Form, Signer};
use cdi_types::ArtifactDigest;

use crate::{envelope, gaps, items, only, statement};

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!("../fixtures/", $name)).as_slice()
    };
}

const GH: &[u8] = fixture!("gh-custom-issuer.sigstore.json");
const SLSA: &[u8] = fixture!("slsa-verifier-generic-v1.2.2.intoto.jsonl");
const GENERATOR: &str = "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator_generic_slsa3.yml@refs/tags/v1.2.2";

fn certificate(identity: &str, issuer: &str) -> Vec<Signer> {
    vec![Signer::Certificate { identity: Some(identity.to_owned()), issuer: Some(issuer.to_owned()) }]
}

#[test]
fn slsa_provenance_v1_in_a_bundle_of_sigstore() {
    let found = only(GH);
    let account = found.account.as_ref().unwrap();
    let workflow = "https://github.com/too-legit/attest/.github/workflows/integration.yml@refs/heads/main";
    assert_eq!(account.form, Form::SlsaV1);
    assert_eq!(account.builder.as_deref(), Some(workflow));
    assert_eq!(account.build_type.as_deref(), Some("https://actions.github.io/buildtypes/workflow/v1"));
    assert!(account.made(ArtifactDigest::of(fixture!("gh-custom-issuer-artifact"))));
    assert_eq!(account.inputs[0].name, "git+https://github.com/too-legit/attest@refs/heads/main");
    assert_eq!(account.inputs[0].git_commit.as_deref(), Some("283bf967fa3c591925dd25e6a6e8e781542117bf"));
    assert_eq!(
        found.signers,
        certificate(workflow, "https://token.actions.githubusercontent.com/hammer-time")
    );
    assert_eq!(gaps(&found), ["import-input-without-sha256", "import-signer-by-certificate"]);
}

#[test]
fn an_envelope_is_carried_under_its_own_signature() {
    let inner = Envelope::of_sigstore(GH).unwrap().unwrap().into_untrusted();
    let line = only(GH).line.unwrap();
    let carried = Envelope::parse(&line).unwrap().into_untrusted();
    assert_eq!(carried.message(), inner.message());
    assert_eq!(carried.signatures().next().unwrap().1, inner.signatures().next().unwrap().1);
    assert_eq!(only(SLSA).line.unwrap(), SLSA.trim_ascii());
}

#[test]
fn slsa_provenance_v02_with_its_certificate_beside_the_signature() {
    let found = only(SLSA);
    let account = found.account.as_ref().unwrap();
    assert_eq!(account.form, Form::SlsaV02);
    assert_eq!(account.builder.as_deref(), Some(GENERATOR));
    assert_eq!(account.outputs[0].name, "binary-linux-amd64-workflow_dispatch");
    assert_eq!(found.signers, certificate(GENERATOR, "https://token.actions.githubusercontent.com"));
}

#[test]
fn packages_of_npm_are_named_by_sha512_alone_and_identify_nothing() {
    let found = only(fixture!("npm-sigstore-2.0.0.sigstore.json"));
    assert!(found.account.as_ref().unwrap().outputs.is_empty());
    assert!(gaps(&found).starts_with(&["subject-without-sha256", "import-no-output"]), "{:?}", gaps(&found));
    assert!(found.line.is_some());
}

#[test]
fn links_signed_by_themselves_are_read_and_not_carried() {
    let links = [fixture!("in-toto-package.link"), fixture!("in-toto-package-dsse.link")];
    for (link, said) in links.into_iter().zip(["signature is over bytes of its own", "payload is a link"]) {
        let found = only(link);
        let account = found.account.as_ref().unwrap();
        assert_eq!(account.form, Form::Link);
        assert_eq!(account.step.as_deref(), Some("package"));
        assert_eq!(account.command.as_ref().unwrap()[..2], ["tar", "zcvf"]);
        assert_eq!(account.exit, Some(0));
        assert_eq!(
            (account.inputs[0].name.as_str(), account.outputs[0].name.as_str()),
            ("foo.py", "foo.tar.gz")
        );
        assert!(account.inputs[0].sha256.is_some());
        assert_eq!((found.line, found.id), (None, None));
        assert_eq!(found.gaps[0].code(), "import-no-statement");
        assert!(found.gaps[0].to_string().contains(said), "{}", found.gaps[0]);
        let [Signer::Key { hint }] = found.signers.as_slice() else { panic!("{:?}", found.signers) };
        assert!(hint.starts_with("2f89b9272acfc8f4"));
    }
}

#[test]
fn a_collection_of_witness_that_made_nothing_is_about_no_artifact() {
    let found = only(fixture!("witness-commit.json"));
    let account = found.account.as_ref().unwrap();
    assert_eq!((account.form, account.step.as_deref()), (Form::Witness, Some("commit")));
    assert_eq!(account.command.as_ref().unwrap().join(" "), "echo hello keyless");
    assert_eq!(account.exit, Some(0));
    assert!(account.inputs.iter().any(|input| input.name == ".git/HEAD" && input.sha256.is_some()));
    assert!(gaps(&found).contains(&"import-no-output"));
    assert!(matches!(found.signers.as_slice(), [Signer::Certificate { .. }]));
}

/// As Witness writes it, with a subject that is no file: the hash of an address.
#[test]
fn only_what_witness_calls_a_product_was_made() {
    let (product, address) = ("22".repeat(32), "33".repeat(32));
    let attestations = format!(
        r#"[{{"type":"https://witness.dev/attestations/environment/v0.1","attestation":{{"os":"linux"}}}},
        {{"type":"https://witness.dev/attestations/git/v0.1","attestation":{{"commithash":"abc","remotes":["https://g.example/r"]}}}},
        {{"type":"https://witness.dev/attestations/material/v0.1","attestation":{{"a.c":{{"sha256":"{address}","gitoid:sha1":"gitoid:blob:sha1:00"}}}}}},
        {{"type":"https://witness.dev/attestations/command-run/v0.1","attestation":{{"cmd":["cc","a.c"],"exitcode":1}}}},
        {{"type":"https://witness.dev/attestations/product/v0.1","attestation":{{"a.o":{{"mime_type":"x","digest":{{"sha256":"{product}"}}}}}}}}]"#
    );
    let kind = "https://witness.testifysec.com/attestation-collection/v0.1";
    let text = statement(kind, &format!(r#"{{"name":"build","attestations":{attestations}}}"#));
    let found = only(envelope(&text).as_bytes());
    let account = found.account.as_ref().unwrap();
    assert_eq!(account.outputs.len(), 1);
    assert!(account.made(ArtifactDigest::parse(&product).unwrap()));
    assert!(!account.made(ArtifactDigest::parse(&"11".repeat(32)).unwrap()), "a subject is no product");
    assert_eq!(account.inputs.len(), 2);
    assert_eq!(gaps(&found), ["import-input-without-sha256", "import-run-failed"]);
}

#[test]
fn a_link_in_a_statement() {
    let link = r#"{"name":"build","command":["make"],"materials":[{"name":"a.c","digest":{"sha256":"00"}},
        {"uri":"u","digest":{"gitCommit":"abc"}}],"byproducts":{"return-value":0},"environment":{}}"#;
    let found = only(envelope(&statement("https://in-toto.io/attestation/link/v0.3", link)).as_bytes());
    let account = found.account.as_ref().unwrap();
    assert_eq!((account.form, account.step.as_deref()), (Form::LinkV03, Some("build")));
    assert_eq!(account.outputs[0].name, "a");
    assert_eq!(account.inputs[0].sha256, None, "a digest of another form identifies nothing");
    assert_eq!(account.inputs[1].git_commit.as_deref(), Some("abc"));
    assert_eq!(gaps(&found), ["import-input-without-sha256"]);
}

#[test]
fn lists_of_registries_and_lines_are_read_one_by_one() {
    let one = std::str::from_utf8(GH).unwrap().trim();
    let list = format!(
        r#"{{"attestations":[{{"bundle":{one}}},{{"predicateType":"x","bundle":{one}}},{{"bundle":7}}]}}"#
    );
    let found = items(list.as_bytes());
    assert_eq!(found.len(), 3);
    assert_eq!(found[0].outcome, found[1].outcome);
    assert_eq!(found[0].outcome.as_ref().unwrap(), &only(GH));
    assert_eq!(found[2].outcome.as_ref().unwrap_err().code(), "import-form-unknown");
    let lines = [SLSA.trim_ascii(), b"{\"a\":1}", SLSA.trim_ascii()].join(&b'\n');
    let found = items(&lines);
    assert_eq!(found.iter().map(|item| item.line).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(found.iter().filter(|item| item.outcome.is_ok()).count(), 2);
}

#[test]
fn statements_of_other_types_are_carried() {
    let found = only(envelope(&statement("https://scan.example/v1", r#"{"score":9.5}"#)).as_bytes());
    assert!(found.line.is_some() && found.account.is_none());
    assert_eq!(found.predicate_type.as_deref(), Some("https://scan.example/v1"));
    assert_eq!(gaps(&found), ["import-type-unmapped"]);
}
