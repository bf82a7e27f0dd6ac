//! An explanation for people: sentences, no line wider than it must be.

use std::collections::BTreeMap;
use std::io::{self, Write};

use cdi_types::ArtifactDigest;
use cdi_verify::Question;

use crate::count;
use crate::evidence::Needed;
use crate::explanation::{Answer, Document, Explained, Kind, Missed, Principal, Waypoint};
use crate::layout::wrapped;
use crate::proof::{Speaks, Step};
use crate::terminal::{BAD, GOOD, STRONG, plain};
use crate::verdict::{Excuse, Failed, Word};

/// More steps than these are in the JSON.
const STEPS: usize = 32;

/// How many digits a digest or an id has.
const DIGITS: usize = 64;

/// Writes all answers; `file` is what the artifact is called here.
pub(crate) fn write(document: &Document, file: &str, out: &mut impl Write) -> io::Result<()> {
    let file = plain(file);
    let place = document.environment.as_ref().map(|place| format!(", in `{}`", plain(&place.name)));
    writeln!(out, "{STRONG}{file}{STRONG:#}  at {}{}", document.at, place.unwrap_or_default())?;
    writeln!(out, "sha256 {}", document.artifact)?;
    let good = document.verdict.map_or(document.answer == Answer::Has, |verdict| verdict == Word::Allow);
    let needed = if good { Needed::No } else { Needed::Perhaps };
    for unused in document.evidence.unused(needed) {
        wrapped("", &unused, out)?;
    }
    for principal in &document.principals {
        one_principal(principal, document.artifact, &file, out)?;
    }
    match document.evidence.needless() {
        Some(needless) if needed == Needed::No => {
            writeln!(out)?;
            wrapped("", &needless, out)
        }
        Some(_) | None => Ok(()),
    }
}

fn one_principal(
    principal: &Principal,
    artifact: ArtifactDigest,
    file: &str,
    out: &mut impl Write,
) -> io::Result<()> {
    let name = plain(&principal.name);
    if principal.answers.is_empty() && principal.refused.is_empty() && principal.excused.is_empty() {
        writeln!(out)?;
        return wrapped("", &format!("{name} asks for nothing, so that there is nothing to explain."), out);
    }
    for explained in &principal.answers {
        let telling = Telling { called: called(explained, artifact, file) };
        writeln!(out)?;
        let (style, answer) = match (explained.answer, &explained.excused) {
            (Answer::Has, _) => (GOOD, "yes"),
            (Answer::HasNot, None) => (BAD, "no"),
            (Answer::HasNot, Some(_)) => (BAD, "no, and excused"),
            (Answer::NotTold, None) => (BAD, "not to be told"),
            (Answer::NotTold, Some(_)) => (BAD, "not to be told, and excused"),
        };
        let question = plain(&explained.question);
        writeln!(out, "{STRONG}{name}, {question}{STRONG:#}: {style}{answer}{style:#}")?;
        wrapped("  ", &headline(explained, &name, file), out)?;
        explained.excused.as_ref().map_or(Ok(()), |excuse| excused(excuse, out))?;
        telling.tell(explained, "  ", out)?;
    }
    for failed in &principal.refused {
        besides(&name, failed, None, out)?;
    }
    principal.excused.iter().try_for_each(|one| besides(&name, &one.failed, Some(&one.excuse), out))
}

/// What is refused, or would be, besides what the policy asks of the artifact.
fn besides(name: &str, failed: &Failed, excuse: Option<&Excuse>, out: &mut impl Write) -> io::Result<()> {
    writeln!(out)?;
    let requirement = plain(&failed.requirement);
    let answer = if excuse.is_some() { "no, and excused" } else { "no" };
    writeln!(out, "{STRONG}{name}, {requirement}{STRONG:#}: {BAD}{answer}{BAD:#}")?;
    wrapped("  ", &format!("{} [{}]", sentence(&plain(&failed.shown.message)), failed.shown.code), out)?;
    if let Some(hint) = &failed.shown.hint {
        wrapped("  ", &format!("Repair: {}.", plain(hint)), out)?;
    }
    excuse.map_or(Ok(()), |excuse| excused(excuse, out))
}

