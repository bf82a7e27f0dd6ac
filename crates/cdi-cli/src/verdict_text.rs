//! A verdict for people: first what will be enforced, then how it came out, and why.

use std::io::{self, Write};

use cdi_policy::Rule;
use cdi_verify::Question;

use crate::count;
use crate::decision::Walk;
use crate::proof::{Speaks, Step};
use crate::terminal::{BAD, DIM, GOOD, STRONG, plain};
use crate::verdict::{Document, Failed, Principal, Shows, Word};

/// The criteria, before anything is known of the code.
pub(crate) fn criteria(walk: &Walk, path: &str, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{STRONG}{}{STRONG:#}  sha256 {}", plain(path), walk.artifact.digest())?;
    writeln!(out, "{STRONG}criteria{STRONG:#}")?;
    for (principal, policy) in &walk.policies {
        let required = policy.requirement().map(ToString::to_string);
        let asked: Vec<String> = required.into_iter().chain(policy.history()).collect();
        let text = match policy.rule() {
            Rule::AcceptAll => "nothing (accept-all)".to_owned(),
            Rule::DefaultDeny => asked.join("; "),
        };
        writeln!(
            out,
            "  {} asks for {}  {DIM}{}{DIM:#}",
            principal.name,
            plain(&text),
            plain(&principal.policy)
        )?;
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

/// The verdict, principal by principal.
pub(crate) fn verdict(document: &Document, out: &mut impl Write) -> io::Result<()> {
    for unused in document.evidence.unused() {
        writeln!(out, "{DIM}{unused}{DIM:#}")?;
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
    document.principals.iter().try_for_each(|principal| one_principal(principal, document, out))
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
    if principal.verdict == Word::Allow {
        principal.reasons.iter().try_for_each(|reason| shown(reason, out))?;
        if let (Some(residual), Some(place)) = (&principal.residual, &document.environment) {
            let (name, host) = (plain(&place.name), plain(&place.asserted_by));
            writeln!(out, "    {} is provided by `{name}`, on the word of `{host}`", plain(residual))?;
        }
    }
    principal.failures.iter().try_for_each(|failure| failed(failure, out))
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

fn one_step(step: &Step, question: &str, out: &mut impl Write) -> io::Result<()> {
    let short = |digest: &dyn ToString| digest.to_string().chars().take(12).collect::<String>();
    let name = step.name.as_deref().map_or_else(|| short(&step.artifact), plain);
    match (step.ground, &step.statement) {
        ("report", Some(report)) => {
            let vote = step.votes.first();
            let did = |vote: &Speaks| format!("{} {}", plain(&vote.tool), doing(vote, question));
            let tool = vote.map_or_else(String::new, did);
            writeln!(out, "      {name}: {tool}  {DIM}report {}{DIM:#}", short(report))?;
            for vote in &step.votes {
                let chain: Vec<String> = vote.authorities.iter().map(|name| plain(name)).collect();
                let certification = short(&vote.certification);
                writeln!(
                    out,
                    "        certified by {}  {DIM}certification {certification}{DIM:#}",
                    chain.join(" > ")
                )?;
            }
            for signature in &step.countersignatures {
                let chain: Vec<String> = signature.authorities.iter().map(|name| plain(name)).collect();
                writeln!(out, "        countersigned by {}", chain.join(" > "))?;
            }
            Ok(())
        }
        ("linked", Some(report)) => {
            writeln!(
                out,
                "      {name}: the run that is named for it made it  {DIM}report {}{DIM:#}",
                short(report)
            )
        }
        ("origin", Some(statement)) => {
            writeln!(out, "      {name}: an accepted origin  {DIM}origin {}{DIM:#}", short(statement))
        }
        ("origin", None) => writeln!(out, "      {name}: an accepted origin, by its digest"),
        _ => writeln!(out, "      {name}: the policy takes it as given"),
    }
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
