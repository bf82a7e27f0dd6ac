//! Strict JSON, held against `serde_json` (rule F-JSON).

use cdi_import::Json;
use cdi_types::json::{strict, typed};

use crate::{Target, reference, seeds, shown};

pub(crate) const TARGET: Target = Target {
    name: "json",
    oracle: "accepts exactly what serde_json reads as one value without repeated members, lone surrogates or more than 32 levels; \
             tells unsafe numbers as it does; typed values are serde_json's",
    run,
    seeds,
    words: seeds::json_words,
    most: 4_096,
};

fn run(bytes: &[u8]) {
    match (strict(bytes), reference::strict_json(bytes)) {
        (Ok(text), Some(safe)) => {
            assert_eq!(text.text().as_bytes(), bytes);
            assert_eq!(text.safe_numbers().is_ok(), safe);
            let value: Option<Json> = serde_json::from_slice(bytes).ok();
            // `null` is no value of ours, wherever it stands (rule F-JSON-NULL).
            let read = typed::<Json>(text).ok();
            let null = bytes.windows(4).any(|window| window == b"null");
            assert!(read == value || (read.is_none() && null), "ours {read:?}, theirs {value:?}");
        }
        (Err(error), None) => shown::told(error.code(), &error),
        (ours, theirs) => panic!("ours {ours:?}, theirs {theirs:?}"),
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let texts = [
        r#"{"a":[1,-0,1.5e3,9007199254740991,9007199254740992,true,false,null,"\u00e9\ud83d\ude00\n"]}"#,
        r#"{"a":1,"\u0061":2}"#,
        r#"["\ud800","\udc00"]"#,
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[0]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
        "{\"\":{},\"b\":[],\"c\":[{}]} \t\r\n",
        "\u{feff}{}",
        "1e400",
    ];
    let payloads = seeds::payloads().into_iter().map(|(_, payload)| payload);
    texts.iter().map(|text| text.as_bytes().to_vec()).chain(payloads).collect()
}
