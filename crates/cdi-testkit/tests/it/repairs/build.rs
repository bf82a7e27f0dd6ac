//! What repairs are made of: new keys, runs, certifications, authorities and lists.

use std::collections::{BTreeMap, BTreeSet};

use cdi_testkit::model::world::*;

/// The name of invocations that describe a run as it was.
pub(super) const AS_RUN: &str = "as-run";

/// Makes what is new. What two reasons of one round would have made alike is made once.
#[derive(Default)]
pub(super) struct Workshop {
    made: usize,
    this_round: BTreeSet<String>,
}

impl Workshop {
    pub(super) fn next_round(&mut self) {
        self.this_round.clear();
    }

    /// Whether this was not done in this round yet.
    pub(super) fn once(&mut self, what: String) -> bool {
        self.this_round.insert(what)
    }

    /// A name that nothing has.
    pub(super) fn name(&mut self, kind: &str) -> String {
        self.made += 1;
        format!("repair-{kind}-{}", self.made)
    }

    /// A run of a new tool: a transformation that makes the artifact from nothing, or an inspection of it. It comes before all
    /// others, so that they can name it.
    pub(super) fn run(&mut self, world: &mut World, kind: ReportKind, artifact: &Digest) -> Id {
        let (id, path) = (self.name("run"), self.name("file"));
        let about = vec![(path.clone(), artifact.clone())];
        let (inputs, outputs) = match kind {
            ReportKind::Transform => (Vec::new(), about),
            ReportKind::Inspection => (about, Vec::new()),
        };
        let report = Report {
            id: id.clone(),
            key: self.name("key"),
            kind,
            executables: vec![self.name("tool")],
            libraries: Libraries::Measured(Vec::new()),
            recorder: self.name("recorder"),
            capture: Capture::Confined,
            arguments: vec![path],
            environment: BTreeMap::new(),
            settings: BTreeMap::new(),
            exit: Exit::Code(0),
            ran: (1, 2),
            inputs,
            outputs,
            findings: Vec::new(),
            certifications: BTreeSet::new(),
            links: BTreeMap::new(),
            countersigners: BTreeSet::new(),
        };
        world.evidence.reports.insert(0, report);
        id
    }

    /// Has this run's tool, and runs like this one, certified for the property by the authorities that the principal anchors.
    pub(super) fn certify(&mut self, world: &mut World, principal: usize, report: &Id, property: &Property) {
        if self.once(format!("{principal} {report} {property}")) {
            for issuer in self.sound(world, principal) {
                self.certify_by(world, &issuer, report, property);
            }
        }
    }

    /// The same by one authority.
    pub(super) fn certify_by(&mut self, world: &mut World, issuer: &Key, report: &Id, property: &Property) {
        let deployed = world.artifact.clone();
        let Some(run) = world.evidence.reports.iter_mut().find(|run| run.id == *report) else { return };
        let invocation = self.describe(run, &deployed);
        let Some((entry, beside)) = run.executables.split_first() else { return };
        let (libraries, linkage) = match &run.libraries {
            Libraries::Measured(libraries) => (libraries.as_slice(), Linkage::Dynamic),
            Libraries::Unmeasured => (&[] as &[Digest], Linkage::Static),
        };
        let effect = match run.kind {
            ReportKind::Transform => Effect::Establishes,
            ReportKind::Inspection => Effect::Attests,
        };
        let claim = Claim {
            property: Claimed::Exact(property.clone()),
            effect,
            invocation: AS_RUN.to_owned(),
            output_role: CODE.to_owned(),
            lowest_capture: None,
            condition: None,
        };
        let certification = Certification {
            id: self.name("certification"),
            issuer: issuer.clone(),
            not_before: world.time.saturating_sub(1),
            not_after: world.time + 1000,
            entry: entry.clone(),
            closure: beside.iter().chain(libraries).cloned().collect(),
            linkage,
            report_key: run.key.clone(),
            custody: Custody::AttestedCode,
            recorder: run.recorder.clone(),
            claims: vec![claim],
            invocations: BTreeMap::from([(AS_RUN.to_owned(), invocation)]),
            catalogue: Under::Policies,
            renews: None,
        };
        // Nobody certifies their own key, and no inspection attests a step or what is of making.
        let of_making = property == STEP || world.catalogue.making.contains(property);
        if *issuer != run.key && !(of_making && run.kind == ReportKind::Inspection) {
            world.evidence.certifications.push(certification);
        }
    }

