//! Whatever texts say, the page has the elements that this program gave it, and no others.

use cdi_report::{Excerpt, limits, page};
use cdi_types::steers_a_display;

use crate::sample;
use crate::tokens::{Tag, tags};

const HOSTILE: [&str; 12] = [
    "</script><script>alert(1)</script>",
    "</style><style>*{display:none}</style>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "` onfocus=`alert(1)`",
    "<svg onload=alert(1)><foreignObject>",
    "javascript:alert(1)",
    "<!--<script>",
    "]]></code></pre></details></main>",
    "&lt;b&gt;&#60;script&#62;&quot;",
    "\u{202e}\u{2066}</p>\u{0}\u{1b}[2J\r\n\t\u{2028}\u{feff}\u{e0041}",
    "<base href=https://evil.example/><meta http-equiv=refresh content=0>",
];

/// Tags with the values of attributes that a browser follows or runs.
fn shape(page: &str) -> Vec<Tag> {
    let mut tags = tags(page);
    for tag in &mut tags {
        for (name, value) in &mut tag.attributes {
            assert!(!name.starts_with("on") && name != "style" && name != "src", "{name}");
            if name == "title" {
                value.clear();
            }
        }
    }
    // What stands in backticks is code, whoever put it there; and words of a formula that are known are in colour.
    let inline = |tag: &Tag| ["span", "/span", "code", "/code"].contains(&tag.name.as_str());
    tags.retain(|tag| !inline(tag));
    tags
}

#[test]
fn no_text_becomes_markup() {
    let harmless = shape(&page(&sample::page("harmless")));
    assert!(harmless.len() > 300, "{}", harmless.len());
    for text in HOSTILE {
        let hostile = shape(&page(&sample::page(text)));
        let differs = hostile.iter().zip(&harmless).find(|(found, expected)| found != expected);
        assert_eq!(differs, None, "{text}");
        assert_eq!(hostile.len(), harmless.len(), "{text}");
    }
}

#[test]
fn no_link_leads_out_of_the_page() {
    for text in HOSTILE {
        for tag in tags(&page(&sample::page(text))) {
            let followed = ["href", "src", "action", "formaction", "srcset", "poster", "data", "xlink:href"];
            for (_, value) in tag.attributes.iter().filter(|(name, _)| followed.contains(&name.as_str())) {
                assert!(value.starts_with('#'), "{} {value}", tag.name);
            }
        }
    }
}

#[test]
fn nothing_steers_a_display() {
    for text in HOSTILE {
        let page = page(&sample::page(text));
        let steering = page.chars().find(|&c| c != '\n' && steers_a_display(c));
        assert_eq!(steering, None, "{text:?}");
    }
}

#[test]
fn every_id_is_there_once_and_every_link_leads_somewhere() {
    for text in HOSTILE {
        let tags = tags(&page(&sample::page(text)));
        let values = |wanted: &str| -> Vec<String> {
            let all = tags.iter().flat_map(|tag| &tag.attributes);
            all.filter(|(name, _)| name == wanted).map(|(_, value)| value.clone()).collect()
        };
        let mut ids = values("id");
        let count = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), count);
        for link in values("href") {
            assert!(ids.contains(&link[1..].to_owned()), "{link}");
        }
    }
}

#[test]
fn a_page_is_bounded_whatever_the_evidence_is() {
    for text in ["<", "\u{1b}", "\"", "[", "é"] {
        let mut many = sample::page(&text.repeat(100_000));
        let mut statement = many.statements[0].clone();
        statement.payload = Some(Excerpt::of(text.repeat((10 << 20) / text.len()).as_bytes()));
        many.statements = (0..limits::STATEMENTS)
            .map(|at| cdi_report::Statement { id: Some(sample::id(&at.to_string())), ..statement.clone() })
            .collect();
        let page = page(&many);
        assert!(page.len() < 20 << 20, "{text}: {}", page.len());
        assert!(page.contains("are left out"), "{text}");
    }
}
