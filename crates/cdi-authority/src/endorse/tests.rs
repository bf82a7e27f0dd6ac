use super::*;
use crate::certify;
use crate::testing::{below, child_request, days, endorsement, key, root, scope, terms, tool_request};

fn code(result: Result<Sealed, AuthorityError>) -> &'static str {
    result.unwrap_err().code()
}

fn with(scope: Scope) -> EndorsementTerms {
    EndorsementTerms { window: days(30), scope }
}

#[test]
fn a_root_gives_any_scope_and_nobody_too_great_a_depth() {
    let (authority, child) = (key(1), key(2));
    let (request, records) = (child_request(&child), root(&authority, &[]));
    assert!(endorse(&request, with(scope(&["*"], 5)), &records, &authority).is_ok());
    assert_eq!(
        code(endorse(&request, with(scope(&["*"], 6)), &records, &authority)),
        "limit-authority-chain"
    );
    assert_eq!(code(endorse(&request, with(scope(&[], 0)), &records, &authority)), "predicate-empty-list");
    let long = EndorsementTerms { window: days(1_828), scope: scope(&["*"], 0) };
    assert_eq!(code(endorse(&request, long, &records, &authority)), "window-too-long");
}

#[test]
fn an_authority_does_not_endorse_itself_or_a_tool() {
    let (authority, tool) = (key(1), key(2));
    let own = child_request(&authority);
    assert_eq!(
        code(endorse(&own, with(scope(&["*"], 0)), &root(&authority, &[]), &authority)),
        "endorses-itself"
    );
    let request = tool_request(&tool, "cc", "acme");
    let certified =
        certify(&request, terms(&[("A", "establishes")]), &root(&authority, &[]), &authority).unwrap();
    let result =
        endorse(&child_request(&tool), with(scope(&["*"], 0)), &root(&authority, &[&certified]), &authority);
    assert_eq!(code(result), "authority-key-of-a-tool");
}

#[test]
fn a_scope_only_narrows() {
    let (above, authority, child) = (key(1), key(2), key(3));
    let own = endorsement(&authority, scope(&["WASM_*", "STEP"], 2), &root(&above, &[]), &above);
    let records = below(&authority, &[&own], &[&above]);
    let request = child_request(&child);
    let result =
        |patterns: &[&str], depth| endorse(&request, with(scope(patterns, depth)), &records, &authority);
    for inside in [&["WASM_*"][..], &["WASM_A*", "STEP"], &["WASM_A"]] {
        assert!(result(inside, 1).is_ok(), "{inside:?}");
    }
    for outside in [&["*"][..], &["WASM*"], &["STEP*"], &["WASM_A", "A"]] {
        assert_eq!(code(result(outside, 1)), "scope-exceeded", "{outside:?}");
    }
    assert_eq!(code(result(&["STEP"], 2)), "depth-exceeded");
}

#[test]
fn an_authority_of_depth_zero_endorses_nobody() {
    let (above, authority, child) = (key(1), key(2), key(3));
    let own = endorsement(&authority, scope(&["*"], 0), &root(&above, &[]), &above);
    let records = below(&authority, &[&own], &[&above]);
    let result = endorse(&child_request(&child), with(scope(&["A"], 0)), &records, &authority);
    assert_eq!(code(result), "depth-exceeded");
}

#[test]
fn depth_is_counted_from_each_endorsement_above() {
    let (above, middle, authority, child) = (key(1), key(2), key(3), key(4));
    let first = endorsement(&middle, scope(&["*"], 2), &root(&above, &[]), &above);
    let second = endorsement(&authority, scope(&["*"], 1), &below(&middle, &[&first], &[&above]), &middle);
    let records = below(&authority, &[&first, &second], &[&above]);
    let request = child_request(&child);
    assert!(endorse(&request, with(scope(&["A"], 0)), &records, &authority).is_ok());
    assert_eq!(code(endorse(&request, with(scope(&["A"], 1)), &records, &authority)), "depth-exceeded");
}
