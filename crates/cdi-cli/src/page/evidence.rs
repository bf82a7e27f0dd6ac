//! What was read, and its lines as they were received.

use std::collections::{BTreeMap, BTreeSet};

use cdi_envelope::Envelope;
use cdi_report::{Excerpt, Mark, Statement, limits};
use cdi_types::{AnyStatement, Line, Sha256, StatementId, parse_statement};

use crate::decision::{Outcome, Walk};
use crate::evidence::{Evidence, Needed};
use crate::summary::summary;
use crate::verdict::Word;
use crate::whose;

/// What was read, and what of it could not be used.
pub(super) fn read(evidence: &Evidence, verdict: Word) -> cdi_report::Evidence {
    let counts = [
        ("Reports", evidence.reports),
        ("Certifications", evidence.certifications),
        ("Endorsements", evidence.endorsements),
        ("Origins", evidence.origins),
        ("Revocation lists", evidence.revocation_lists),
        ("Of these remembered by this host", evidence.remembered_lists),
        ("Editions of policies", evidence.editions),
        ("Waivers", evidence.waivers),
        ("Discarded lines", evidence.discarded.len()),
        ("Signature verifications", evidence.signature_verifications),
    ];
    let counts = counts.into_iter().filter(|(_, count)| *count > 0);
    let needed = if verdict == Word::Allow { Needed::No } else { Needed::Perhaps };
    let needless = if needed == Needed::No { evidence.needless() } else { None };
    cdi_report::Evidence {
        files: evidence.bundles.clone(),
        counts: counts.map(|(what, count)| (what.to_owned(), count)).collect(),
        unused: evidence.unused(needed).into_iter().chain(needless).collect(),
    }
}

/// As many of the lines as a page shows, those first that the decision names, and how many are left out.
pub(super) fn statements(
    walk: &Walk,
    outcome: &Outcome,
    named: &BTreeSet<StatementId>,
) -> (Vec<Statement>, usize) {
    let provenance = outcome.provenance.as_ref().map(cdi_verify::Verified::get);
    let discarded = provenance.map(cdi_verify::Provenance::discarded).unwrap_or_default();
    let discarded: BTreeMap<usize, (&'static str, &str)> =
        discarded.iter().map(|line| (line.line, (line.code, line.reason.as_str()))).collect();
    let mut seen = BTreeSet::new();
    let (mut first, mut then, mut all) = (Vec::new(), Vec::new(), 0_usize);
    for line in walk.evidence.together.as_untrusted().lines() {
        // A list that this host remembers of somebody who has no part in this is for nobody who reads the page.
        let remembered = walk.evidence.sources.remembered(line.number).is_some();
        if remembered && discarded.contains_key(&line.number) {
            continue;
        }
        all += 1;
        if first.len() >= limits::STATEMENTS {
            continue;
        }
        let id = id(line);
        // A repetition would be there twice under one id.
        let again = id.is_some_and(|id| !seen.insert(id));
        if again {
            all -= 1;
        } else if id.is_some_and(|id| named.contains(&id)) {
            first.push(shown(line, walk, &discarded));
        } else if then.len() < limits::STATEMENTS {
            then.push(shown(line, walk, &discarded));
        }
    }
    first.extend(then);
    first.truncate(limits::STATEMENTS);
    let further = all.saturating_sub(first.len());
    (first, further)
}

/// The id that the line's payload has, whatever it is.
fn id(line: Line<'_>) -> Option<StatementId> {
    let envelope = Envelope::parse(line.bytes).ok()?.into_untrusted();
    Some(StatementId::new(Sha256::of(envelope.payload())))
}

fn shown(line: Line<'_>, walk: &Walk, discarded: &BTreeMap<usize, (&'static str, &str)>) -> Statement {
    let source = match walk.evidence.sources.of(line.number) {
        Some((path, number)) => format!("{}, line {number}", path.display()),
        None => "what this host remembers".to_owned(),
    };
    let mark = discarded
        .get(&line.number)
        .map(|(code, reason)| Mark::Discarded { code, reason: (*reason).to_owned() });
    let bare = Statement {
        id: None,
        kind: "unusable".to_owned(),
        summary: "no statement in an envelope".to_owned(),
        about: Vec::new(),
        source,
        mark: mark.unwrap_or(Mark::Verified),
        payload: None,
        envelope: Excerpt::of(line.bytes),
    };
    let Ok(envelope) = Envelope::parse(line.bytes) else { return bare };
    let envelope = envelope.into_untrusted();
    let payload = Some(Excerpt::of(envelope.payload()));
    let id = Some(StatementId::new(Sha256::of(envelope.payload())));
    match parse_statement(envelope.payload()) {
        Err(_) => Statement { id, payload, ..bare },
        Ok((_, statement)) => {
            let (kind, summary) = summary(&statement);
            let is_read = !matches!(
                statement,
                AnyStatement::Foreign { .. }
                    | AnyStatement::CertificationRequest(_)
                    | AnyStatement::EndorsementRequest(_)
            );
            let mark = if is_read { bare.mark } else { Mark::NoEvidence };
            Statement {
                id,
                kind: kind.to_owned(),
                summary,
                about: whose::about(&statement),
                mark,
                payload,
                ..bare
            }
        }
    }
}
