use cdi_keys::Signer as _;
use cdi_types::{AnyStatement, Custody, RevocationReason, RevokedId, parse_statement};

use super::*;
use crate::testing::{
    NOW, below, child_request, days, endorsement, key, records_of, root, scope, terms, tool_request,
};
use crate::{EndorsementTerms, Window, endorse, first_list, revoke};

fn code(result: Result<Sealed, AuthorityError>) -> &'static str {
    result.unwrap_err().code()
}

#[test]
fn a_certification_says_what_request_and_terms_say() {
    let (authority, tool) = (key(1), key(2));
    let request = tool_request(&tool, "cc", "acme");
    let sealed =
        certify(&request, terms(&[("A", "establishes")]), &root(&authority, &[]), &authority).unwrap();
    let envelope = cdi_envelope::Envelope::parse(&sealed.line).unwrap().into_untrusted();
    let (id, statement) = parse_statement(envelope.payload()).unwrap();
    let AnyStatement::Certification(statement) = statement else { panic!("another kind") };
    let c = statement.predicate();
    assert_eq!(id, sealed.id);
    assert_eq!(statement.subject(), request.statement().subject());
    assert_eq!(c.issuer, authority.public_key().key_id());
    assert_eq!(c.report_key, request.statement().predicate().report_key);
    assert_eq!((c.serial, c.not_before, c.custody), (0, NOW, Custody::Software));
    assert!(c.chain.is_empty());
}

#[test]
fn serials_count_up() {
    let (authority, tool) = (key(1), key(2));
    let request = tool_request(&tool, "cc", "acme");
    let first =
        certify(&request, terms(&[("A", "establishes")]), &root(&authority, &[]), &authority).unwrap();
    let second =
        certify(&request, terms(&[("A", "establishes")]), &root(&authority, &[&first]), &authority).unwrap();
    assert_ne!(first.id, second.id);
    let records = root(&authority, &[&first, &second]);
    assert_eq!(records.journal().next_serial(), 2);
    assert_eq!(records.journal().find(second.id).unwrap().line, second.line);
}

#[test]
fn a_key_known_for_another_tool_is_rejected_and_a_new_version_is_not() {
    let (authority, tool) = (key(1), key(2));
    let first = tool_request(&tool, "cc", "acme");
    let first = certify(&first, terms(&[("A", "establishes")]), &root(&authority, &[]), &authority).unwrap();
    let records = root(&authority, &[&first]);
    for (name, supplier) in [("ld", "acme"), ("cc", "other")] {
        let request = tool_request(&tool, name, supplier);
        let result = certify(&request, terms(&[("A", "establishes")]), &records, &authority);
        assert_eq!(code(result), "report-key-of-another-tool");
    }
    let again = tool_request(&tool, "cc", "acme");
    assert!(certify(&again, terms(&[("A", "establishes")]), &records, &authority).is_ok());
}

#[test]
fn an_authoritys_key_is_no_report_key() {
    let (authority, child) = (key(1), key(2));
    let own = tool_request(&authority, "cc", "acme");
    let result = certify(&own, terms(&[("A", "establishes")]), &root(&authority, &[]), &authority);
    assert_eq!(code(result), "report-key-of-an-authority");

    let endorsed = endorsement(&child, scope(&["*"], 0), &root(&authority, &[]), &authority);
    let of_child = tool_request(&child, "cc", "acme");
    let result =
        certify(&of_child, terms(&[("A", "establishes")]), &root(&authority, &[&endorsed]), &authority);
    assert_eq!(code(result), "report-key-of-an-authority");

    let of_root = tool_request(&authority, "cc", "acme");
    let records = below(&child, &[&endorsed], &[&authority]);
    assert_eq!(
        code(certify(&of_root, terms(&[("A", "establishes")]), &records, &child)),
        "report-key-of-an-authority"
    );
}

#[test]
fn a_revoked_key_is_rejected() {
    let (authority, tool) = (key(1), key(2));
    let entry = cdi_types::Revocation {
        id: RevokedId::Key(tool.public_key().key_id()),
        reason: RevocationReason::KeyCompromise,
        runs: None,
        since: None,
        date: NOW,
        survivors: Vec::new(),
        successor: None,
    };
    let first = first_list(&authority, days(7)).unwrap();
    let second = revoke(&root(&authority, &[]), entry, days(7), &authority).unwrap();
    let records = records_of(&authority, &[], &[&first, &second], Vec::new());
    let request = tool_request(&tool, "cc", "acme");
    assert_eq!(code(certify(&request, terms(&[("A", "establishes")]), &records, &authority)), "key-revoked");
    let child = child_request(&tool);
    let terms = EndorsementTerms { window: days(1), scope: scope(&["*"], 0) };
    assert_eq!(code(endorse(&child, terms, &records, &authority)), "key-revoked");
}