    /// One key of each anchor that has not revoked it; a new anchor's if there is none.
    fn sound(&mut self, world: &mut World, principal: usize) -> Vec<Key> {
        let lists = &world.evidence.revocation_lists;
        let gave_up = |key: &Key| {
            let own = lists.iter().filter(|list| list.issuer == *key).flat_map(|list| &list.entries);
            own.into_iter().any(|entry| entry.target == Target::Key(key.clone()))
        };
        let anchors = world.principals.get(principal).into_iter().flat_map(|principal| &principal.anchors);
        let sound = anchors.filter_map(|anchor| anchor.keys.iter().find(|key| !gave_up(key)).cloned());
        let sound: Vec<Key> = sound.collect();
        if sound.is_empty() { vec![self.authority(world, principal)] } else { sound }
    }

    /// Describes runs like this one. Each of its outputs must be named by an argument, and as nothing else.
    fn describe(&mut self, run: &mut Report, deployed: &Digest) -> Invocation {
        let about: Vec<usize> = match run.outputs.iter().position(|(_, digest)| digest == deployed) {
            Some(place) => vec![place],
            None => (0..run.outputs.len()).collect(),
        };
        for place in about {
            let Some((path, _)) = run.outputs.get_mut(place) else { continue };
            if run.inputs.iter().any(|(read, _)| read == path) {
                *path = self.name("file");
            }
            if !run.arguments.contains(path) {
                run.arguments.push(path.clone());
            }
        }
        let written: BTreeMap<&String, bool> =
            run.outputs.iter().map(|(path, digest)| (path, is_tree(digest))).collect();
        let (direction, role) = (Direction::Output, CODE.to_owned());
        let argument = |text: &String| match written.get(text) {
            Some(false) => Arg::Path { direction, role: role.clone() },
            Some(true) => Arg::Tree { direction, role: role.clone() },
            None => Arg::Literal(text.clone()),
        };
        let settings = run.settings.iter().map(|(name, value)| (name.clone(), vec![value.clone()]));
        Invocation {
            arguments: run.arguments.iter().map(argument).collect(),
            line: None,
            environment: run.environment.keys().map(|name| (name.clone(), EnvRule::Any)).collect(),
            settings: settings.collect(),
            exit_status: (0..=255).collect(),
            generates: true,
            manifests: Vec::new(),
            all_listed: false,
            outputs: Vec::new(),
        }
    }

    /// The run once more, by the same tool with a new report key.
    pub(super) fn rekey(&mut self, world: &mut World, report: &Id) {
        let key = self.name("key");
        if let Some(run) = world.evidence.reports.iter_mut().find(|run| run.id == *report) {
            run.key = key;
        }
    }

    /// Another authority that the principal anchors; its key.
    pub(super) fn authority(&mut self, world: &mut World, principal: usize) -> Key {
        let key = self.name("authority");
        if let Some(principal) = world.principals.get_mut(principal) {
            let (name, keys) = (key.clone(), vec![key.clone()]);
            principal.anchors.push(Anchor { name, keys, scope: vec![Pattern::All], depth: 5 });
        }
        self.list(world, &key);
        key
    }

    /// The next list of an authority, with all that its newest one has.
    pub(super) fn list(&mut self, world: &mut World, issuer: &Key) {
        let own = world.evidence.revocation_lists.iter().filter(|list| list.issuer == *issuer);
        let newest = own.max_by_key(|list| list.serial);
        let (serial, entries) =
            newest.map_or((0, Vec::new()), |list| (list.serial + 1, list.entries.clone()));
        world.evidence.revocation_lists.push(RevocationList {
            id: self.name("list"),
            issuer: issuer.clone(),
            serial,
            not_before: world.time,
            not_after: world.time + 1000,
            entries,
        });
    }
}