/// By whom something is excused, and until when.
fn excused(excuse: &Excuse, out: &mut impl Write) -> io::Result<()> {
    wrapped("  ", &format!("EXCUSED: {}.", plain(&excuse.said())), out)
}

/// The answer in a sentence.
fn headline(explained: &Explained, principal: &str, file: &str) -> String {
    if Showing::of(explained) == Showing::Reproduced {
        return reproduced(explained, principal, file);
    }
    let question = plain(&explained.question);
    let what = match explained.kind {
        Kind::History => "a complete history".to_owned(),
        Kind::Property | Kind::Tag | Kind::Formula | Kind::Platform | Kind::Evidence => question,
    };
    let asked = match (explained.required, &explained.within) {
        (true, _) => "whose policy asks for it".to_owned(),
        (false, Some(formula)) => format!("whose policy asks for {}", plain(formula)),
        (false, None) => "whose policy does not ask for it".to_owned(),
    };
    match (explained.kind, explained.answer) {
        (Kind::Formula, Answer::Has) => format!("{what}: this is met, for {principal}, {asked}."),
        (Kind::Formula, Answer::NotTold) => {
            format!("{what}: it cannot be told whether this is met, for {principal}, {asked}.")
        }
        (Kind::Formula, Answer::HasNot) => format!("{what}: this is not met, for {principal}, {asked}."),
        (Kind::Platform, Answer::Has) => format!("{what} is provided, for {principal}, {asked}."),
        (Kind::Platform, Answer::NotTold) => {
            format!("It cannot be told whether {what} is provided, for {principal}, {asked}.")
        }
        (Kind::Platform, Answer::HasNot) => {
            format!("{what} is not provided, for {principal}, {asked}.")
        }
        (_, Answer::Has) => format!("`{file}` has {what}, for {principal}, {asked}."),
        (_, Answer::HasNot) => {
            format!("Nothing shows that `{file}` has {what}, to {principal}, {asked}.")
        }
        (_, Answer::NotTold) => format!(
            "It cannot be told whether `{file}` has {what}, for {principal}, {asked}: evidence that is needed is not there."
        ),
    }
}

/// The answer in a sentence, where it is about who made the artifact besides.
fn reproduced(explained: &Explained, principal: &str, file: &str) -> String {
    let Some(wanted) = explained.wanted else {
        return format!(
            "The policy of {principal} names no custodians who are to have made `{file}` independently, and none are counted."
        );
    };
    let asked = format!("for {principal}, whose policy asks for {wanted} independent custodians who made it");
    let names = explained.custodians.iter().map(|name| format!("`{}`", plain(name)));
    let names = names.collect::<Vec<_>>().join(" and ");
    match explained.answer {
        Answer::Has => format!("`{file}` was reproduced by {names}, {asked}."),
        Answer::HasNot => format!("Too few have made `{file}` the same way, {asked}."),
        Answer::NotTold => {
            format!("It cannot be told whether enough have made `{file}` the same way, {asked}.")
        }
    }
}

/// What artifacts are called in one explanation: the deployed one by its file, others by the path that a report has, each
/// with the start of its digest.
fn called(explained: &Explained, artifact: ArtifactDigest, file: &str) -> BTreeMap<String, String> {
    let mut called = BTreeMap::new();
    let parts = explained.parts.iter().flat_map(|part| std::iter::once(part).chain(&part.parts));
    for part in std::iter::once(explained).chain(parts) {
        let read = part.misses.iter().flat_map(|missed| &missed.trail);
        let read = read.filter_map(|point| Some((point.artifact, point.name.as_ref()?)));
        let made = part.proof.iter().filter_map(|step| Some((step.artifact, step.name.as_ref()?)));
        for (digest, name) in read.chain(made) {
            let (digest, name) = (digest.to_string(), plain(name));
            called.entry(digest.clone()).or_insert_with(|| format!("`{name}` ({})", short(&digest)));
        }
    }
    called.insert(artifact.to_string(), format!("`{file}`"));
    called
}

/// The start of a digest or an id, enough to find it by.
pub(crate) fn short(digest: &impl ToString) -> String {
    let text = digest.to_string();
    // That of a tree says so.
    ArtifactDigest::parse(&text).map_or_else(|_| text.chars().take(12).collect(), |digest| digest.short())
}

