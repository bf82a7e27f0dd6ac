//! One repair for each reason: what its remedy says, done to the world.

use std::collections::BTreeSet;

use cdi_placement::Unmet;
use cdi_policy::Atom;
use cdi_testkit::driver::Words;
use cdi_testkit::model::vote::holds;
use cdi_testkit::model::world::*;
use cdi_types::RevokedId;
use cdi_verify::{Mismatch, Obstacle, Question};

use super::Named;
use super::build::{AS_RUN, Workshop};
use super::points::{Points, Said};

/// A place that provides what is left open, and is believed to.
pub(super) fn place(world: &mut World, unmet: &Unmet) {
    let host = world.asserted.first().map_or("host", |(host, _)| host.as_str()).to_owned();
    let words = Words::of(&world.catalogue);
    let wanted: Vec<String> = unmet
        .part
        .open
        .atoms()
        .iter()
        .filter_map(|atom| match atom {
            Atom::Platform(property) => Some(property.to_string()),
            Atom::Code(_) | Atom::Evidence(_) => None,
        })
        .collect();
    let known =
        world.catalogue.platform.iter().filter(|word| wanted.iter().any(|text| text == words.platform(word)));
    let provided: Vec<_> = known.map(|word| (host.clone(), word.clone())).collect();
    world.asserted.extend(provided);
    let asks = world.principals.iter_mut().find(|p| p.name == unmet.principal.as_str());
    if let Some(principal) = asks {
        principal.accept_asserted.insert(host);
    }
}

/// Repairs one obstacle. What is named once more is repaired in its other way: by whoever describes, not by whoever runs.
pub(super) fn obstacle(
    world: &mut World,
    points: &Points,
    workshop: &mut Workshop,
    named: &Named,
    first: bool,
) {
    let principal = named.principal;
    let property = match &named.question {
        Question::Property(property) => points.word(property),
        Question::Complete
        | Question::Reproduced
        | Question::Evidence(_)
        | Question::Supplied(..)
        | Question::Node(_) => STEP.to_owned(),
    };
    let report = named.obstacle.report().and_then(|id| points.report(id).cloned());
    let mut mending = Mending { world, points, workshop, principal, property, first };
    if let Some(report) = report {
        mending.of_run(&report, &named.obstacle);
    } else {
        mending.of_others(&named.obstacle);
    }
}

struct Mending<'w> {
    world: &'w mut World,
    points: &'w Points,
    workshop: &'w mut Workshop,
    principal: usize,
    property: Property,
    first: bool,
}

