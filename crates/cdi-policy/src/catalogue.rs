//! A catalogue: what each property means, and each tag as a formula (rules P-CATALOGUE, P-EXTENSION). One ships in the
//! program; others add words to it ([`crate::Catalogues`]).

use std::collections::BTreeMap;

use cdi_types::{CatalogueDigest, PlatformProperty, PropertyName, limits};
use serde::Deserialize;

use crate::catalogue_error::CatalogueError;
use crate::document::Document;
use crate::formula::{Atom, Formula};
use crate::policy_error::PolicyError;

/// The first catalogue that ships in the program. Its bytes never change: documents name it by its digest.
const V1: &[u8] = include_bytes!("../catalogue/v1.yaml");

/// The catalogues that ship besides, each of which extends the one before it: what they add needs no prefix.
const LATER: [&[u8]; 2] = [include_bytes!("../catalogue/v2.yaml"), include_bytes!("../catalogue/v3.yaml")];

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

    /// Holds if the description says everything that a reader needs, and nothing that contradicts itself.
    fn described(&self, name: &PropertyName) -> Result<(), CatalogueError> {
        let wrong = match (self.kind, self.of, self.value) {
            (Kind::Code, None, _) => "is of code, and `of` does not say whether of bytes or of making",
            (Kind::Code, _, Some(_)) => "is of code, and has `value`",
            (Kind::Platform, Some(_), _) => "is of places, and has `of`",
            (Kind::Platform, _, None) => "is of places, and `value` does not say whether it carries one",
            (Kind::Platform, ..) if self.preservable => "is of places, and no step preserves those",
            _ => return meant(name, &self.meaning),
        };
        Err(CatalogueError::IllDescribed { word: name.to_string(), wrong })
    }
}

/// Holds of a meaning that says something, and is text that a terminal shows as it is.
fn meant(name: &PropertyName, meaning: &str) -> Result<(), CatalogueError> {
    let wrong = match meaning {
        text if text.trim().is_empty() => "has no meaning",
        text if text.chars().any(char::is_control) => "has a control character in its meaning",
        _ => return Ok(()),
    };
    Err(CatalogueError::IllDescribed { word: name.to_string(), wrong })
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

/// Properties and tags, as a document has them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Spec {
    properties: BTreeMap<PropertyName, Property>,
    tags: BTreeMap<PropertyName, Tag>,
}

/// A catalogue that ships and extends another that ships.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Edition {
    extends: CatalogueDigest,
    properties: BTreeMap<PropertyName, Property>,
    tags: BTreeMap<PropertyName, Tag>,
}

/// A catalogue, held to its rules: tags and properties share no name, and tags stand for properties in the end. One that
/// extends another has the other's words as well.
#[derive(Debug, Clone)]
pub struct Catalogue {
    digest: CatalogueDigest,
    name: String,
    extends: Option<CatalogueDigest>,
    properties: BTreeMap<PropertyName, Property>,
    tags: BTreeMap<PropertyName, Tag>,
    /// What each tag stands for.
    expanded: BTreeMap<PropertyName, Formula<Atom>>,
}

impl Catalogue {
    /// The first catalogue that ships in the program.
    ///
    /// # Errors
    /// None that a test of this crate would let pass; the document is read like any other.
    pub fn builtin() -> Result<Self, PolicyError> {
        Self::load(V1)
    }

