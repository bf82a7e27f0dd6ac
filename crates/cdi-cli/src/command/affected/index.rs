//! The index: what was found out about each bundle, so that it is found out once (ADR 0012).
//!
//! An entry counts only as long as nothing that it rests on can have changed: the bundle and the artifact by their stamps or
//! digests, the decider by its fingerprint, the time by the entry's own bounds. A file that is not whole is no index.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cdi_store::{Stamp, StoreError, read_artifact, replace};
use cdi_types::Sha256;
use cdi_verify::Thing;
use serde::{Deserialize, Serialize};

use super::decider::Decider;
use super::loss::Loss;
use super::thing::Named;

pub(crate) const FORM: &str = "https://code-deployment-integrity.io/affected-index/v1";

/// A file that was read: its digest, and its stamp if that will tell whether it is still so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct File {
    pub(crate) stamp: Option<Stamp>,
    pub(crate) sha256: Sha256,
}

/// What is known of one bundle. Numbers are places in the [`Tables`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// From the folder.
    pub(crate) path: String,
    pub(crate) bundle: File,
    /// The artifact beside it.
    pub(crate) artifact: Option<File>,
    /// The times between which nothing here changes by itself, in seconds since 1970.
    pub(crate) from: u64,
    pub(crate) until: u64,
    /// Whether every thing was tried.
    pub(crate) whole: bool,
    pub(crate) judged: Vec<Judged>,
    pub(crate) called: Vec<usize>,
    /// The things of the bundle, in order.
    pub(crate) mentions: Vec<usize>,
}

/// What is known of one artifact of a bundle.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Judged {
    pub(crate) artifact: String,
    pub(crate) name: Option<String>,
    /// Things, and what would be lost by each; nothing by those that are not here.
    pub(crate) losses: Vec<(usize, usize)>,
    /// Things that somebody has revoked, and what is lost by that.
    pub(crate) lost: Vec<(usize, usize)>,
}

/// A name of a thing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Called {
    #[serde(rename = "as")]
    pub(crate) as_: Calling,
    pub(crate) name: String,
    pub(crate) thing: usize,
}

/// What a name says that the thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Calling {
    /// The key of an authority.
    Authority,
    /// An executable.
    Tool,
    /// A certification, by the digest of what it certifies.
    Certified,
}

/// What entries have in common, each once.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    pub(crate) things: Interned<Named>,
    pub(crate) called: Interned<Called>,
    pub(crate) losses: Interned<Vec<Loss>>,
}

/// Values with a number each.
#[derive(Debug)]
pub(crate) struct Interned<T> {
    pub(crate) all: Vec<T>,
    place: BTreeMap<T, usize>,
}

impl<T> Default for Interned<T> {
    fn default() -> Self {
        Self { all: Vec::new(), place: BTreeMap::new() }
    }
}

impl<T: Clone + Ord> Interned<T> {
    fn intern(&mut self, value: T) -> usize {
        let next = self.all.len();
        let place = *self.place.entry(value.clone()).or_insert(next);
        if place == next {
            self.all.push(value);
        }
        place
    }
}

impl Tables {
    pub(crate) fn thing(&mut self, thing: &Thing) -> usize {
        self.things.intern(Named::from(thing))
    }

    pub(crate) fn call(&mut self, called: Called) -> usize {
        self.called.intern(called)
    }

    pub(crate) fn loss(&mut self, losses: Vec<Loss>) -> usize {
        self.losses.intern(losses)
    }

    /// Takes over what other tables have at a place; `None` if there is nothing.
    fn adopt_thing(&mut self, from: &Self, place: usize) -> Option<usize> {
        Some(self.things.intern(from.things.all.get(place)?.clone()))
    }

    fn adopt_call(&mut self, from: &Self, place: usize) -> Option<usize> {
        let called = from.called.all.get(place)?;
        let thing = self.adopt_thing(from, called.thing)?;
        Some(self.called.intern(Called { thing, ..called.clone() }))
    }

    fn adopt_loss(&mut self, from: &Self, place: usize) -> Option<usize> {
        Some(self.losses.intern(from.losses.all.get(place)?.clone()))
    }
}