/// What the steps of a proof show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Showing {
    Property,
    Complete,
    Reproduced,
}

impl Showing {
    pub(crate) fn of(explained: &Explained) -> Self {
        match explained.kind {
            Kind::History if explained.question == Question::Reproduced.to_string() => Self::Reproduced,
            Kind::History => Self::Complete,
            Kind::Property | Kind::Tag | Kind::Formula | Kind::Platform | Kind::Evidence => Self::Property,
        }
    }
}

struct Telling {
    called: BTreeMap<String, String>,
}

impl Telling {
    fn tell(&self, explained: &Explained, indent: &str, out: &mut impl Write) -> io::Result<()> {
        if let Some(meaning) = explained.meaning.as_ref().filter(|_| explained.kind != Kind::Tag) {
            wrapped(indent, &format!("It means: {}", plain(meaning)), out)?;
        }
        if let Some(formula) = &explained.formula {
            wrapped(indent, &format!("It stands for: {}.", plain(formula)), out)?;
        }
        if let Some(place) = &explained.place {
            wrapped(indent, &sentence(&plain(place)), out)?;
        }
        let showing = Showing::of(explained);
        for step in explained.proof.iter().take(STEPS) {
            self.step(step, showing, indent, out)?;
        }
        if let Some(more @ 1..) = explained.proof.len().checked_sub(STEPS) {
            let more = count::of(more, "step");
            wrapped(indent, &format!("And {more} more: `--output json` shows all."), out)?;
        }
        self.misses(&explained.misses, indent, out)?;
        self.parts(explained, indent, out)
    }

    /// The parts of a tag or a formula: those that matter for its answer in full, the others by name.
    fn parts(&self, tag: &Explained, indent: &str, out: &mut impl Write) -> io::Result<()> {
        let matters = |part: &&Explained| (part.answer == Answer::Has) == (tag.answer == Answer::Has);
        for part in tag.parts.iter().filter(matters) {
            let question = plain(&part.question);
            let answer = match (part.kind, part.answer) {
                (Kind::Platform, Answer::Has) => "is provided",
                (Kind::Platform, Answer::HasNot) => "is not provided",
                (_, Answer::Has) => "is shown",
                (_, Answer::HasNot) => "is not shown",
                (_, Answer::NotTold) => "cannot be told",
            };
            wrapped(&format!("{indent}- "), &format!("{question} {answer}."), out)?;
            self.tell(part, &format!("{indent}  "), out)?;
        }
        let others: Vec<String> =
            tag.parts.iter().filter(|part| !matters(part)).map(|part| plain(&part.question)).collect();
        let said =
            if tag.answer == Answer::Has { "Not shown, and not needed" } else { "Shown, and not enough" };
        if others.is_empty() {
            Ok(())
        } else {
            wrapped(indent, &format!("{said}: {}.", others.join(", ")), out)
        }
    }

