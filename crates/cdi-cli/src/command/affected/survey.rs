//! All bundles of a folder, each looked at once: from the index where that still holds, and by itself where not.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use cdi_store::{FoundBundles, Stamp, artifact_of_bundle, find_bundles};
use cdi_verify::Supposition;

use super::decider::Decider;
use super::index::{Calling, Entry, File, Index, Tables};
use super::judge::{self, Read, Way};
use super::loss::Loss;
use super::running::{AffectedWorkload, Workloads};
use super::thing::Named;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::terminal;

/// What is known of a folder of bundles.
pub(crate) struct Survey<'d> {
    folder: PathBuf,
    decider: &'d Decider,
    index: Index,
    running: Workloads,
    /// What could not be read: the answer is not whole.
    pub(crate) unread: Vec<Failure>,
}

/// One artifact, with what is lost of it.
pub(crate) struct Affected {
    /// The artifact's file, or its bundle where it lies elsewhere.
    pub(crate) path: String,
    pub(crate) artifact: String,
    /// What the run that made it calls it, if its file is not there.
    pub(crate) name: Option<String>,
    /// Whether anything that was asked about stands in its bundle at all.
    pub(crate) mentioned: bool,
    pub(crate) losses: Vec<Loss>,
}

impl<'d> Survey<'d> {
    /// Looks at every bundle in and below the folder, and keeps what it found for the next time; of a file at that bundle
    /// alone, and nothing is kept.
    pub(crate) fn of(folder: &Path, state: &Path, decider: &'d Decider) -> Result<Self, Failure> {
        let single = folder.is_file();
        let found = if single {
            FoundBundles { bundles: vec![folder.to_owned()], ..FoundBundles::default() }
        } else {
            find_bundles(folder)?
        };
        let folder = if single { folder.parent().unwrap_or(Path::new("")) } else { folder };
        let mut unread: Vec<Failure> = found.unread.into_iter().map(Failure::from).collect();
        let running = Workloads::of(state, decider, &mut unread);
        let place = Index::place(state, folder).filter(|_| !single);
        let before = place.as_deref().map(|place| Index::read(place, decider)).unwrap_or_default();
        let known: BTreeMap<&str, usize> =
            before.entries.iter().enumerate().map(|(at, entry)| (entry.path.as_str(), at)).collect();
        let of = |path: &PathBuf| {
            let name = path.strip_prefix(folder).unwrap_or(path).to_str();
            let entry = name.and_then(|name| before.entries.get(*known.get(name)?));
            look(path, &name.map_or_else(|| path.display().to_string(), str::to_owned), entry, decider)
        };
        let progress = Progress::counting("looking at bundles", found.bundles.len());
        let looked = in_parallel(&found.bundles, |path| {
            let look = of(path);
            progress.step();
            look
        });
        drop(progress);
        let news = looked.iter().any(|look| !matches!(look, Ok(Look::Settled)));
        if !news && looked.len() == before.entries.len() {
            drop(known);
            return Ok(Self { folder: folder.to_owned(), decider, index: before, running, unread });
        }
        let mut index = Index::default();
        for (path, look) in found.bundles.iter().zip(looked) {
            let name = path.strip_prefix(folder).unwrap_or(path).to_str();
            match look {
                Ok(Look::Settled) => {
                    let entry = name.and_then(|name| before.entries.get(*known.get(name)?));
                    entry.into_iter().for_each(|entry| index.adopt(&before.tables, entry));
                }
                Ok(Look::Read(entry)) => index.adopt(&before.tables, &entry),
                Ok(Look::New(of_bundle)) => index.adopt(&of_bundle.0, &of_bundle.1),
                Err(failure) => unread.push(failure),
            }
        }
        drop(known);
        if let Some(place) = place
            && let Err(error) = index.write(&place, decider)
        {
            terminal::warning(
                &Failure::from(error).about("the index is not kept, and is made anew next time"),
            );
        }
        Ok(Self { folder: folder.to_owned(), decider, index, running, unread })
    }

    /// How many artifacts there are, each once in however many bundles it is.
    pub(crate) fn artifacts(&self) -> usize {
        let judged = self.index.entries.iter().flat_map(|entry| &entry.judged);
        judged.map(|judged| judged.artifact.as_str()).collect::<BTreeSet<_>>().len()
    }

    /// Whether there was a bundle to look at.
    pub(crate) fn is_empty(&self) -> bool {
        self.index.entries.is_empty()
    }

