//! What somebody may have meant: the known word that is most like a misspelt one.

use crate::failure::Failure;

/// How alike words must be, from 0 to 1 by Jaro: as clap has it for misspelt options.
const ALIKE: f64 = 0.7;

/// Longer words are misspellings of nothing, and to compare them takes long.
const LONGEST: usize = 128;

/// The known word that is most like `word`, if any is like it.
pub(crate) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    if word.len() > LONGEST {
        return None;
    }
    let alike = |known: &&str| strsim::jaro(&word.to_lowercase(), &known.to_lowercase());
    let known = known.into_iter().map(|known| (alike(&known), known)).filter(|(alike, _)| *alike > ALIKE);
    known.max_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, known)| known)
}

impl Failure {
    /// Names what `word` may be a misspelling of.
    pub(crate) fn meant<'k>(self, word: &str, known: impl IntoIterator<Item = &'k str>) -> Self {
        match nearest(word, known) {
            Some(known) => self.hint(format!("did you mean `{known}`?")),
            None => self,
        }
    }

    /// Names what `word` may be a misspelling of, and all that there is of `what`.
    pub(crate) fn known(self, what: &str, word: &str, known: &[&str]) -> Self {
        let all: Vec<String> = known.iter().map(|known| format!("`{known}`")).collect();
        let all = if all.is_empty() { "none".to_owned() } else { all.join(", ") };
        self.meant(word, known.iter().copied()).hint(format!("{what}: {all}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_alike_word_is_meant_or_none() {
        let known = ["WASM_VALIDATED", "WASM_NO_IMPORTS", "STACK_CANARIES"];
        assert_eq!(nearest("WASM_VALIDTED", known), Some("WASM_VALIDATED"));
        assert_eq!(nearest("wasm_no_import", known), Some("WASM_NO_IMPORTS"));
        assert_eq!(nearest("XY", known), None);
        assert_eq!(nearest("A", []), None);
        let long = "A".repeat(LONGEST + 1);
        assert_eq!(nearest(&long, [long.as_str()]), None);
    }
}