    fn step(&self, step: &Step, showing: Showing, indent: &str, out: &mut impl Write) -> io::Result<()> {
        let artifact = self.call(step.artifact);
        let statement = step.statement.as_ref().map(short).unwrap_or_default();
        match (step.ground, &step.statement) {
            ("report", Some(_)) => {
                let did = did(step.votes.first(), showing);
                wrapped(indent, &format!("{artifact} {did} (report {statement})."), out)?;
                self.votes(step, showing, indent, out)?;
                self.countersignatures(step, indent, out)?;
                survivals(step, indent, out)
            }
            ("runtime", _) => {
                let name = step.name.as_deref().map_or_else(String::new, plain);
                let digest = short(&step.artifact);
                wrapped(indent, &format!("The runtime `{name}` ({digest}) supplies it."), out)?;
                self.votes(step, showing, indent, out)
            }
            ("linked", _) => {
                let text =
                    format!("{artifact} was made by the run that is named for it (report {statement}).");
                wrapped(indent, &text, out)?;
                survivals(step, indent, out)
            }
            ("origin", Some(_)) => {
                let commit = step.commit.as_ref().map_or_else(String::new, |one| format!(", of {one}"));
                let said = format!("{artifact} is an origin that the policy accepts");
                wrapped(indent, &format!("{said}, by the origin statement {statement}{commit}."), out)
            }
            ("origin", None) => wrapped(
                indent,
                &format!("{artifact} is an origin that the policy accepts, by its digest."),
                out,
            ),
            ("summary", _) => {
                let verifier = plain(step.verifier.as_deref().unwrap_or_default());
                let said = format!("the policy accepts that `{verifier}` has verified {artifact}");
                wrapped(
                    indent,
                    &format!(
                        "VERIFIED BY ANOTHER: {said}, in the place of its history (summary {statement})."
                    ),
                    out,
                )
            }
            ("evidence", _) => {
                let predicate_type = plain(step.predicate_type.as_deref().unwrap_or_default());
                let key = step.key.as_ref().map(short).unwrap_or_default();
                let said = format!("the key {key} says it of {artifact}, as `{predicate_type}`");
                wrapped(indent, &format!("SAID BY ANOTHER: {said} (statement {statement})."), out)
            }
            ("not-asked", _) => {
                let said = step.depth.as_ref().map_or_else(String::new, |depth| plain(&depth.said()));
                wrapped(
                    indent,
                    &format!("CUT: where {artifact} comes from is not asked; by the policy, {said}."),
                    out,
                )
            }
            (_, Some(_)) => wrapped(
                indent,
                &format!(
                    "ASSUMED: the policy takes it as given of {artifact}, by the origin statement {statement}."
                ),
                out,
            ),
            (_, None) => wrapped(
                indent,
                &format!("ASSUMED: the policy takes it as given of {artifact}, by its digest."),
                out,
            ),
        }
    }

    /// How many authorities the policy wants, and whose certifications speak.
    fn votes(&self, step: &Step, showing: Showing, indent: &str, out: &mut impl Write) -> io::Result<()> {
        let asked = match step.quorum.unwrap_or(1) {
            1 if step.votes.len() > 1 => {
                "The policy wants the word of an authority, and each of these is".to_owned()
            }
            1 => "The policy wants the word of an authority, and this is".to_owned(),
            quorum => {
                format!("The policy wants the word of {quorum} independent authorities, and these are")
            }
        };
        wrapped(&format!("{indent}  "), &format!("{asked}:"), out)?;
        step.votes.iter().try_for_each(|vote| self.vote(vote, step, showing, indent, out))
    }

    fn vote(
        &self,
        vote: &Speaks,
        step: &Step,
        showing: Showing,
        indent: &str,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let names: Vec<String> = vote.authorities.iter().map(|name| plain(name)).collect();
        let chain = names.join(", who endorses ");
        let endorsed = match vote.endorsements.as_slice() {
            [] => String::new(),
            all => format!(", endorsement {}", all.iter().map(short).collect::<Vec<_>>().join(", ")),
        };
        let renews = match vote.renews.as_slice() {
            [] => String::new(),
            all => format!(", which renews {}", all.iter().map(short).collect::<Vec<_>>().join(", ")),
        };
        // What one says that the others do not say is said.
        let first = step.votes.first();
        let differs = first.is_some_and(|first| first.tool != vote.tool || first.effect != vote.effect);
        let differs = if differs { format!(", that it {}", does(vote, showing)) } else { String::new() };
        let certification = short(&vote.certification);
        let text = format!("{chain}: certification {certification}{renews}{endorsed}{differs}");
        wrapped(&format!("{indent}  - "), &text, out)?;
        vote.manifests.iter().try_for_each(|listing| {
            let (statement, key) = (short(&listing.statement), short(&listing.key));
            let (kind, role) = (listing.kind, plain(&listing.role));
            let text = format!(
                "It takes inputs for `{role}` that the {kind} origin {statement}, by the key {key}, lists."
            );
            wrapped(&format!("{indent}    "), &text, out)
        })
    }

    fn countersignatures(&self, step: &Step, indent: &str, out: &mut impl Write) -> io::Result<()> {
        if step.countersignatures.is_empty() {
            return Ok(());
        }
        wrapped(
            &format!("{indent}  "),
            "It wants authorities to have signed the report too, and these have:",
            out,
        )?;
        step.countersignatures.iter().try_for_each(|signature| {
            let names: Vec<String> = signature.authorities.iter().map(|name| plain(name)).collect();
            let endorsed = match signature.endorsements.as_slice() {
                [] => String::new(),
                all => format!(": endorsement {}", all.iter().map(short).collect::<Vec<_>>().join(", ")),
            };
            wrapped(&format!("{indent}  - "), &format!("{}{endorsed}", names.join(", who endorses ")), out)
        })
    }