#[test]
fn custody_is_never_above_what_the_owner_says() {
    let (authority, tool) = (key(1), key(2));
    let request = tool_request(&tool, "cc", "acme");
    let with = |custody| {
        let terms = CertificationTerms { custody, ..terms(&[("A", "establishes")]) };
        certify(&request, terms, &root(&authority, &[]), &authority)
    };
    assert!(with(Custody::IsolatedProcess).is_ok());
    assert_eq!(code(with(Custody::Hardware)), "custody-above-request");
}

#[test]
fn a_claim_outside_the_own_scope_is_rejected_and_a_star_is_not() {
    let (above, authority, tool) = (key(1), key(2), key(3));
    let endorsed = endorsement(&authority, scope(&["WASM_*"], 0), &root(&above, &[]), &above);
    let records = below(&authority, &[&endorsed], &[&above]);
    let request = tool_request(&tool, "cc", "acme");
    let with = |claims: &[(&str, &str)]| certify(&request, terms(claims), &records, &authority);
    assert!(with(&[("WASM_A", "establishes"), ("*", "preserves")]).is_ok());
    assert_eq!(code(with(&[("WASM_A", "establishes"), ("A", "establishes")])), "scope-exceeded");
    assert_eq!(code(with(&[("STEP", "establishes")])), "scope-exceeded");
    let later = Window::between(days(300).not_after(), days(400).not_after()).unwrap();
    let late = CertificationTerms { window: later, ..terms(&[("WASM_A", "establishes")]) };
    assert_eq!(code(certify(&request, late, &records, &authority)), "authority-not-endorsed");
}

#[test]
fn the_chain_is_named_from_the_own_endorsement_upwards() {
    let (above, middle, authority, tool) = (key(1), key(2), key(3), key(4));
    let first = endorsement(&middle, scope(&["*"], 1), &root(&above, &[]), &above);
    let second = endorsement(&authority, scope(&["*"], 0), &below(&middle, &[&first], &[&above]), &middle);
    let records = below(&authority, &[&first, &second], &[&above]);
    let request = tool_request(&tool, "cc", "acme");
    let sealed = certify(&request, terms(&[("A", "establishes")]), &records, &authority).unwrap();
    let file = records.with_chain(&sealed.line);
    assert_eq!(file.iter().filter(|&&byte| byte == b'\n').count(), 3);
    let journal =
        records_of(&authority, &[&sealed], &[&first_list(&authority, days(7)).unwrap()], Vec::new());
    let certification = journal.journal().certifications().next().unwrap();
    assert_eq!(certification.chain, [second.id, first.id]);
}

#[test]
fn terms_that_make_no_certification_are_rejected() {
    let (authority, tool) = (key(1), key(2));
    let request = tool_request(&tool, "cc", "acme");
    let records = root(&authority, &[]);
    let long = CertificationTerms { window: days(732), ..terms(&[("A", "establishes")]) };
    assert_eq!(code(certify(&request, long, &records, &authority)), "window-too-long");
    assert_eq!(code(certify(&request, terms(&[]), &records, &authority)), "predicate-empty-list");
    assert_eq!(code(certify(&request, terms(&[("*", "attests")]), &records, &authority)), "claim-impossible");
    let result = certify(&request, terms(&[("A", "establishes")]), &records, &tool);
    assert_eq!(code(result), "authority-foreign-signer");
}

#[test]
fn a_renewal_says_no_more_than_what_it_renews() {
    let (authority, tool) = (key(1), key(2));
    let request = tool_request(&tool, "cc", "acme");
    let both = || terms(&[("A", "establishes"), ("B", "establishes")]);
    let first = certify(&request, both(), &root(&authority, &[]), &authority).unwrap();
    let records = root(&authority, &[&first]);
    let renewing = |terms: CertificationTerms, id| {
        let terms = CertificationTerms { renews: Some(id), ..terms };
        certify(&request, terms, &records, &authority).map(drop).map_err(|error| error.code())
    };
    assert_eq!(renewing(both(), first.id), Ok(()));
    assert_eq!(renewing(terms(&[("B", "establishes")]), first.id), Ok(()));
    let more = terms(&[("A", "establishes"), ("C", "establishes")]);
    assert_eq!(renewing(more, first.id), Err("renews-more"));
    let unknown = cdi_types::StatementId::of(b"another");
    assert_eq!(renewing(both(), unknown), Err("renews-unknown"));
}
