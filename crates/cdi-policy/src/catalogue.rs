//! The catalogue: what each property means, and each tag as a formula (rule P-CATALOGUE). One ships in the program.

use std::collections::{BTreeMap, BTreeSet};

use cdi_types::{CatalogueDigest, PlatformProperty, PropertyName};
use cdi_verify::Vocabulary;
use serde::Deserialize;

use crate::document::Document;
use crate::formula::{Atom, Formula};
use crate::policy_error::PolicyError;

/// The catalogue that ships in the program.
const V1: &[u8] = include_bytes!("../catalogue/v1.yaml");

/// What a property is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The code.
    Code,
    /// The place.
    Platform,
}

/// A property of the catalogue.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Property {
    /// What it is about.
    pub kind: Kind,
    /// What it means.
    pub meaning: String,
    /// Of bytes (true of any equal bytes) or of making (true of one run); of code properties only.
    #[serde(default)]
    pub of: Option<Of>,
    /// Whether a step can preserve it; of code properties only.
    #[serde(default)]
    pub preservable: bool,
    /// Whether it carries a value; of platform properties only.
    #[serde(default)]
    pub value: Option<Value>,
}

impl Property {
    /// Whether it is true of one run.
    #[must_use]
    pub fn is_of_making(&self) -> bool {
        self.of == Some(Of::Making)
    }
}

/// What a code property is true of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Of {
    /// Any equal bytes.
    Bytes,
    /// One run.
    Making,
}

/// Whether a platform property carries a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Value {
    /// It must.
    Required,
    /// It must not.
    None,
}

/// A tag of the catalogue: a coarse word that stands for a formula.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tag {
    /// What it means.
    pub meaning: String,
    /// What it stands for.
    pub formula: Formula<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Spec {
    properties: BTreeMap<PropertyName, Property>,
    tags: BTreeMap<PropertyName, Tag>,
}

/// A catalogue, held to its rules: tags and properties share no name, and tags stand for properties only.
#[derive(Debug, Clone)]
pub struct Catalogue {
    digest: CatalogueDigest,
    name: String,
    properties: BTreeMap<PropertyName, Property>,
    tags: BTreeMap<PropertyName, Tag>,
}

impl Catalogue {
    /// The catalogue that ships in the program.
    ///
    /// # Errors
    /// None that a test of this crate would let pass; the document is read like any other.
    pub fn builtin() -> Result<Self, PolicyError> {
        Self::load(V1)
    }

    /// The bytes of the catalogue that ships in the program.
    #[must_use]
    pub const fn builtin_document() -> &'static [u8] {
        V1
    }

    /// Reads a catalogue. Whoever decides chooses it; policies name the one that they are written under.
    ///
    /// # Errors
    /// [`PolicyError`] names the first rule that the document breaks.
    pub fn load(bytes: &[u8]) -> Result<Self, PolicyError> {
        let document: Document<Spec> = Document::load(bytes, "Catalogue")?;
        let Spec { properties, tags } = document.spec;
        let digest = CatalogueDigest::of(bytes);
        let catalogue = Self { digest, name: document.metadata.name.to_string(), properties, tags };
        for (name, tag) in &catalogue.tags {
            if catalogue.properties.contains_key(name) {
                return Err(PolicyError::WordTwice { word: name.to_string() });
            }
            tag.formula.expand(&mut |word| catalogue.atom(word).map(Formula::Atom))?;
        }
        Ok(catalogue)
    }

    /// The digest by which certifications and policies name the catalogue.
    #[must_use]
    pub const fn digest(&self) -> CatalogueDigest {
        self.digest
    }

    /// The catalogue's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The properties, by name.
    #[must_use]
    pub const fn properties(&self) -> &BTreeMap<PropertyName, Property> {
        &self.properties
    }

    /// The tags, by name.
    #[must_use]
    pub const fn tags(&self) -> &BTreeMap<PropertyName, Tag> {
        &self.tags
    }

    /// The words that the flow of properties needs.
    #[must_use]
    pub fn vocabulary(&self) -> Vocabulary {
        let names = |of: fn(&Property) -> bool| -> BTreeSet<PropertyName> {
            let such = self.properties.iter().filter(|(name, property)| !name.is_step() && of(property));
            such.map(|(name, _)| name.clone()).collect()
        };
        Vocabulary {
            catalogue: self.digest,
            preservable: names(|property| property.preservable),
            of_making: names(Property::is_of_making),
        }
    }

    /// What a word of a requirement stands for: a property for itself, a tag for its formula.
    ///
    /// # Errors
    /// [`PolicyError::UnknownWord`], or the way in which a value is wrong: a word that nobody knows must not be dropped.
    pub fn meaning(&self, word: &str) -> Result<Formula<Atom>, PolicyError> {
        let tag = PropertyName::parse(word).ok().and_then(|name| self.tags.get(&name));
        match tag {
            Some(tag) => tag.formula.expand(&mut |word| self.atom(word).map(Formula::Atom)),
            None => self.atom(word).map(Formula::Atom),
        }
    }

    fn atom(&self, word: &str) -> Result<Atom, PolicyError> {
        let unknown = || PolicyError::UnknownWord {
            word: word.chars().take(80).flat_map(char::escape_debug).collect(),
        };
        let platform = PlatformProperty::parse(word).ok_or_else(unknown)?;
        if platform.name.is_step() {
            return Err(PolicyError::ReservedWord { word: word.to_owned() });
        }
        let property = self.properties.get(&platform.name).ok_or_else(unknown)?;
        let wants_value = property.value == Some(Value::Required);
        match (property.kind, &platform.value) {
            (Kind::Code, None) => Ok(Atom::Code(platform.name)),
            (Kind::Platform, value) if value.is_some() == wants_value => Ok(Atom::Platform(platform)),
            _ => Err(PolicyError::WrongValue { word: word.to_owned() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_that_ships_keeps_its_rules() {
        let catalogue = Catalogue::builtin().unwrap();
        assert!(catalogue.tags().len() >= 4);
        for property in catalogue.properties().values() {
            let code = property.kind == Kind::Code;
            assert_eq!(property.of.is_some(), code);
            assert_eq!(property.value.is_some(), !code);
            assert!(!property.preservable || property.of == Some(Of::Bytes));
        }
        let sandboxed = catalogue.meaning("CODE_SANDBOXING").unwrap();
        assert!(sandboxed.to_string().contains("platform GUARD_PAGES=WASMTIME_4GIB_32MIB"));
    }

    #[test]
    fn a_word_with_two_meanings_is_rejected() {
        let text =
            String::from_utf8(V1.to_vec()).unwrap().replace("    NO_NETWORK:\n", "    WASM_VALIDATED:\n");
        assert_eq!(Catalogue::load(text.as_bytes()).unwrap_err().code(), "word-twice");
    }

    #[test]
    fn unknown_reserved_and_valueless_words_are_rejected() {
        let catalogue = Catalogue::builtin().unwrap();
        for (word, code) in [
            ("CONFIDENTIAL_EXECUTIONS", "word-unknown"),
            ("code_sandboxing", "word-unknown"),
            ("", "word-unknown"),
            ("STEP", "word-reserved"),
            ("LOCATION", "word-wrong-value"),
            ("VM_ISOLATION=yes", "word-wrong-value"),
            ("WASM_VALIDATED=1", "word-wrong-value"),
            ("LOCATION=a b", "word-unknown"),
        ] {
            assert_eq!(catalogue.meaning(word).unwrap_err().code(), code, "{word}");
        }
    }
}