    /// How many programs run.
    pub(crate) fn workloads(&self) -> usize {
        self.running.count()
    }

    /// All things that stand in some bundle of the folder.
    fn indexed(&self) -> &[Named] {
        &self.index.tables.things.all
    }

    /// All things that stand in some bundle, or in the evidence of something that runs.
    pub(crate) fn things(&self) -> impl Iterator<Item = &Named> {
        self.indexed().iter().chain(self.running.things())
    }

    /// The names that things of the bundles go by.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.index.tables.called.all.iter().map(|called| called.name.as_str())
    }

    /// The things that go by a name.
    pub(crate) fn called(&self, as_: Calling, name: &str) -> BTreeSet<Named> {
        let called = self.index.tables.called.all.iter();
        let here = called.filter(|called| called.as_ == as_ && called.name == name);
        let here = here.filter_map(|called| self.indexed().get(called.thing));
        here.chain(self.running.called(as_, name)).cloned().collect()
    }

    /// What is lost of each artifact by all of these things together.
    pub(crate) fn affected(&mut self, asked: &BTreeSet<Named>, way: Way) -> Vec<Affected> {
        let named: Vec<bool> = self.indexed().iter().map(|thing| asked.contains(thing)).collect();
        let is_named = |place: &usize| named.get(*place).copied().unwrap_or_default();
        let mut affected = Vec::new();
        let mut live = Vec::new();
        for entry in &self.index.entries {
            let mentioned: Vec<usize> =
                entry.mentions.iter().filter(|place| is_named(place)).copied().collect();
            match mentioned.as_slice() {
                [_] | [] if entry.whole || mentioned.is_empty() => {
                    affected.extend(self.stored(entry, mentioned.first().copied(), way));
                }
                several => {
                    let things = several.iter().filter_map(|place| self.indexed().get(*place)?.thing());
                    live.push((entry, things.collect::<BTreeSet<_>>()));
                }
            }
        }
        let looked = in_parallel(&live, |(entry, things)| {
            let path = self.folder.join(&entry.path);
            let read = Read::of(&path).map_err(Failure::from)?;
            Ok(found(&entry.path, &path, judge::together(&read, things, self.decider, way)))
        });
        let mut unread = Vec::new();
        for look in looked {
            match look {
                Ok(more) => affected.extend(more),
                Err(failure) => unread.push(failure),
            }
        }
        self.unread.extend(unread);
        affected.sort_by(|one, other| (&one.path, &one.artifact).cmp(&(&other.path, &other.artifact)));
        affected
    }

    /// What would be lost of each artifact under one supposition, in bundles that mention one of these things.
    pub(crate) fn under(&mut self, asked: &BTreeSet<Named>, supposition: &Supposition) -> Vec<Affected> {
        let named: Vec<bool> = self.indexed().iter().map(|thing| asked.contains(thing)).collect();
        let entries = self.index.entries.iter();
        let mentioning: Vec<&Entry> = entries
            .filter(|entry| entry.mentions.iter().any(|place| named.get(*place).copied().unwrap_or_default()))
            .collect();
        let looked = in_parallel(&mentioning, |entry| {
            let path = self.folder.join(&entry.path);
            let read = Read::of(&path).map_err(Failure::from)?;
            Ok(found(&entry.path, &path, judge::under(&read, supposition, self.decider, Way::WhatIf)))
        });
        let (mut affected, mut unread) = (Vec::new(), Vec::new());
        for look in looked {
            match look {
                Ok(more) => affected.extend(more),
                Err(failure) => unread.push(failure),
            }
        }
        self.unread.extend(unread);
        affected
    }

    /// What is lost of each program that runs by all of these things together.
    pub(crate) fn affected_running(&self, asked: &BTreeSet<Named>, way: Way) -> Vec<AffectedWorkload> {
        let things: BTreeSet<_> = asked.iter().filter_map(Named::thing).collect();
        self.running.under(asked, &judge::supposed(&things, way), self.decider, way)
    }

    /// What would be lost of each program that runs under one supposition about these things.
    pub(crate) fn running_under(
        &self,
        asked: &BTreeSet<Named>,
        supposition: &Supposition,
    ) -> Vec<AffectedWorkload> {
        self.running.under(asked, supposition, self.decider, Way::WhatIf)
    }

    /// What the index says of one thing, or of none.
    fn stored<'e>(
        &'e self,
        entry: &'e Entry,
        thing: Option<usize>,
        way: Way,
    ) -> impl Iterator<Item = Affected> + use<'e> {
        entry.judged.iter().map(move |judged| {
            let pairs = match way {
                Way::WhatIf => &judged.losses,
                Way::AsItIs => &judged.lost,
            };
            let loss = pairs.iter().find(|(place, _)| Some(*place) == thing);
            let losses = loss.and_then(|(_, loss)| self.index.tables.losses.all.get(*loss));
            Affected {
                path: shown(&entry.path, &self.folder.join(&entry.path)),
                artifact: judged.artifact.clone(),
                name: judged.name.clone(),
                mentioned: thing.is_some(),
                losses: losses.cloned().unwrap_or_default(),
            }
        })
    }
}

