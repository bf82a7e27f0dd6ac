//! The catalogues that a decider knows: those that ship, and what extends them (rule P-EXTENSION). They come from whoever
//! runs the host, never from a bundle.

use std::collections::BTreeMap;

use cdi_types::{CatalogueDigest, PropertyName, limits};
use cdi_verify::Vocabulary;
use serde::Deserialize;

use crate::catalogue::{Catalogue, Property, Tag};
use crate::catalogue_error::CatalogueError;
use crate::document::Document;
use crate::formula::{Atom, Formula};
use crate::policy_error::PolicyError;

/// An extension, as its document has it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Extension {
    extends: CatalogueDigest,
    prefix: String,
    #[serde(default)]
    properties: BTreeMap<PropertyName, Property>,
    #[serde(default)]
    tags: BTreeMap<PropertyName, Tag>,
}

/// Catalogues among which every word has one meaning.
#[derive(Debug, Clone)]
pub struct Catalogues {
    /// The one that extends none.
    base: Catalogue,
    /// What ships besides, each of which extends the one before it.
    later: Vec<Catalogue>,
    /// What extends one of these, or one that stands before.
    extensions: Vec<Catalogue>,
}

impl Catalogues {
    /// The catalogues that ship in the program, and no other.
    ///
    /// # Errors
    /// As [`Catalogue::builtin`].
    pub fn builtin() -> Result<Self, PolicyError> {
        let base = Catalogue::builtin()?;
        Ok(Self { later: base.later()?, ..Self::of(base) })
    }

    /// This catalogue and no other.
    #[must_use]
    pub const fn of(base: Catalogue) -> Self {
        Self { base, later: Vec::new(), extensions: Vec::new() }
    }

    /// Takes in an extension of one that is known, and gives it back with all of its words.
    ///
    /// # Errors
    /// [`PolicyError`] names the first rule that the document breaks. Nothing is taken in then.
    pub fn extend(&mut self, bytes: &[u8]) -> Result<&Catalogue, PolicyError> {
        let document: Document<Extension> = Document::load(bytes, "Catalogue")?;
        let (digest, spec) = (CatalogueDigest::of(bytes), document.spec);
        if self.find(digest).is_some() {
            return Err(CatalogueError::Twice { digest }.into());
        }
        // What ships counts as one: a program that has more of it knows no fewer of others.
        if self.extensions.len().saturating_add(1) >= limits::CATALOGUES {
            return Err(CatalogueError::TooMany.into());
        }
        let unknown = CatalogueError::UnknownBase { found: spec.extends };
        let extended = self.find(spec.extends).ok_or(unknown)?;
        self.prefixed(&spec)?;
        let named = (digest, document.metadata.name.to_string());
        let catalogue = extended.extended(named, spec.properties, spec.tags)?;
        self.extensions.push(catalogue);
        Ok(self.newest())
    }

    /// Holds if the extension names its words by its prefix, and none of them is known.
    fn prefixed(&self, spec: &Extension) -> Result<(), CatalogueError> {
        let prefix = family(&spec.prefix)?;
        if let Some(word) =
            self.shipped().flat_map(words).find(|word| word.as_str().split('_').next() == Some(prefix))
        {
            let (prefix, word) = (spec.prefix.clone(), word.to_string());
            return Err(CatalogueError::PrefixTaken { prefix, word });
        }
        let mut added = spec.properties.keys().chain(spec.tags.keys()).peekable();
        if added.peek().is_none() {
            return Err(CatalogueError::AddsNothing);
        }
        for word in added {
            if word.as_str().strip_prefix(&spec.prefix).is_none_or(str::is_empty) {
                let (word, prefix) = (word.to_string(), spec.prefix.clone());
                return Err(CatalogueError::NotPrefixed { word, prefix });
            }
            if let Some(known) = self.all().find(|known| known.has(word)) {
                let (word, catalogue) = (word.to_string(), known.name().to_owned());
                return Err(CatalogueError::Redefined { word, catalogue });
            }
        }
        Ok(())
    }

    /// All of them, each behind what it extends.
    pub fn all(&self) -> impl Iterator<Item = &Catalogue> {
        self.shipped().chain(&self.extensions)
    }

    /// Those that ship.
    fn shipped(&self) -> impl Iterator<Item = &Catalogue> {
        [&self.base].into_iter().chain(&self.later)
    }

    fn ships(&self, word: &PropertyName) -> bool {
        self.shipped().any(|catalogue| catalogue.has(word))
    }