impl Mending<'_> {
    fn run(&mut self, id: &Id) -> Option<&mut Report> {
        self.world.evidence.reports.iter_mut().find(|run| run.id == *id)
    }

    fn certify(&mut self, report: &Id) {
        self.workshop.certify(self.world, self.principal, report, &self.property.clone());
    }

    /// What is wrong with one run, or with what was certified of it.
    fn of_run(&mut self, report: &Id, obstacle: &Obstacle) {
        match obstacle {
            Obstacle::CompromisedKey { .. } | Obstacle::ForbiddenKey { .. } => {
                self.workshop.rekey(self.world, report);
                self.certify(report);
            }
            Obstacle::ForbiddenTool { tool, .. } => self.without_tool(report, &self.points.file(*tool)),
            Obstacle::StepCondition { .. } => self.meet_conditions(report),
            Obstacle::NotNamed { certification, .. } => {
                let named = self.points.certification(*certification).cloned();
                if let (Some(run), Some(named)) = (self.run(report), named) {
                    run.certifications.insert(named);
                }
            }
            Obstacle::NotFound { artifact, .. } => {
                let finding = (self.points.artifact(*artifact), self.property.clone());
                if let Some(run) = self.run(report) {
                    run.findings.push(finding);
                }
            }
            Obstacle::Capture { .. } => {
                if let Some(run) = self.run(report) {
                    run.capture = Capture::Confined;
                }
            }
            Obstacle::Invocation { certification, invocation, mismatch, .. } => {
                let certification = self.points.certification(*certification).cloned();
                let described = self.world.evidence.certifications.iter();
                let described = described.filter(|c| Some(&c.id) == certification.as_ref());
                let described =
                    described.filter_map(|c| c.invocations.get(invocation.as_str())).next().cloned();
                let killed = matches!(self.run(report), Some(Report { exit: Exit::Signal(_), .. }));
                match described {
                    // No invocation describes a run that was killed.
                    Some(described) if killed => self.run_as(report, &described, mismatch),
                    Some(described) if self.first && invocation.as_str() != AS_RUN => {
                        self.run_as(report, &described, mismatch)
                    }
                    _ => self.certify(report),
                }
            }
            Obstacle::InputLacks { input, .. } if self.world.catalogue.making.contains(&self.property) => {
                self.link(report, &self.points.artifact(*input));
            }
            Obstacle::InputLacks { input, .. } => {
                let input = self.points.artifact(*input);
                self.inspect(&input);
            }
            Obstacle::InputIncomplete { input, .. } => self.begin_at(&self.points.artifact(*input)),
            Obstacle::InputNotLinked { input, .. } => self.link(report, &self.points.artifact(*input)),
            Obstacle::Countersignatures { expected, found, .. } => {
                for _ in *found..*expected {
                    let authority = self.workshop.authority(self.world, self.principal);
                    if let Some(run) = self.run(report) {
                        run.countersigners.insert(authority);
                    }
                }
            }
            // The key of an authority cannot be certified by that authority as a tool's.
            Obstacle::UncertifiedKey { .. } if !self.first => {
                self.workshop.rekey(self.world, report);
                self.certify(report);
            }
            // The tool, the run or the property is not what was certified: have this certified.
            Obstacle::UncertifiedKey { .. }
            | Obstacle::NotClaimed { .. }
            | Obstacle::WrongKind { .. }
            | Obstacle::OutputRole { .. }
            | Obstacle::Executable { .. }
            | Obstacle::Closure { .. }
            | Obstacle::UnmeasuredLibraries { .. }
            | Obstacle::Recorder { .. }
            | Obstacle::Condition { .. }
            | Obstacle::NoCodeInput { .. } => self.certify(report),
            other => unreachable!("{other:?} is about a report"),
        }
    }

    /// What is wrong with statements of authorities, or with what is not there.
    fn of_others(&mut self, obstacle: &Obstacle) {
        match obstacle {
            Obstacle::NoReport { artifact } => {
                let artifact = self.points.artifact(*artifact);
                let made = self.workshop.run(self.world, ReportKind::Transform, &artifact);
                self.certify(&made);
            }
            Obstacle::NoOrigin { artifact } | Obstacle::Summary { artifact, .. } => {
                self.begin_at(&self.points.artifact(*artifact));
            }
            Obstacle::Evidence { name, .. } => self.say(name.as_str()),
            Obstacle::ForbiddenOrigin { artifact, .. } => {
                let artifact = self.points.artifact(*artifact);
                if self.property == STEP { self.begin_at(&artifact) } else { self.inspect(&artifact) }
            }
            Obstacle::Custody { certification, .. } => {
                let id = self.points.certification(*certification).cloned();
                let known = self.world.evidence.certifications.iter_mut();
                known.filter(|c| Some(&c.id) == id.as_ref()).for_each(|c| c.custody = Custody::AttestedCode);
            }
            Obstacle::NotYetValid { statement, .. } | Obstacle::Expired { statement, .. } => {
                let (start, end) = (self.world.time.saturating_sub(1), self.world.time + 1000);
                let evidence = &mut self.world.evidence;
                match self.points.said(*statement) {
                    Some(Said::Endorsement(id)) => {
                        let known = evidence.endorsements.iter_mut().filter(|one| one.id == *id);
                        known.for_each(|one| (one.not_before, one.not_after) = (start, end));
                    }
                    Some(Said::Certification(id)) => {
                        let known = evidence.certifications.iter_mut().filter(|one| one.id == *id);
                        known.for_each(|one| (one.not_before, one.not_after) = (start, end));
                    }
                    Some(Said::Report(_)) | None => unreachable!("{obstacle:?} has a window"),
                }
            }
            Obstacle::Revoked { id, .. } => self.revoked(*id),
            Obstacle::StaleLists { authority } => {
                let authority = self.points.key(*authority);
                if self.workshop.once(format!("list {authority}")) {
                    self.workshop.list(self.world, &authority);
                }
            }
            Obstacle::UntrustedAuthority { authority } => self.trust(&self.points.key(*authority)),
            Obstacle::ContradictoryLists { authority }
            | Obstacle::ForbiddenAuthority { authority }
            | Obstacle::OutOfScope { authority, .. } => self.replace(&self.points.key(*authority)),
            Obstacle::Reproductions { .. } => unreachable!("worlds that ask for it are left out"),
            Obstacle::Quorum { artifact, expected, found, .. } => {
                let artifact = self.points.artifact(*artifact);
                let runs = self.world.evidence.reports.iter().filter(|run| {
                    run.inputs.iter().chain(&run.outputs).any(|(_, digest)| *digest == artifact)
                });
                let runs: Vec<Id> = runs.map(|run| run.id.clone()).collect();
                for _ in *found..*expected {
                    self.another(&runs);
                }
            }
            other => unreachable!("{other:?} is about a report"),
        }
    }

    /// Somebody whom the principal names says what it asks for.
    fn say(&mut self, name: &str) {
        let Some(principal) = self.world.principals.get(self.principal) else { return };
        let Some(rule) = principal.evidence.iter().find(|rule| rule.name == name) else { return };
        let Some(key) = rule.keys.first().cloned() else { return };
        let (kind, subjects) = (rule.kind.clone(), vec![self.world.artifact.clone()]);
        if self.workshop.once(format!("say {kind} {key}")) {
            let id = format!("said-{}", self.world.evidence.foreign.len());
            self.world.evidence.foreign.push(Foreign { id, key, kind, subjects, says: Says::Score(u8::MAX) });
        }
    }

    /// Another authority in the place of one that cannot count any more: it certifies and endorses what that one did.
    fn replace(&mut self, authority: &Key) {
        if !self.workshop.once(format!("replace {authority} for {} of {}", self.property, self.principal)) {
            return;
        }
        let evidence = &self.world.evidence;
        let certified = evidence.certifications.iter().filter(|c| c.issuer == *authority);
        let keys: BTreeSet<&Key> = certified.map(|c| &c.report_key).collect();
        let runs = evidence.reports.iter().filter(|run| keys.contains(&run.key));
        let runs: Vec<Id> = runs.map(|run| run.id.clone()).collect();
        let endorsed = evidence.endorsements.iter().filter(|one| one.issuer == *authority);
        let endorsed: Vec<Endorsement> = endorsed.cloned().collect();
        let issuer = self.another(&runs);
        for one in endorsed {
            let (id, issuer) = (self.workshop.name("endorsement"), issuer.clone());
            self.world.evidence.endorsements.push(Endorsement { id, issuer, ..one });
        }
    }

    /// Another authority, which certifies the tools of these runs; its key.
    fn another(&mut self, runs: &[Id]) -> Key {
        let authority = self.workshop.authority(self.world, self.principal);
        for run in runs {
            self.workshop.certify_by(self.world, &authority, run, &self.property);
        }
        authority
    }

    /// The principal anchors the authority; one that it forbids, groups or anchors already is replaced.
    fn trust(&mut self, authority: &Key) {
        let Some(principal) = self.world.principals.get_mut(self.principal) else { return };
        let anchored = principal.anchors.iter().any(|anchor| anchor.keys.contains(authority));
        let member = Member::Key(authority.clone());
        let grouped = principal.same_control.iter().any(|group| group.contains(&member));
        if anchored || grouped || principal.forbidden.authorities.contains(authority) {
            return self.replace(authority);
        }
        let (name, keys) = (self.workshop.name("anchor"), vec![authority.clone()]);
        principal.anchors.push(Anchor { name, keys, scope: vec![Pattern::All], depth: 0 });
    }

    /// What was revoked, once more and sound.
    fn revoked(&mut self, id: RevokedId) {
        match id {
            RevokedId::Certification(id) => {
                let Some(id) = self.points.certification(id).cloned() else { return };
                let known = self.world.evidence.certifications.iter().find(|one| one.id == id).cloned();
                let again = known.map(|one| Certification { id: self.workshop.name("certification"), ..one });
                self.world.evidence.certifications.extend(again);
            }
            RevokedId::Endorsement(id) => {
                let Some(Said::Endorsement(id)) = self.points.said(id).cloned() else { return };
                let known = self.world.evidence.endorsements.iter().find(|one| one.id == id).cloned();
                let again = known.map(|one| Endorsement { id: self.workshop.name("endorsement"), ..one });
                self.world.evidence.endorsements.extend(again);
            }
            RevokedId::Report(id) => {
                let Some(id) = self.points.report(id).cloned() else { return };
                // Revoked with all that its key signed at some time: once more it must be under another key.
                let of_a_time = self.run(&id).map(|run| Target::Key(run.key.clone()));
                let lists = self.world.evidence.revocation_lists.iter();
                let mut entries = lists.flat_map(|list| &list.entries).filter(|entry| entry.runs.is_some());
                if entries.any(|entry| Some(&entry.target) == of_a_time.as_ref()) {
                    if self.workshop.once(format!("runs of {id}")) {
                        self.workshop.rekey(self.world, &id);
                    }
                    return self.certify(&id);
                }
                let new = self.workshop.name("run");
                for run in &mut self.world.evidence.reports {
                    if run.id == id {
                        run.id.clone_from(&new);
                    }
                    for links in run.links.values_mut().filter(|links| links.contains(&id)) {
                        links.insert(new.clone());
                    }
                }
            }
            RevokedId::Key(key) => {
                let key = self.points.key(key);
                if !self.workshop.once(format!("key {key} for {}", self.principal)) {
                    return;
                }
                let signed = self.world.evidence.reports.iter().filter(|run| run.key == key);
                let runs: Vec<Id> = signed.map(|run| run.id.clone()).collect();
                for run in &runs {
                    self.workshop.rekey(self.world, run);
                    self.certify(run);
                }
                self.replace(&key);
            }
        }
    }

    /// A run that made this input, which the run that read it names.
    fn link(&mut self, report: &Id, input: &Digest) {
        let made = self.workshop.run(self.world, ReportKind::Transform, input);
        self.certify(&made);
        let Some(run) = self.run(report) else { return };
        let read = run.inputs.iter().filter(|(_, read)| read == input);
        let paths: Vec<Name> = read.map(|(path, _)| path.clone()).collect();
        for path in paths {
            run.links.entry(path).or_default().insert(made.clone());
        }
    }

    /// An inspection that finds the property in an artifact.
    fn inspect(&mut self, artifact: &Digest) {
        let run = self.workshop.run(self.world, ReportKind::Inspection, artifact);
        let finding = (artifact.clone(), self.property.clone());
        if let Some(run) = self.run(&run) {
            run.findings.push(finding);
        }
        self.certify(&run);
    }

    /// An origin that the policy accepts; a run from nothing where it accepts none of anybody.
    fn begin_at(&mut self, artifact: &Digest) {
        let Some(principal) = self.world.principals.get(self.principal) else { return };
        let accepted = principal.complete.iter().flatten().find_map(|rule| match rule {
            OriginRule::Key(key, kinds) => Some((key.clone(), *kinds.first()?)),
            OriginRule::Digest(_) => None,
        });
        match accepted {
            Some((key, kind)) if *artifact != self.world.artifact && self.first => {
                let (id, digests) = (self.workshop.name("origin"), vec![artifact.clone()]);
                self.world.evidence.origins.push(Origin { id, key, kind, digests });
            }
            _ => {
                let made = self.workshop.run(self.world, ReportKind::Transform, artifact);
                self.certify(&made);
            }
        }
    }

    fn without_tool(&mut self, report: &Id, tool: &Digest) {
        let sound = self.workshop.name("tool");
        let swap = |file: &mut Digest| {
            if file == tool {
                file.clone_from(&sound);
            }
        };
        let Some(run) = self.run(report) else { return };
        run.executables.iter_mut().for_each(swap);
        if let Libraries::Measured(libraries) = &mut run.libraries {
            libraries.iter_mut().for_each(swap);
        }
        swap(&mut run.recorder);
        self.certify(report);
    }

    /// A run that ends as the policy asks; a condition that no run can meet, or none that meets another, the principal mends.
    fn meet_conditions(&mut self, report: &Id) {
        let Some(principal) = self.world.principals.get_mut(self.principal) else { return };
        let asked: Vec<i32> = principal
            .step_conditions
            .iter()
            .filter_map(|condition| match condition {
                Condition::ExitIs(code) => Some(*code),
                Condition::True | Condition::Error => None,
            })
            .collect();
        match asked.as_slice() {
            [first, rest @ ..] if self.first && rest.iter().all(|code| code == first) => {
                let exit = Exit::Code(*first);
                principal.step_conditions.retain(|condition| *condition != Condition::Error);
                if let Some(run) = self.run(report) {
                    run.exit = exit;
                }
            }
            _ => {
                let run = self.world.evidence.reports.iter().find(|run| run.id == *report);
                principal.step_conditions.retain(|condition| run.is_some_and(|run| holds(*condition, run)));
            }
        }
    }

    /// The run once more, in this one point as it is described.
    fn run_as(&mut self, report: &Id, described: &Invocation, mismatch: &Mismatch) {
        let wanted = |name: &str| described.settings.get(name).and_then(|values| values.first()).cloned();
        let Some(run) = self.run(report) else { return };
        match mismatch {
            Mismatch::ExitStatus { .. } => {
                if let Some(code) = described.exit_status.first() {
                    run.exit = Exit::Code(*code);
                }
            }
            Mismatch::UndescribedVariable { name } | Mismatch::VariableValue { name } => {
                run.environment.remove(name);
            }
            Mismatch::UndescribedSetting { name } => drop(run.settings.remove(name)),
            Mismatch::MissingSetting { name } | Mismatch::SettingValue { name, .. } => {
                run.settings.extend(wanted(name).map(|value| (name.clone(), value)));
            }
            // Another command line would be another run: have this one certified.
            _ => self.certify(report),
        }
    }
}