/// All entries, with what they have in common.
#[derive(Debug, Default)]
pub(crate) struct Index {
    pub(crate) tables: Tables,
    pub(crate) entries: Vec<Entry>,
}

/// The form on disk.
#[derive(Serialize, Deserialize)]
struct Written<E, T, C, L> {
    form: String,
    decider: Sha256,
    things: T,
    called: C,
    losses: L,
    entries: E,
}

type Owned = Written<Vec<Entry>, Vec<Named>, Vec<Called>, Vec<Vec<Loss>>>;

impl Index {
    /// Takes over an entry of another index. A number that leads nowhere drops the entry: it is found out anew.
    pub(crate) fn adopt(&mut self, from: &Tables, entry: &Entry) {
        if let Some(entry) = adopted(&mut self.tables, from, entry) {
            self.entries.push(entry);
        }
    }

    /// Where the index of a folder is kept, beside what the host remembers: not in that folder, which is the memory's own.
    pub(crate) fn place(state: &Path, folder: &Path) -> Option<PathBuf> {
        let folder = folder.canonicalize().ok()?;
        let mut name = state.file_name()?.to_owned();
        name.push("-index");
        let digest = Sha256::of(folder.as_os_str().as_encoded_bytes()).to_string();
        Some(state.with_file_name(name).join(format!("affected-{}.json", digest.get(..16)?)))
    }

    /// The index at a place, if there is one that is whole and by this decider. Anything else is as if it were not there.
    pub(crate) fn read(place: &Path, decider: &Decider) -> Self {
        Self::whole(place, decider).unwrap_or_default()
    }

    fn whole(place: &Path, decider: &Decider) -> Option<Self> {
        let file = read_artifact(place).ok()?;
        let (sum, body) = file.bytes().split_at_checked(SUM)?;
        let body = body.strip_prefix(b"\n")?;
        if sum != Sha256::of(body).to_string().as_bytes() {
            return None;
        }
        let written: Owned = serde_json::from_slice(body).ok()?;
        if written.form != FORM || written.decider != decider.fingerprint {
            return None;
        }
        let table = Tables {
            things: Interned { all: written.things, place: BTreeMap::new() },
            called: Interned { all: written.called, place: BTreeMap::new() },
            losses: Interned { all: written.losses, place: BTreeMap::new() },
        };
        Some(Self { tables: table, entries: written.entries })
    }

    /// Writes the index, whole or not at all.
    pub(crate) fn write(&self, place: &Path, decider: &Decider) -> Result<(), StoreError> {
        let tables = &self.tables;
        let written = Written {
            form: FORM.to_owned(),
            decider: decider.fingerprint,
            things: &tables.things.all,
            called: &tables.called.all,
            losses: &tables.losses.all,
            entries: &self.entries,
        };
        let body = serde_json::to_vec(&written).unwrap_or_default();
        let bytes = [Sha256::of(&body).to_string().as_bytes(), b"\n", &body].concat();
        if let Some(folder) = place.parent() {
            cdi_store::make_folder(folder)?;
        }
        replace(place, &bytes, 0o600)
    }
}

/// The digits of a digest.
const SUM: usize = 64;

fn adopted(tables: &mut Tables, from: &Tables, entry: &Entry) -> Option<Entry> {
    let mut pairs = |pairs: &[(usize, usize)]| -> Option<Vec<(usize, usize)>> {
        let adopt = |(thing, loss): &(usize, usize)| {
            Some((tables.adopt_thing(from, *thing)?, tables.adopt_loss(from, *loss)?))
        };
        pairs.iter().map(adopt).collect()
    };
    let judged = entry.judged.iter().map(|judged| {
        let (losses, lost) = (pairs(&judged.losses)?, pairs(&judged.lost)?);
        Some(Judged { losses, lost, ..judged.clone() })
    });
    let judged = judged.collect::<Option<Vec<_>>>()?;
    let called = entry.called.iter().map(|place| tables.adopt_call(from, *place));
    let called = called.collect::<Option<Vec<_>>>()?;
    let mentions = entry.mentions.iter().map(|place| tables.adopt_thing(from, *place));
    let mentions = mentions.collect::<Option<Vec<_>>>()?;
    Some(Entry { judged, called, mentions, ..entry.clone() })
}