    /// Those that extend what ships, each behind what it extends.
    #[must_use]
    pub fn extensions(&self) -> &[Catalogue] {
        &self.extensions
    }

    /// The one that was taken in last, or else the newest of those that ship: by it new documents are written.
    #[must_use]
    pub fn newest(&self) -> &Catalogue {
        self.extensions.last().or(self.later.last()).unwrap_or(&self.base)
    }

    /// The one that all others extend.
    #[must_use]
    pub const fn base(&self) -> &Catalogue {
        &self.base
    }

    /// The catalogue with this digest.
    #[must_use]
    pub fn find(&self, digest: CatalogueDigest) -> Option<&Catalogue> {
        self.all().find(|catalogue| catalogue.digest() == digest)
    }

    /// The catalogue under which a policy is written.
    ///
    /// # Errors
    /// [`PolicyError::UnknownCatalogue`].
    pub fn named(&self, digest: CatalogueDigest) -> Result<&Catalogue, PolicyError> {
        self.find(digest).ok_or_else(|| {
            let known: Vec<String> = self.all().map(|catalogue| catalogue.digest().to_string()).collect();
            PolicyError::UnknownCatalogue { found: digest, known: known.join(", ") }
        })
    }

    /// What a word stands for, by whichever of them has it.
    ///
    /// # Errors
    /// As [`Catalogue::meaning`].
    pub fn meaning(&self, word: &str) -> Result<Formula<Atom>, PolicyError> {
        let unknown = |error: &PolicyError| matches!(error, PolicyError::UnknownWord { .. });
        let besides = self.extensions.iter().chain(&self.later);
        let mut meanings = besides.map(|catalogue| catalogue.meaning(word));
        let known = meanings.find(|meaning| !meaning.as_ref().is_err_and(unknown));
        known.unwrap_or_else(|| self.base.meaning(word))
    }

    /// The words that the flow of properties needs, for a policy under one of these catalogues.
    #[must_use]
    pub fn vocabulary(&self, catalogue: &Catalogue) -> Vocabulary {
        let names = |of: fn(&Property) -> bool| {
            let such =
                catalogue.properties().iter().filter(|(name, property)| !name.is_step() && of(property));
            such.map(|(name, _)| name.clone()).collect()
        };
        // Every word has one meaning here, so that two catalogues with one name have it from the same document.
        let shared = |other: &Catalogue| {
            let both = other.properties().keys().filter(|name| catalogue.has(name));
            (other.digest(), both.cloned().collect())
        };
        Vocabulary {
            preservable: names(|property| property.preservable),
            of_making: names(Property::is_of_making),
            added: self.all().flat_map(words).filter(|word| !self.ships(word)).cloned().collect(),
            shared: self.all().map(shared).collect(),
        }
    }
}

fn words(catalogue: &Catalogue) -> impl Iterator<Item = &PropertyName> {
    catalogue.properties().keys().chain(catalogue.tags().keys())
}