    fn misses(&self, misses: &[Missed], indent: &str, out: &mut impl Write) -> io::Result<()> {
        let mut said: Option<&str> = None;
        for (place, missed) in misses.iter().enumerate() {
            match place {
                0 => wrapped(indent, "The nearest miss:", out)?,
                1 => wrapped(indent, "Besides, or behind it:", out)?,
                _ => {}
            }
            let text = sentence(&self.brief(&plain(&missed.message)));
            wrapped(&format!("{indent}- "), &format!("{text} [{}]", missed.code), out)?;
            let below = format!("{indent}  ");
            if missed.trail.len() > 1 {
                wrapped(&below, &format!("Where: {}", self.trail(&missed.trail)), out)?;
            }
            // The same for many of one kind would only be in the way.
            if said != Some(missed.repair.what.as_str()) {
                let (who, what) = (missed.repair.who, self.brief(&plain(&missed.repair.what)));
                wrapped(&below, &format!("Repair, by {who}: {what}."), out)?;
                said = Some(missed.repair.what.as_str());
            }
        }
        Ok(())
    }

    fn trail(&self, trail: &[Waypoint]) -> String {
        let point = |point: &Waypoint| match &point.read_by {
            None => self.call(point.artifact),
            Some(report) => format!("made from {} (report {})", self.call(point.artifact), short(report)),
        };
        trail.iter().map(point).collect::<Vec<_>>().join(", ")
    }

    fn call(&self, artifact: ArtifactDigest) -> String {
        let digest = artifact.to_string();
        self.called.get(&digest).cloned().unwrap_or_else(|| short(&digest))
    }

    /// A message with every digest and id in it by its name, or else by its start.
    fn brief(&self, text: &str) -> String {
        let mut brief = String::with_capacity(text.len());
        let hexadecimal = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        let mut rest = text;
        while !rest.is_empty() {
            let run = rest.find(|c| !hexadecimal(c)).unwrap_or(rest.len());
            let (digits, after) = rest.split_at(run);
            match digits.len() {
                DIGITS => {
                    let named = self.called.get(digits).cloned();
                    brief.push_str(&named.unwrap_or_else(|| short(&digits)));
                }
                _ => brief.push_str(digits),
            }
            let other = after.find(hexadecimal).unwrap_or(after.len());
            let (between, next) = after.split_at(other);
            brief.push_str(between);
            rest = next;
        }
        brief
    }
}

/// What a run did, by the first who speaks for it.
pub(crate) fn did(vote: Option<&Speaks>, showing: Showing) -> String {
    let Some(vote) = vote else { return "is told of".to_owned() };
    let tool = plain(&vote.tool);
    match (showing, vote.effect) {
        (Showing::Complete, _) => {
            format!("was made by `{tool}`, and nothing that went into it is left out")
        }
        (Showing::Reproduced, _) => format!("was made by `{tool}`, in a custody of its own"),
        (Showing::Property, "preserves") => {
            format!("was made by `{tool}`, which preserves it: what it was made from has it")
        }
        (Showing::Property, "attests") => format!("was inspected by `{tool}`, which found it"),
        (Showing::Property, _) => format!("was made by `{tool}`, which establishes it"),
    }
}

pub(crate) fn does(vote: &Speaks, showing: Showing) -> String {
    let tool = plain(&vote.tool);
    match (showing, vote.effect) {
        (Showing::Complete | Showing::Reproduced, _) => format!("is a whole step of `{tool}`"),
        (Showing::Property, effect) => format!("{} it, as `{tool}`", effect),
    }
}

/// A clause as a sentence.
fn sentence(clause: &str) -> String {
    let mut letters = clause.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

/// What a report survived: it is never left out.
fn survivals(step: &Step, indent: &str, out: &mut impl Write) -> io::Result<()> {
    step.survivals.iter().try_for_each(|survival| {
        wrapped(&format!("{indent}  "), &format!("The report survives: {}.", survival.said()), out)
    })
}
