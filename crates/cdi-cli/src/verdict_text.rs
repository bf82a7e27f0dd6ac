//! A verdict for people: first what will be enforced, then how it came out, and why.

use std::io::{self, Write};

use cdi_policy::{Policy, Rule};
use cdi_verify::Question;

use crate::count;
use crate::decision::Walk;
use crate::evidence::Needed;
use crate::explanation_text::short;
use crate::proof::{Speaks, Step};
use crate::terminal::{BAD, DIM, GOOD, STRONG, plain};
use crate::verdict::{Document, Edition, Excused, Failed, Place, Principal, Provided, Shows, Word};

/// The criteria, before anything is known of the code.
pub(crate) fn criteria(walk: &Walk, path: &str, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{STRONG}{}{STRONG:#}  sha256 {}", plain(path), walk.artifact.digest())?;
    writeln!(out, "{STRONG}criteria{STRONG:#}")?;
    for party in &walk.parties {
        let text = match (party.policies().next(), party.key()) {
            (Some(policy), _) => asked(policy),
            (None, Some(key)) => format!("what an edition of its policy says, signed by key {}", key.short()),
            (None, None) => String::new(),
        };
        let (name, path) = (&party.principal().name, party.principal().policy.as_deref().unwrap_or_default());
        writeln!(out, "  {name} asks for {}  {DIM}{}{DIM:#}", plain(&text), plain(path))?;
    }
    let directories = walk.request.directories.iter();
    let directories =
        directories.map(|wanted| format!("directory `{}` to {}", wanted.name, wanted.access.as_str()));
    let variables = walk.request.environment.iter().map(|(name, _)| format!("environment variable `{name}`"));
    for given in directories.chain(variables) {
        writeln!(out, "  the program is to get the {}", plain(&given))?;
    }
    Ok(())
}

/// What a policy asks for, on one line.
pub(crate) fn asked(policy: &Policy) -> String {
    if policy.rule() == Rule::AcceptAll {
        return "nothing (accept-all)".to_owned();
    }
    let required = policy.requirements().iter().map(|demand| match demand.from {
        None => demand.written.to_string(),
        Some(from) => format!("from {from} on, {}", demand.written),
    });
    required.chain(policy.history()).collect::<Vec<_>>().join("; ")
}

/// The verdict, principal by principal.
pub(crate) fn verdict(document: &Document, out: &mut impl Write) -> io::Result<()> {
    let needed = if document.verdict == Word::Allow { Needed::No } else { Needed::Perhaps };
    for unused in document.evidence.unused(needed) {
        writeln!(out, "{DIM}{unused}{DIM:#}")?;
    }
    if let Some(remembered) = document.evidence.remembers().filter(|_| needed == Needed::Perhaps) {
        writeln!(out, "{DIM}{remembered}{DIM:#}")?;
    }
    let place =
        document.environment.as_ref().map(|place| format!(", in `{}`", place.name)).unwrap_or_default();
    let style = colour(document.verdict);
    let place = if document.verdict == Word::Allow { place } else { String::new() };
    writeln!(
        out,
        "{STRONG}verdict{STRONG:#}: {style}{}{style:#}{}",
        document.verdict.as_str(),
        plain(&place)
    )?;
    if let Some(error) = &document.error {
        writeln!(out, "  {} [{}]", plain(&error.message), error.code)?;
    }
    if let Some(conflict) = &document.conflict {
        writeln!(out, "  {BAD}conflict{BAD:#}: {} [{}]", plain(&conflict.message), conflict.code)?;
        for side in &conflict.sides {
            writeln!(out, "    {}: {}", plain(&side.principal), plain(&side.requirement))?;
        }
        writeln!(out, "    {STRONG}hint{STRONG:#}: {}", conflict.hint)?;
    }
    document.principals.iter().try_for_each(|principal| one_principal(principal, document, out))?;
    match document.evidence.needless() {
        Some(needless) if needed == Needed::No => writeln!(out, "{DIM}{needless}{DIM:#}"),
        Some(_) | None => Ok(()),
    }
}

const fn colour(word: Word) -> anstyle::Style {
    match word {
        Word::Allow => GOOD,
        Word::Deny | Word::Unknown => BAD,
    }
}

fn one_principal(principal: &Principal, document: &Document, out: &mut impl Write) -> io::Result<()> {
    let style = colour(principal.verdict);
    writeln!(
        out,
        "  {STRONG}{}{STRONG:#}: {style}{}{style:#}",
        plain(&principal.name),
        principal.verdict.as_str()
    )?;
    if let (Some(edition), Some(asks)) = (&principal.edition, &principal.asks) {
        let Edition { version, not_after, mode, .. } = edition;
        let mode = if *mode == "enforce" { String::new() } else { format!(", in mode `{mode}`") };
        writeln!(
            out,
            "    by version {version} of its policy, until {not_after}{mode}: it asks for {}",
            plain(asks)
        )?;
    }
    principal.excused.iter().try_for_each(|one| excused(one, out))?;
    if principal.verdict == Word::Allow {
        principal.reasons.iter().try_for_each(|reason| shown(reason, out))?;
        if let Some(place) = &document.environment {
            provided(principal, place, out)?;
        }
    }
    principal.failures.iter().try_for_each(|failure| failed(failure, out))
}

/// What the place provides, and whose word that is.
fn provided(principal: &Principal, place: &Place, out: &mut impl Write) -> io::Result<()> {
    let (name, host) = (plain(&place.name), plain(&place.asserted_by));
    let ways = [
        (Provided::WORD, format!("`{name}`, on the word of `{host}`")),
        (Provided::RUNTIME, format!("the runtime of `{name}`, which is certified to supply it")),
    ];
    for (by, whom) in ways {
        let all = principal.provided.iter().filter(|provided| provided.by == by);
        let properties: Vec<String> = all.map(|provided| plain(&provided.property)).collect();
        let are = match properties.as_slice() {
            [] => continue,
            [_] => "is",
            _ => "are",
        };
        writeln!(out, "    {} {are} provided by {whom}", properties.join(" and "))?;
    }
    Ok(())
}

/// What fails and does not refuse. It is said with every verdict.
pub(crate) fn excused(excused: &Excused, out: &mut impl Write) -> io::Result<()> {
    let Failed { requirement, shown, .. } = &excused.failed;
    let why = excused.excuse.said();
    writeln!(
        out,
        "    {STRONG}excused{STRONG:#} {}: {} [{}]; {}",
        plain(requirement),
        plain(&shown.message),
        shown.code,
        plain(&why)
    )
}

/// More steps than these are in the JSON.
const STEPS: usize = 32;

fn shown(reason: &Shows, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "    {}", plain(&reason.question))?;
    for step in reason.proof.iter().take(STEPS) {
        one_step(step, &reason.question, out)?;
    }
    match reason.proof.len().checked_sub(STEPS) {
        Some(more @ 1..) => {
            writeln!(out, "      and {} more: `--output json` shows all", count::of(more, "step"))
        }
        _ => Ok(()),
    }
}

