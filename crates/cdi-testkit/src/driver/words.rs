//! The words of the driver's catalogue, one for each word of a world's catalogue.
//!
//! A word of code is given one that can be preserved exactly if the world's can, and that is of making if the world's is. All words of `MEM_` that can be
//! preserved become words of `WASM_`, and no other word does, so that a scope's prefix keeps its meaning.

use crate::model::world::{Catalogue, Pattern, Property, STEP};
use std::collections::BTreeMap;

/// Model word, its stand-ins while it can be preserved: of bytes, and of making.
const PRESERVABLE: [(&str, &str, &str); 3] = [
    ("MEM_BOUNDS", "WASM_BOUNDS", "WASM_MADE_BOUND"),
    ("MEM_STACK", "WASM_STACK", "WASM_MADE_STACKED"),
    ("TESTED", "STACK_CANARIES", "BUILT_TESTED"),
];
/// The stand-ins of a word that an extension adds, while it can be preserved and when it cannot: of bytes, and of making.
const ADDED: [(&str, &str); 2] = [("ACME_TESTED", "ACME_MADE_TESTED"), ("ACME_SCANNED", "ACME_MADE_SCANNED")];
/// The catalogue's words of code that cannot be preserved, [`STEP`] aside: of bytes, and of making.
const NOT_PRESERVABLE: [(&str, &str); 3] =
    [("READ_BY_TWO", "BUILT_BY_TWO"), ("SCANNED", "BUILT_SCANNED"), ("NUMBERED", "BUILT_NUMBERED")];
const PLATFORM: [(&str, &str); 3] = [
    ("GUARD_PAGES", "GUARD_PAGES=WASMTIME_4GIB_32MIB"),
    ("VM_ISOLATION", "VM_ISOLATION"),
    ("LOCATION_MOON", "LOCATION=moon"),
];

/// The dictionary of one world.
#[derive(Clone, Debug)]
pub struct Words {
    code: BTreeMap<Property, &'static str>,
    platform: BTreeMap<Property, &'static str>,
}

impl Words {
    /// The dictionary for the words of this catalogue.
    pub fn of(catalogue: &Catalogue) -> Self {
        let mut lost = NOT_PRESERVABLE.into_iter();
        let mut code = BTreeMap::from([(STEP.to_owned(), STEP)]);
        for (word, of_bytes, of_making) in PRESERVABLE {
            let preserved = catalogue.preservable.contains(word);
            let stand_ins = match (catalogue.added.contains(word), preserved) {
                (true, _) => ADDED.get(usize::from(!preserved)).copied(),
                (false, true) => Some((of_bytes, of_making)),
                (false, false) => lost.next(),
            };
            let is_of_making = catalogue.making.contains(word);
            let stand_in =
                stand_ins.map(|(of_bytes, of_making)| if is_of_making { of_making } else { of_bytes });
            code.extend(stand_in.map(|stand_in| (word.to_owned(), stand_in)));
        }
        let platform = PLATFORM.into_iter().map(|(word, stand_in)| (word.to_owned(), stand_in)).collect();
        Self { code, platform }
    }

    /// The words of code, [`STEP`] included, with their stand-ins.
    pub fn code(&self) -> impl Iterator<Item = (&Property, &'static str)> {
        self.code.iter().map(|(word, stand_in)| (word, *stand_in))
    }

    /// The stand-in of a word of code. One that stands in no dictionary is a word that no catalogue has.
    pub fn property(&self, word: &str) -> &'static str {
        let of_place = || self.platform.get(word).and_then(|text| text.split('=').next());
        self.code.get(word).copied().or_else(of_place).unwrap_or("NO_WORD")
    }

    /// The stand-in of a word about places, with its value.
    pub fn platform(&self, word: &str) -> &'static str {
        self.platform.get(word).copied().unwrap_or("NO_WORD")
    }

    /// The patterns that match the stand-ins of what this pattern matches, and of nothing else.
    pub fn patterns(&self, pattern: &Pattern) -> Vec<String> {
        let prefix = match pattern {
            Pattern::All => return vec!["*".to_owned()],
            Pattern::Exact(word) => return vec![self.property(word).to_owned()],
            Pattern::Prefix(prefix) => prefix,
        };
        let begins = |word: &Property| word.starts_with(prefix.as_str());
        let all_wasm =
            self.code.iter().all(|(word, stand_in)| !stand_in.starts_with("WASM_") || begins(word));
        let matched = self.code.iter().filter(|(word, _)| begins(word));
        let mut patterns: Vec<String> = matched
            .map(|(_, stand_in)| match stand_in.strip_prefix("WASM_") {
                Some(_) if all_wasm => "WASM_*".to_owned(),
                _ => (*stand_in).to_owned(),
            })
            .collect();
        patterns.dedup();
        // A prefix that matches nothing here matches nothing there.
        if patterns.is_empty() { vec![format!("{prefix}*")] } else { patterns }
    }
}
