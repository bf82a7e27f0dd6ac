//! Decisions as pages of HTML in which others chose the texts (`docs/report.md`).

use std::collections::{BTreeMap, BTreeSet};

use cdi_graph::{Evidence as Seen, Graph};
use cdi_report::{
    Answer, Evidence, Excerpt, Extent, Failed, Kind, Mark, Miss, Note, Page, Place, Principal, Standing,
    Statement, Step, Supposed, SupposedPrincipal, Switch, SwitchKind, Verdict, Vote, Waypoint, WhatIf,
    indented,
};
use cdi_types::{AnyStatement, ArtifactDigest, Sha256, StatementId, parse_statement};
use fastrand::Rng;
use serde_json::Value;

use crate::{Target, diagnostics, markup, reference};

pub(crate) const TARGET: Target = Target {
    name: "pages",
    oracle: "whatever its texts are, a page has the elements of the same page with harmless ones, closed in order, with attributes that \
             run and fetch nothing; its title and its excerpts are the texts, its data is JSON of them, each id is there once, and no \
             link leads out; nothing steers a display; JSON that is shown by lines is the same JSON",
    run,
    seeds,
    words,
    most: 600,
};

/// Which page by the first bytes, then texts with 0xff between them.
fn run(bytes: &[u8]) {
    let Some((head, rest)) = bytes.split_first_chunk::<4>() else { return };
    let texts: Vec<String> =
        rest.split(|byte| *byte == 0xff).map(|text| String::from_utf8_lossy(text).into_owned()).collect();
    texts.iter().for_each(|text| by_lines(text));
    let graph = (head[0] % 32 == 0).then(|| graph(rest)).flatten();
    let seed = u64::from(u32::from_le_bytes(*head));
    let made = |texts: &[String]| {
        let mut writer = Writer { rng: Rng::with_seed(seed), texts, excerpts: Vec::new() };
        (writer.page(graph.clone()), writer.excerpts)
    };
    let (page, excerpts) = made(&texts);
    let shown = cdi_report::page(&page);
    let found = markup::Html::read(&shown);
    // Texts that are equal stay so: what is asked is found again by its text.
    let harmless = |text: &String| match texts.iter().position(|other| other == text) {
        _ if text.is_empty() => String::new(),
        place => format!("harmless{}", place.unwrap_or_default()),
    };
    let harmless: Vec<String> = texts.iter().map(harmless).collect();
    assert_eq!(found.shape(), markup::Html::read(&cdi_report::page(&made(&harmless).0)).shape());
    said(&page, &excerpts, &found);
}

fn by_lines(text: &str) {
    let shown = indented(text);
    if reference::strict_json(text.as_bytes()).is_none() {
        return assert_eq!(shown, text);
    }
    let value = |text: &str| serde_json::from_str::<Value>(text).ok();
    assert_eq!(value(&shown), value(text));
    assert_eq!(indented(&shown), shown);
}

fn graph(bytes: &[u8]) -> Option<Graph> {
    let world = diagnostics::hostile(bytes)?;
    let statements: Vec<(StatementId, AnyStatement)> =
        world.parts.iter().filter_map(|part| parse_statement(&part.payload).ok()).collect();
    let artifact = ArtifactDigest::parse(&world.artifact).unwrap();
    Some(Graph::of(artifact, &Seen::as_said(&statements), &[], None))
}

/// What a page must say of its values.
fn said(page: &Page, excerpts: &[String], found: &markup::Html) {
    let verdicts = ["Allowed", "Denied", "Not decided"];
    let titles = verdicts.map(|word| format!("{word}: {}", markup::line(&page.artifact)));
    assert!(titles.contains(&found.of("title")[0].to_owned()), "{:?}", found.of("title"));
    assert_eq!(found.of("pre"), excerpts.iter().map(|text| markup::lines(text)).collect::<Vec<_>>());
    let data: Value = serde_json::from_str(found.raw("script")[0]).expect("data that is no JSON");
    assert_eq!(data["command"], markup::line(&page.what_if.command));
    let ids: Vec<String> = page.what_if.switches.iter().map(|switch| markup::line(&switch.id)).collect();
    assert_eq!(data["ids"], Value::from(ids));
}

