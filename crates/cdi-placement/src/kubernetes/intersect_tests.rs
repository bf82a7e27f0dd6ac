use super::*;

fn term(keys: &[&str]) -> SelectorTerm {
    let match_expressions = keys.iter().map(|key| Expression::exists(key)).collect();
    SelectorTerm { match_expressions, match_fields: Vec::new() }
}

#[test]
fn ours_go_into_every_term_of_the_pod() {
    let both = intersect(Some(&[term(&["a"]), term(&["b"])]), &[term(&["x"]), term(&["y"])]).unwrap();
    assert_eq!(both, [term(&["a", "x"]), term(&["a", "y"]), term(&["b", "x"]), term(&["b", "y"])]);
    assert_eq!(intersect(None, &[term(&["x"])]).unwrap(), [term(&["x"])]);
}

#[test]
fn a_term_that_selects_nothing_does_not_come_to_select_something() {
    let ours = [term(&["x"])];
    assert_eq!(intersect(Some(&[term(&[])]), &ours).unwrap_err().code(), "selector-terms-nothing");
    assert_eq!(intersect(Some(&[]), &ours).unwrap_err(), IntersectError::Nothing);
    assert_eq!(intersect(None, &[]).unwrap_err(), IntersectError::Nothing);
    assert_eq!(intersect(None, &[term(&[])]).unwrap_err(), IntersectError::Nothing);
    assert_eq!(intersect(Some(&[term(&[]), term(&["a"])]), &ours).unwrap(), [term(&["a", "x"])]);
}

#[test]
fn fields_of_the_pod_are_kept() {
    let field = Expression::is("metadata.name", "node-1");
    let pod = SelectorTerm { match_expressions: Vec::new(), match_fields: vec![field.clone()] };
    let both = intersect(Some(&[pod]), &[term(&["x"])]).unwrap();
    assert_eq!(both, [SelectorTerm { match_fields: vec![field], ..term(&["x"]) }]);
}

#[test]
fn more_terms_than_can_be_written_are_refused() {
    let many = |of: &str, n: usize| (0..n).map(|n| term(&[&format!("{of}{n}")])).collect::<Vec<_>>();
    assert_eq!(intersect(Some(&many("pod", 32)), &many("our", 32)).unwrap().len(), 1_024);
    let error = intersect(Some(&many("pod", 33)), &many("our", 32)).unwrap_err();
    assert_eq!((error.code(), error), ("limit-selector-terms", IntersectError::Terms { found: 1_056 }));
}