/// The part of a prefix before its `_`. Prefixes have one `_`, so that no two of them name the same word.
fn family(prefix: &str) -> Result<&str, CatalogueError> {
    let family = prefix.strip_suffix('_').filter(|family| {
        (1..=31).contains(&family.len())
            && family.starts_with(|first: char| first.is_ascii_uppercase())
            && family.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    });
    let shown = || prefix.chars().take(80).flat_map(char::escape_debug).collect();
    family.ok_or_else(|| CatalogueError::Prefix { prefix: shown() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACME: &str = "apiVersion: code-deployment-integrity.io/v1
kind: Catalogue
metadata: {name: acme}
spec:
  extends: \"<base>\"
  prefix: ACME_
  properties:
    ACME_REVIEWED: {kind: code, of: bytes, preservable: true, meaning: Two people have read these bytes.}
    ACME_RACK: {kind: platform, value: required, meaning: The rack that the node stands in.}
  tags:
    ACME_FIT: {meaning: Fit for us., formula: {allOf: [ACME_REVIEWED, CODE_SANDBOXING]}}
";

    fn base() -> String {
        Catalogue::builtin().unwrap().digest().to_string()
    }

    fn acme() -> String {
        ACME.replace("<base>", &base())
    }

    fn extended(text: &str) -> Result<Catalogue, &'static str> {
        let mut catalogues = Catalogues::builtin().unwrap();
        catalogues.extend(text.as_bytes()).cloned().map_err(|error| error.code())
    }

    #[test]
    fn an_extension_has_its_words_and_those_of_what_it_extends() {
        let acme = extended(&acme()).unwrap();
        let fit = acme.meaning("ACME_FIT").unwrap().to_string();
        assert!(fit.starts_with("ACME_REVIEWED and (WASM_"), "{fit}");
        assert!(acme.meaning("WASM_VALIDATED").is_ok() && acme.meaning("ACME_RACK=7").is_ok());
        assert_eq!(acme.meaning("ACME_RACK").unwrap_err().code(), "word-wrong-value");
    }

    #[test]
    fn an_extension_that_breaks_a_rule_is_rejected() {
        for (from, to, code) in [
            ("<base>", "00".repeat(32).as_str(), "catalogue-base-unknown"),
            ("prefix: ACME_", "prefix: ACME", "catalogue-prefix"),
            ("prefix: ACME_", "prefix: ACME_X_", "catalogue-prefix"),
            ("prefix: ACME_", "prefix: _", "catalogue-prefix"),
            ("prefix: ACME_", "prefix: \"\\e[1mX_\"", "catalogue-prefix"),
            ("prefix: ACME_", "prefix: WASM_", "catalogue-prefix-taken"),
            ("prefix: ACME_", "prefix: LOCATION_", "catalogue-prefix-taken"),
            ("prefix: ACME_", "prefix: STEP_", "catalogue-prefix-taken"),
            ("prefix: ACME_", "prefix: OPERATOR_", "catalogue-prefix-taken"),
            ("prefix: ACME_", "prefix: OTHER_", "word-not-prefixed"),
            ("ACME_RACK:", "ACME_:", "word-not-prefixed"),
            ("ACME_RACK:", "WASM_VALIDATED:", "word-not-prefixed"),
            ("ACME_RACK:", "STEP:", "word-not-prefixed"),
            ("ACME_RACK:", "acme_rack:", "catalogue-malformed"),
            ("ACME_FIT:", "ACME_REVIEWED:", "word-twice"),
            ("[ACME_REVIEWED,", "[ACME_FIT,", "word-unknown"),
            ("[ACME_REVIEWED,", "[STEP,", "word-reserved"),
            ("[ACME_REVIEWED,", "[ACME_RACK,", "word-wrong-value"),
            ("of: bytes, ", "", "word-ill-described"),
            ("of: bytes, ", "of: bytes, value: none, ", "word-ill-described"),
            ("value: required, ", "", "word-ill-described"),
            ("value: required, ", "value: none, of: bytes, ", "word-ill-described"),
            ("value: required, ", "value: none, preservable: true, ", "word-ill-described"),
            ("Fit for us.", "\"  \"", "word-ill-described"),
            ("Fit for us.", "\"\\e[2J\"", "word-ill-described"),
            ("  prefix: ACME_\n", "", "catalogue-malformed"),
            ("  tags:", "  labels:", "catalogue-malformed"),
            ("kind: Catalogue", "kind: Policy", "policy-wrong-kind"),
        ] {
            assert!(ACME.contains(from), "{from}");
            let text = ACME.replacen(from, to, 1).replace("<base>", &base());
            assert_eq!(extended(&text).map(drop), Err(code), "{to}");
        }
        let nothing = acme().split("  properties:").next().unwrap().to_owned();
        assert_eq!(extended(&nothing).map(drop), Err("catalogue-adds-nothing"));
        assert_eq!(
            extended(&format!("{}# {}", acme(), "x".repeat(300_000))).map(drop),
            Err("limit-policy-bytes")
        );
    }

    #[test]
    fn one_word_has_one_meaning_among_all() {
        let mut catalogues = Catalogues::builtin().unwrap();
        let first = catalogues.extend(acme().as_bytes()).unwrap().digest();
        let again = |catalogues: &mut Catalogues, text: &str| {
            catalogues.extend(text.as_bytes()).map(Catalogue::digest).map_err(|error| error.code())
        };
        assert_eq!(again(&mut catalogues, &acme()), Err("catalogue-twice"));
        let other = acme().replace("Two people", "Nobody");
        assert_eq!(again(&mut catalogues, &other), Err("word-redefined"));
        // The next edition of the same words extends the first, and has words of its own.
        let next = acme().replace(&base(), &first.to_string());
        assert_eq!(again(&mut catalogues, &next), Err("word-redefined"));
        let next = next
            .replace("ACME_RE", "ACME_NEW_RE")
            .replace("ACME_RACK", "ACME_ROW")
            .replace(": {meaning", "_TOO: {meaning");
        let next = again(&mut catalogues, &next).unwrap();
        let next = catalogues.find(next).unwrap();
        assert!(next.meaning("ACME_FIT").is_ok() && next.meaning("ACME_FIT_TOO").is_ok());
        assert_eq!(catalogues.extensions().len(), 2);
    }

    #[test]
    fn tags_of_tags_end() {
        let mut catalogues = Catalogues::builtin().unwrap();
        let mut below = (base(), "CODE_SANDBOXING".to_owned());
        let mut codes = Vec::new();
        for level in 0..16 {
            let parts = [below.1.as_str(); 8].join(", ");
            let text = format!(
                "apiVersion: code-deployment-integrity.io/v1\nkind: Catalogue\nmetadata: {{name: l{level}}}\nspec:\n  \
                 extends: \"{}\"\n  prefix: ACME_\n  tags:\n    ACME_L{level}: {{meaning: More., formula: {{anyOf: [{parts}]}}}}\n",
                below.0
            );
            match catalogues.extend(text.as_bytes()) {
                Ok(catalogue) => below = (catalogue.digest().to_string(), format!("ACME_L{level}")),
                Err(error) => codes.push(error.code()),
            }
        }
        assert_eq!(codes.first(), Some(&"limit-tag-words"));
    }

    #[test]
    fn a_tag_of_as_many_words_as_it_may_have_is_allowed() {
        let mut catalogues = Catalogues::builtin().unwrap();
        let mut level = |extends: &str, name: &str, parts: &[&str]| {
            let text = format!(
                "apiVersion: code-deployment-integrity.io/v1\nkind: Catalogue\nmetadata: {{name: {}}}\nspec:\n  \
                 extends: \"{extends}\"\n  prefix: ACME_\n  tags:\n    {name}: {{meaning: More., formula: {{anyOf: [{}]}}}}\n",
                name.to_lowercase().replace('_', "-"),
                parts.join(", ")
            );
            let extended = catalogues.extend(text.as_bytes());
            extended.map(|catalogue| catalogue.digest().to_string()).map_err(|error| error.code())
        };
        let sixteen = level(&base(), "ACME_A", &["WASM_VALIDATED"; 16]).unwrap();
        let more = level(&sixteen, "ACME_B", &["ACME_A"; 16]).unwrap();
        assert!(level(&more, "ACME_C", &["ACME_B"; limits::TAG_WORDS >> 8]).is_ok());
        let over = [&["ACME_B"; limits::TAG_WORDS >> 8][..], &["WASM_VALIDATED"]].concat();
        assert_eq!(level(&more, "ACME_D", &over), Err("limit-tag-words"));
    }

    #[test]
    fn sixteen_catalogues_and_no_more() {
        let mut catalogues = Catalogues::builtin().unwrap();
        let family = |number: usize| acme().replace("ACME_", &format!("ACME{number}_"));
        for number in 0..15 {
            assert!(catalogues.extend(family(number).as_bytes()).is_ok(), "{number}");
        }
        let code = catalogues.extend(family(15).as_bytes()).map(drop).unwrap_err().code();
        assert_eq!(code, "limit-catalogues");
    }

    #[test]
    fn a_vocabulary_shares_what_stands_in_both() {
        let mut catalogues = Catalogues::builtin().unwrap();
        let acme = catalogues.extend(acme().as_bytes()).unwrap().clone();
        let base = catalogues.base().clone();
        let word = |text: &str| PropertyName::parse(text).unwrap();
        let (validated, reviewed) = (word("WASM_VALIDATED"), word("ACME_REVIEWED"));
        let under_acme = catalogues.vocabulary(&acme);
        let under_base = catalogues.vocabulary(&base);
        let has = |vocabulary: &Vocabulary, of: &Catalogue, word: &PropertyName| {
            vocabulary.shared.get(&of.digest()).unwrap().contains(word)
        };
        assert!(has(&under_acme, &acme, &reviewed) && !has(&under_acme, &base, &reviewed));
        assert!(!has(&under_base, &acme, &reviewed) && has(&under_base, &acme, &validated));
        assert!(under_base.added.contains(&reviewed) && !under_base.added.contains(&validated));
        assert!(under_acme.preservable.contains(&reviewed) && !under_base.preservable.contains(&reviewed));
    }
}