/// Makes values by chance, each text one of these.
struct Writer<'t> {
    rng: Rng,
    texts: &'t [String],
    /// What is shown of the bytes of statements, in their order.
    excerpts: Vec<String>,
}

const VERDICTS: [Verdict; 3] = [Verdict::Allow, Verdict::Deny, Verdict::Unknown];

impl Writer<'_> {
    fn text(&mut self) -> String {
        self.rng.choice(self.texts).cloned().unwrap_or_default()
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        *self.rng.choice(of).unwrap()
    }

    fn some<T>(&mut self, one: impl Fn(&mut Self) -> T) -> Vec<T> {
        (0..self.rng.usize(..3)).map(|_| one(self)).collect()
    }

    fn maybe<T>(&mut self, one: impl Fn(&mut Self) -> T) -> Option<T> {
        self.rng.bool().then(|| one(self))
    }

    /// One of few statements, some of which the page has.
    fn id(&mut self) -> StatementId {
        StatementId::new(Sha256::of(&[self.rng.u8(..6)]))
    }

    fn artifact(&mut self) -> ArtifactDigest {
        ArtifactDigest::of(&[self.rng.u8(..3)])
    }

    fn page(&mut self, graph: Option<Graph>) -> Page {
        let place =
            |w: &mut Self| Place { name: w.text(), provides: w.some(Self::text), asserted_by: w.text() };
        let note = |w: &mut Self| Note {
            code: "policies-conflict",
            message: w.text(),
            lines: w.some(Self::text),
            hint: w.maybe(Self::text),
        };
        let evidence = |w: &mut Self| Evidence {
            files: w.some(Self::text),
            counts: w.some(|w| (w.text(), w.rng.usize(..9))),
            unused: w.some(Self::text),
        };
        Page {
            program: self.text(),
            artifact: self.text(),
            digest: self.artifact(),
            verdict: self.one(&VERDICTS),
            at: self.text(),
            place: self.maybe(place),
            grants: self.some(Self::text),
            catalogues: self.some(Self::text),
            again: self.text(),
            notes: self.some(note),
            principals: self.some(Self::principal),
            graph,
            evidence: evidence(self),
            what_if: self.what_if(),
            statements: self.statements(),
            further: self.rng.usize(..2),
        }
    }

    fn principal(&mut self) -> Principal {
        let failed = |w: &mut Self| Failed {
            requirement: w.text(),
            code: "grant-refused",
            message: w.text(),
            hint: w.maybe(Self::text),
        };
        Principal {
            name: self.text(),
            verdict: self.one(&VERDICTS),
            policy: self.maybe(Self::text),
            edition: self.maybe(Self::text),
            asks: self.text(),
            residual: self.maybe(Self::text),
            provided: self.some(|w| (w.text(), w.text())),
            answers: self.some(|w| w.answer(0)),
            refused: self.some(failed),
            excused: self.some(|w| (failed(w), w.text())),
        }
    }

    fn answer(&mut self, depth: usize) -> Answer {
        let kinds = [Kind::Property, Kind::Tag, Kind::Formula, Kind::Platform, Kind::History, Kind::Evidence];
        let vote = |w: &mut Self| Vote {
            authorities: w.some(Self::text),
            certification: w.id(),
            endorsements: w.some(Self::id),
            besides: w.some(Self::text),
        };
        let step = |w: &mut Self| Step {
            artifact: w.artifact(),
            name: w.maybe(Self::text),
            says: w.text(),
            statement: w.maybe(Self::id),
            quorum: w.maybe(|w| w.rng.u8(1..4)),
            votes: w.some(vote),
            besides: w.some(Self::text),
        };
        let point = |w: &mut Self| Waypoint {
            artifact: w.artifact(),
            name: w.maybe(Self::text),
            read_by: w.maybe(Self::id),
        };
        let miss = |w: &mut Self| Miss {
            code: "no-report",
            message: w.text(),
            trail: w.some(point),
            report: w.maybe(Self::id),
            repair_by: w.text(),
            repair: w.text(),
        };
        Answer {
            question: self.text(),
            kind: self.one(&kinds),
            standing: self.one(&[Standing::Has, Standing::HasNot, Standing::NotTold]),
            excused: self.maybe(Self::text),
            meaning: self.maybe(Self::text),
            formula: self.maybe(|w| format!("{} and {}", w.text(), w.text())),
            place: self.maybe(Self::text),
            custodians: self.some(Self::text),
            proof: self.some(step),
            misses: self.some(miss),
            parts: if depth < 2 { self.some(|w| w.answer(depth + 1)) } else { Vec::new() },
        }
    }

    fn what_if(&mut self) -> WhatIf {
        let switch = |w: &mut Self| Switch {
            id: w.text(),
            kind: w.one(&[SwitchKind::Certification, SwitchKind::Authority]),
            label: w.text(),
            lines: w.rng.usize(..3),
            statement: w.maybe(Self::id),
        };
        let principal = |w: &mut Self| SupposedPrincipal {
            name: w.text(),
            verdict: w.one(&VERDICTS),
            failures: w.some(|w| (w.text(), "quorum-unmet")),
        };
        let supposed = |w: &mut Self| Supposed { verdict: w.one(&VERDICTS), principals: w.some(principal) };
        let switches = self.some(switch);
        let outcomes = [supposed(self), supposed(self)].to_vec();
        let alone = (0..switches.len()).map(|at| BTreeSet::from([at]));
        let combinations: BTreeMap<BTreeSet<usize>, usize> =
            std::iter::once(BTreeSet::new()).chain(alone).map(|off| (off, self.rng.usize(..2))).collect();
        let extents = [Extent::All, Extent::Pairs, Extent::Singles, Extent::Stopped, Extent::Nothing];
        WhatIf {
            switches,
            outcomes,
            combinations,
            extent: self.one(&extents),
            further: self.rng.usize(..3),
            command: self.text(),
            budget: 65_536,
            seconds: 60,
        }
    }

    /// Statements of different ids.
    fn statements(&mut self) -> Vec<Statement> {
        let count = self.rng.u8(..4);
        (0..count).map(|number| self.statement(number)).collect()
    }

    fn statement(&mut self, number: u8) -> Statement {
        let payload = self.maybe(Self::text);
        if let Some(text) = &payload {
            let by_lines = indented(text);
            self.excerpts.push(if by_lines.len() > 4 * text.len() { text.clone() } else { by_lines });
        }
        let envelope = self.text();
        self.excerpts.push(envelope.clone());
        let discarded = Mark::Discarded { code: "issuer-key-unknown", reason: self.text() };
        Statement {
            id: self.rng.bool().then(|| StatementId::new(Sha256::of(&[number]))),
            kind: self.text(),
            summary: self.text(),
            about: self.some(|w| Sha256::of(&[w.rng.u8(..9)])),
            source: self.text(),
            mark: [Mark::Verified, Mark::NoEvidence, discarded][self.rng.usize(..3)].clone(),
            payload: payload.map(|text| Excerpt::of(text.as_bytes())),
            envelope: Excerpt::of(envelope.as_bytes()),
        }
    }
}

