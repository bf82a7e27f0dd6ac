//! What every page has.

use cdi_report::{Extent, Verdict, page};

use crate::sample;
use crate::tokens::tags;

#[test]
fn the_same_values_give_the_same_bytes() {
    assert_eq!(page(&sample::page("x")), page(&sample::page("x")));
}

#[test]
fn the_policy_of_content_comes_first_and_allows_no_network() {
    let page = page(&sample::page("x"));
    let tags = tags(&page);
    let policy =
        tags.iter().position(|tag| tag.name == "meta" && tag.attributes[0].0 == "http-equiv").unwrap();
    assert!(
        tags[..policy].iter().all(|tag| ["!doctype", "html", "head", "meta"].contains(&tag.name.as_str()))
    );
    let content = &tags[policy].attributes[1].1;
    assert!(content.starts_with("default-src 'none'; style-src 'sha256-"), "{content}");
    assert!(!content.contains("unsafe") && !content.contains("http"), "{content}");
    assert!(!page.contains("http:") && !page.contains("https:") && !page.contains("url("));
}

#[test]
fn the_verdict_is_said_in_words() {
    for (verdict, said) in
        [(Verdict::Allow, "Allowed"), (Verdict::Deny, "Denied"), (Verdict::Unknown, "Not decided")]
    {
        let mut values = sample::page("x");
        values.verdict = verdict;
        let page = page(&values);
        assert!(page.contains(&format!("<title>{said}: x</title>")), "{said}");
        assert!(page.contains("A page is a record, never a permission."), "{said}");
    }
}

#[test]
fn what_was_not_computed_is_said() {
    for (extent, said) in [
        (Extent::All, "All 4 combinations were computed"),
        (Extent::Pairs, "combinations; no others."),
        (Extent::Singles, "no combinations."),
        (Extent::Stopped, "Time ran out"),
        (Extent::Nothing, "the evidence is too large for it"),
    ] {
        let mut values = sample::page("x");
        values.what_if.extent = extent;
        assert!(page(&values).contains(said), "{said}");
    }
}

#[test]
fn off_means_absent_and_the_page_says_so() {
    assert!(page(&sample::page("x")).contains("<em>Off</em> means absent, not revoked"));
}