/// Who certified what the votes of a step say.
fn certified(step: &Step, out: &mut impl Write) -> io::Result<()> {
    for vote in &step.votes {
        let chain: Vec<String> = vote.authorities.iter().map(|name| plain(name)).collect();
        let certification = short(&vote.certification);
        let chain = chain.join(" > ");
        writeln!(out, "        certified by {chain}  {DIM}certification {certification}{DIM:#}")?;
    }
    Ok(())
}

fn one_step(step: &Step, question: &str, out: &mut impl Write) -> io::Result<()> {
    let name = step.name.as_deref().map_or_else(|| short(&step.artifact), plain);
    match (step.ground, &step.statement) {
        ("report", Some(report)) => {
            let vote = step.votes.first();
            let did = |vote: &Speaks| format!("{} {}", plain(&vote.tool), doing(vote, question));
            let tool = vote.map_or_else(String::new, did);
            writeln!(out, "      {name}: {tool}  {DIM}report {}{DIM:#}", short(report))?;
            certified(step, out)?;
            for signature in &step.countersignatures {
                let chain: Vec<String> = signature.authorities.iter().map(|name| plain(name)).collect();
                writeln!(out, "        countersigned by {}", chain.join(" > "))?;
            }
            survivals(step, out)
        }
        ("runtime", _) => {
            writeln!(
                out,
                "      {name}: this runtime supplies it  {DIM}sha256 {}{DIM:#}",
                short(&step.artifact)
            )?;
            certified(step, out)
        }
        ("linked", Some(report)) => {
            writeln!(
                out,
                "      {name}: the run that is named for it made it  {DIM}report {}{DIM:#}",
                short(report)
            )?;
            survivals(step, out)
        }
        ("origin", Some(statement)) => {
            let commit = step.commit.as_ref().map_or_else(String::new, |one| format!(" of {one}"));
            let statement = short(statement);
            writeln!(out, "      {name}: an accepted origin  {DIM}origin {statement}{commit}{DIM:#}")
        }
        ("origin", None) => writeln!(out, "      {name}: an accepted origin, by its digest"),
        ("summary", Some(statement)) => {
            let verifier = plain(step.verifier.as_deref().unwrap_or_default());
            writeln!(
                out,
                "      {name}: {STRONG}verified by{STRONG:#} `{verifier}`, in the place of its history  {DIM}summary {}{DIM:#}",
                short(statement)
            )
        }
        ("evidence", Some(statement)) => {
            let predicate_type = plain(step.predicate_type.as_deref().unwrap_or_default());
            let key = step.key.as_ref().map(short).unwrap_or_default();
            writeln!(
                out,
                "      {name}: {STRONG}said by{STRONG:#} the key {key}, as `{predicate_type}`  {DIM}statement {}{DIM:#}",
                short(statement)
            )
        }
        ("not-asked", _) => {
            let said = step.depth.as_ref().map_or_else(String::new, |depth| plain(&depth.said()));
            writeln!(out, "      {name}: {STRONG}cut{STRONG:#}, {said}")
        }
        _ => writeln!(out, "      {name}: the policy takes it as given"),
    }
}

/// What a report survived. It is said with every allow that rests on it.
fn survivals(step: &Step, out: &mut impl Write) -> io::Result<()> {
    step.survivals
        .iter()
        .try_for_each(|survival| writeln!(out, "        {STRONG}survives{STRONG:#}: {}", survival.said()))
}

fn doing(vote: &Speaks, question: &str) -> &'static str {
    match vote.effect {
        _ if question == Question::Complete.to_string() => "made it, and nothing is left out",
        _ if question == Question::Reproduced.to_string() => "made it",
        "establishes" => "establishes it",
        "preserves" => "preserves it",
        _ => "attests it",
    }
}

fn failed(failure: &Failed, out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "    {BAD}{}{BAD:#}: {} [{}]",
        plain(&failure.requirement),
        plain(&failure.shown.message),
        failure.shown.code
    )?;
    if let Some(hint) = &failure.shown.hint {
        writeln!(out, "      {STRONG}hint{STRONG:#}: {}", plain(hint))?;
    }
    for cause in &failure.causes {
        for obstacle in cause.obstacles.iter().filter(|obstacle| obstacle.message != failure.shown.message) {
            writeln!(
                out,
                "      {DIM}{}: {} [{}]{DIM:#}",
                plain(&cause.question),
                plain(&obstacle.message),
                obstacle.code
            )?;
        }
    }
    Ok(())
}
