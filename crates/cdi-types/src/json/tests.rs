use super::*;

fn code(text: &str) -> &'static str {
    strict(text.as_bytes()).and_then(|text| text.safe_numbers()).map_or_else(|error| error.code(), |()| "ok")
}

#[test]
fn plain_documents_are_accepted() {
    for good in [
        "{}",
        "[]",
        "0",
        " {\"a\" : [1, true, null, \"x\\n\\u00e9\\ud83d\\ude00\"], \"b\":{\"a\":1}}\r\n",
        "\"\"",
    ] {
        assert_eq!(code(good), "ok", "{good}");
    }
}

#[test]
fn duplicate_members_are_rejected_at_any_depth() {
    assert_eq!(code(r#"{"a":1,"a":1}"#), "json-duplicate-member");
    assert_eq!(code(r#"{"a":1,"\u0061":2}"#), "json-duplicate-member");
    assert_eq!(code(r#"[{"x":{"a":1,"b":2,"a":3}}]"#), "json-duplicate-member");
    assert_eq!(code(r#"{"a":{"a":{"a":1}}}"#), "ok");
    let many: String = (0..100).map(|i| format!("\"m{}\":1,", i % 99)).collect();
    assert_eq!(code(&format!("{{{}}}", many.trim_end_matches(','))), "json-duplicate-member");
}

#[test]
fn trailing_data_is_rejected() {
    for bad in ["{}{}", "{} x", "{}\0", "1 2", "[],"] {
        assert_eq!(code(bad), "json-trailing-data", "{bad:?}");
    }
}

#[test]
fn lone_surrogates_are_rejected() {
    for bad in [r#""\ud800""#, r#""\udc00""#, r#""\ud800\u0041""#, r#""\udc00\ud800""#, r#"{"\ud800":1}"#] {
        assert_eq!(code(bad), "json-lone-surrogate", "{bad}");
    }
}

#[test]
fn bytes_that_are_not_utf8_are_rejected() {
    for bad in [&b"\"\xff\""[..], b"\"\xc0\xaf\"", b"\"\xed\xa0\x80\"", b"\"\xf4\x90\x80\x80\""] {
        assert_eq!(strict(bad).unwrap_err().code(), "json-not-utf8");
    }
}

#[test]
fn the_depth_limit_is_exact_and_deeper_does_not_recurse() {
    let nested = |n: usize| "[".repeat(n) + &"]".repeat(n);
    assert_eq!(code(&nested(limits::JSON_DEPTH)), "ok");
    assert_eq!(code(&nested(limits::JSON_DEPTH + 1)), "json-too-deep");
    assert_eq!(code(&"[".repeat(1_000_000)), "json-too-deep");
}

#[test]
fn only_safe_integers_pass_as_numbers_of_cdi() {
    for good in ["0", "1", "9007199254740991"] {
        assert_eq!(code(good), "ok", "{good}");
    }
    for bad in ["-0", "-1", "1.0", "1e3", "1e400", "9007199254740992", "18446744073709551616"] {
        assert_eq!(code(bad), "json-unsafe-number", "{bad}");
        assert!(strict(bad.as_bytes()).is_ok(), "{bad} is still JSON");
    }
    for bad in ["NaN", "Infinity", "01", "+1", ".5", "1.", "1e", "0x10", "1_0", "--1"] {
        assert_ne!(code(bad), "ok", "{bad}");
        assert_ne!(code(bad), "json-unsafe-number", "{bad}");
    }
}

#[test]
fn broken_grammar_is_rejected() {
    let bad = [
        "",
        " ",
        "{",
        "}",
        "[1,]",
        "{\"a\":1,}",
        "{a:1}",
        "{'a':1}",
        "{\"a\"}",
        "{\"a\":}",
        "[1 2]",
        "\"",
        "\"\n\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "tru",
        "nul",
        "[}",
        "{]",
        "\u{feff}{}",
        "// c\n{}",
        "{\"a\":1]",
    ];
    for text in bad {
        let found = code(text);
        assert!(matches!(found, "json-syntax" | "json-trailing-data"), "{text:?}: {found}");
        assert!(serde_json::from_str::<serde_json::Value>(text).is_err(), "{text:?}");
    }
}

#[test]
fn what_is_accepted_is_a_subset_of_what_serde_json_accepts() {
    let pieces = ["{", "}", "[", "]", ",", ":", "\"a\"", "\"b\\u0041\"", "1", "-0.5", "true", "null", " "];
    let mut seed = 7_u64;
    let mut accepted = 0;
    for _ in 0..200_000 {
        let mut text = String::new();
        for _ in 0..(seed >> 60) + 1 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(pieces[(seed >> 33) as usize % pieces.len()]);
        }
        if strict(text.as_bytes()).is_ok() {
            accepted += 1;
            assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{text}");
        }
    }
    assert!(accepted > 100, "only {accepted} accepted");
}

#[test]
fn long_strings_end_where_their_quote_is() {
    for length in 0..40 {
        for special in ["\"", "\\n", "\u{e9}"] {
            let inner = "x".repeat(length) + if special == "\"" { "" } else { special };
            assert_eq!(code(&format!("[\"{inner}\",1]")), "ok");
            let control = "x".repeat(length) + "\u{1}";
            assert_eq!(code(&format!("\"{control}\"")), "json-syntax");
        }
    }
}

#[test]
fn each_member_of_the_outermost_object_has_its_text() {
    let text = r#" { "a" : [ {"a":1, "b":2} , 3 ] ,"\u0062":{"c":{}},"d":"}", "e": -1 } "#;
    let strict = strict(text.as_bytes()).unwrap();
    let member = |name| strict.member(name).map(str::trim);
    assert!(strict.is_object());
    assert_eq!(member("a"), Some(r#"[ {"a":1, "b":2} , 3 ]"#));
    assert_eq!(member("b"), Some(r#"{"c":{}}"#));
    assert_eq!((member("d"), member("e"), member("c")), (Some(r#""}""#), Some("-1"), None));
}

#[test]
fn what_is_no_object_has_no_members() {
    for text in ["[{\"a\":1}]", "1", "\"a\""] {
        let strict = strict(text.as_bytes()).unwrap();
        assert!(!strict.is_object() && strict.member("a").is_none(), "{text}");
    }
    let empty = strict(b"{}").unwrap();
    assert!(empty.is_object() && empty.member("a").is_none());
}

#[test]
fn a_text_of_the_outermost_object_is_what_the_typed_reader_reads() {
    let text = r#" { "plain" :  "a b" , "empty":"", "escaped":"a\u0041\n", "quote":"\"", "n":7, "inner":{"plain":"x"}, "list":["y"], "last":"z"} "#;
    let strict = strict(text.as_bytes()).unwrap();
    for name in ["plain", "empty", "escaped", "quote", "last"] {
        let whole: String = strict.read(name).unwrap().unwrap();
        let read = strict.read_text(name).unwrap().unwrap();
        assert_eq!(read, whole, "{name}");
        assert_eq!(matches!(read, Cow::Borrowed(_)), !["escaped", "quote"].contains(&name), "{name}");
    }
    for name in ["n", "inner", "list"] {
        assert!(strict.read_text(name).unwrap().is_err(), "{name}");
    }
    assert!(strict.read_text("missing").is_none());
    let null = super::strict(br#"{"a":null}"#).unwrap();
    assert!(null.read_text("a").unwrap().is_err());
}