const HOSTILE: [&str; 14] = [
    "</script><script>alert(1)</script>",
    "</style><style>*{display:none}</style>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "` onfocus=`alert(1)`",
    "<svg onload=alert(1)><foreignObject>",
    "javascript:alert(1)",
    "<!--<script>",
    "]]></code></pre></details></main>",
    "&lt;b&gt;&#60;script&#62;&quot;",
    "\u{202e}\u{2066}</p>\u{0}\u{1b}[2J\r\n\t\u{2028}\u{feff}\u{e0041}",
    "<base href=https://evil.example/><meta http-equiv=refresh content=0>",
    "{\"a\":[1,{}],\"</pre>\":\"\\\"[\"}",
    "WASM_A and `x` 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
];

fn seeds() -> Vec<Vec<u8>> {
    let with = |number: usize| {
        let texts = [number, number + 1, number + 5].map(|at| HOSTILE[at % HOSTILE.len()].as_bytes());
        [&[number as u8, number as u8, 3, 0], texts.join(&0xff).as_slice()].concat()
    };
    (0..32).map(with).collect()
}

fn words() -> Vec<Vec<u8>> {
    HOSTILE
        .iter()
        .map(|text| text.as_bytes().to_vec())
        .chain([vec![0xff], b"`".to_vec(), b"{}".to_vec()])
        .collect()
}