fn found(
    entry: &str,
    path: &Path,
    of: Vec<(cdi_types::ArtifactDigest, Option<String>, Vec<Loss>)>,
) -> Vec<Affected> {
    let affected = |(artifact, name, losses): (cdi_types::ArtifactDigest, _, _)| Affected {
        path: shown(entry, path),
        artifact: artifact.to_string(),
        name,
        mentioned: true,
        losses,
    };
    of.into_iter().map(affected).collect()
}

/// The artifact that the bundle stands beside, from the folder.
fn shown(entry: &str, bundle: &Path) -> String {
    let beside = artifact_of_bundle(bundle).filter(|beside| beside.is_file());
    beside.and_then(|_| entry.strip_suffix(".intoto.jsonl")).unwrap_or(entry).to_owned()
}

/// What came of looking at one bundle.
enum Look {
    /// The index has it, and nothing has changed.
    Settled,
    /// The index has it; the files were read, and are the same.
    Read(Box<Entry>),
    /// It was looked at anew.
    New(Box<(Tables, Entry)>),
}

fn look(path: &Path, name: &str, entry: Option<&Entry>, decider: &Decider) -> Result<Look, Failure> {
    let now = decider.clock.now().unix();
    let timely = entry.filter(|entry| (entry.from..entry.until).contains(&now));
    if let Some(entry) = timely
        && stamped(path, entry)
    {
        return Ok(Look::Settled);
    }
    let read = Read::of(path).map_err(Failure::from)?;
    let same = |file: &File, other: &File| file.sha256 == other.sha256;
    let as_it_was = |entry: &&Entry| {
        let artifacts = match (&entry.artifact, read.artifact()) {
            (None, None) => true,
            (Some(before), Some(now)) => same(before, now),
            _ => false,
        };
        artifacts && same(&entry.bundle, read.bundle())
    };
    if let Some(entry) = timely.filter(as_it_was) {
        let (bundle, artifact) = (read.bundle().clone(), read.artifact().cloned());
        return Ok(Look::Read(Box::new(Entry { bundle, artifact, ..entry.clone() })));
    }
    Ok(Look::New(Box::new(judge::judge(name, &read, decider))))
}

/// Whether the file system says that bundle and artifact are as the entry has them.
fn stamped(path: &Path, entry: &Entry) -> bool {
    let bundle = entry.bundle.stamp.is_some() && Stamp::of_bundle(path) == entry.bundle.stamp;
    let beside = artifact_of_bundle(path);
    let found = beside.as_deref().and_then(Stamp::of_artifact);
    bundle
        && match &entry.artifact {
            // A folder in the artifact's place is no artifact.
            None => beside.is_none_or(|beside| !beside.exists() || beside.is_dir()),
            Some(file) => file.stamp.is_some() && found == file.stamp,
        }
}

/// Does one thing to each, on as many cores as there are; the results are in the order of the items.
fn in_parallel<I: Sync, R: Send>(items: &[I], work: impl Fn(&I) -> R + Sync) -> Vec<R> {
    let (next, results) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(items.len())));
    let worker = || {
        while let Some((place, item)) = Some(next.fetch_add(1, Ordering::Relaxed))
            .and_then(|place| items.get(place).map(|item| (place, item)))
        {
            let result = work(item);
            results.lock().unwrap_or_else(PoisonError::into_inner).push((place, result));
        }
    };
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(items.len());
    std::thread::scope(|scope| (0..workers).for_each(|_| drop(scope.spawn(worker))));
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(place, _)| *place);
    results.into_iter().map(|(_, result)| result).collect()
}