    /// The bytes of a catalogue that ships in the program; `None` for another.
    #[must_use]
    pub fn document(digest: CatalogueDigest) -> Option<&'static [u8]> {
        [V1].into_iter().chain(LATER).find(|bytes| CatalogueDigest::of(bytes) == digest)
    }

    /// The catalogues that ship after this one, the first that ships.
    ///
    /// # Errors
    /// As [`Self::builtin`].
    pub(crate) fn later(&self) -> Result<Vec<Self>, PolicyError> {
        let mut later: Vec<Self> = Vec::new();
        for bytes in LATER {
            let document: Document<Edition> = Document::load(bytes, "Catalogue")?;
            let (digest, spec) = (CatalogueDigest::of(bytes), document.spec);
            let before = later.last().unwrap_or(self);
            if before.digest != spec.extends {
                return Err(CatalogueError::UnknownBase { found: spec.extends }.into());
            }
            let named = (digest, document.metadata.name.to_string());
            later.push(before.extended(named, spec.properties, spec.tags)?);
        }
        Ok(later)
    }

    /// Reads a catalogue that extends none. Whoever decides chooses it; policies name the one that they are written under.
    ///
    /// # Errors
    /// [`PolicyError`] names the first rule that the document breaks.
    pub fn load(bytes: &[u8]) -> Result<Self, PolicyError> {
        let document: Document<Spec> = Document::load(bytes, "Catalogue")?;
        let nothing = Self {
            digest: CatalogueDigest::of(bytes),
            name: document.metadata.name.to_string(),
            extends: None,
            properties: BTreeMap::new(),
            tags: BTreeMap::new(),
            expanded: BTreeMap::new(),
        };
        nothing.with(document.spec.properties, document.spec.tags)
    }

    /// This catalogue with more words; nobody has looked yet at how they are named.
    pub(crate) fn extended(
        &self,
        (digest, name): (CatalogueDigest, String),
        properties: BTreeMap<PropertyName, Property>,
        tags: BTreeMap<PropertyName, Tag>,
    ) -> Result<Self, PolicyError> {
        let extended = Self { digest, name, extends: Some(self.digest), ..self.clone() };
        extended.with(properties, tags)
    }

    /// The catalogue with these words. Formulas of the tags may name its properties, and those tags that were there before.
    fn with(
        mut self,
        properties: BTreeMap<PropertyName, Property>,
        tags: BTreeMap<PropertyName, Tag>,
    ) -> Result<Self, PolicyError> {
        for (name, property) in &properties {
            property.described(name)?;
        }
        self.properties.extend(properties);
        let mut expanded = BTreeMap::new();
        for (name, tag) in &tags {
            if self.properties.contains_key(name) {
                return Err(CatalogueError::WordTwice { word: name.to_string() }.into());
            }
            meant(name, &tag.meaning)?;
            expanded.insert(name.clone(), self.formula(name, tag)?);
        }
        self.tags.extend(tags);
        self.expanded.extend(expanded);
        Ok(self)
    }

    fn formula(&self, name: &PropertyName, tag: &Tag) -> Result<Formula<Atom>, PolicyError> {
        let mut words = 0;
        tag.formula.expand(&mut |word| {
            let meaning = self.meaning(word)?;
            words += meaning.words();
            if words > limits::TAG_WORDS {
                return Err(CatalogueError::TagWords { word: name.to_string() }.into());
            }
            Ok(meaning)
        })
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

    /// The catalogue that it extends.
    #[must_use]
    pub const fn extends(&self) -> Option<CatalogueDigest> {
        self.extends
    }

    /// Whether it has the word, as a property or a tag.
    #[must_use]
    pub fn has(&self, word: &PropertyName) -> bool {
        self.properties.contains_key(word) || self.tags.contains_key(word)
    }

    /// What a word of a requirement stands for: a property for itself, a tag for its formula.
    ///
    /// # Errors
    /// [`PolicyError::UnknownWord`], or the way in which a value is wrong: a word that nobody knows must not be dropped.
    pub fn meaning(&self, word: &str) -> Result<Formula<Atom>, PolicyError> {
        let tag = PropertyName::parse(word).ok().and_then(|name| self.expanded.get(&name));
        tag.map_or_else(|| self.atom(word).map(Formula::Atom), |formula| Ok(formula.clone()))
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

    /// What documents out there name: none of these ever changes.
    const SHIPPED: [&str; 3] = [
        "5beab423b29faddf397861f326ae3acf27dc52f5459c18398601e7e976368656",
        "3777fc1d0135712ade57c26a2257d41fbccf7595c7c341ee7ac611c33d01499a",
        "6f2a49e05754c1d54dadfae988ab82f00a144527c5ba5c66418293141784a83d",
    ];

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
    fn what_ships_later_keeps_every_word_that_shipped_before() {
        let first = Catalogue::builtin().unwrap();
        let mut before = &first;
        let later = first.later().unwrap();
        let digests = [&first].into_iter().chain(&later).map(|shipped| shipped.digest().to_string());
        assert_eq!(digests.collect::<Vec<_>>(), SHIPPED);
        for next in &later {
            assert_eq!(next.extends(), Some(before.digest()));
            for word in before.properties().keys().chain(before.tags().keys()).filter(|word| !word.is_step())
            {
                let meaning =
                    |catalogue: &Catalogue| catalogue.meaning(word.as_str()).map_err(|error| error.code());
                assert_eq!(meaning(next), meaning(before), "{word}");
            }
            for property in next.properties().values() {
                assert_eq!(
                    (property.of.is_some(), property.value.is_some()),
                    match property.kind {
                        Kind::Code => (true, false),
                        Kind::Platform => (false, true),
                    }
                );
            }
            assert!(Catalogue::document(next.digest()).is_some());
            before = next;
        }
        let meaning = |tag: &str| later.last().unwrap().meaning(tag).unwrap().to_string();
        let confined = meaning("CONFINED_EXECUTION");
        assert!(
            confined.contains("platform SYSCALL_FILTERING") && confined.contains("platform VM_ISOLATION")
        );
        assert_eq!(
            meaning("HARDENED_PROGRAM"),
            "PIE and FULL_RELRO and NX_STACK and STACK_CANARIES and FORTIFIED"
        );
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
