//! `cdi authority template`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cdi_authority::Claims;
use cdi_envelope::Envelope;
use cdi_types::{
    AnyStatement, Bundle, EnvironmentValue, Exit, PlatformProperty, PropertyName, RecordedPath, Report,
    Statement, StatementId, Subject, parse_statement,
};
use clap::Args;
use serde_json::{Value, json};

use crate::answer::{Done, Outputs, VALUES};
use crate::catalogues::CatalogueArguments;
use crate::failure::Failure;
use crate::id_prefix::IdPrefix;
use crate::{count, decision, embedded, terminal, words};

/// Write claims to edit, from a run that somebody has recorded, or for this program as a runtime.
///
/// The one invocation describes that run and no other: its arguments in their order, its environment with its values.
/// You widen what you have vetted: more values, options in any order, manifests of the headers that a compiler reads
/// (F-INVOCATION, F-MANIFEST). Nothing is trusted and nothing is signed; `cdi authority lint` looks at what you make of it.
///
/// With --runtime it describes how this very program runs code in one of its environments, and what it supplies there
/// (M-SUPPLY); or how a WebAssembly runtime does that --config declares.
///
///   cdi authority template first.o.intoto.jsonl --establishes STACK_CANARIES --out gcc-claims.json
///   cdi authority template --runtime embedded --supplies NETWORK_ISOLATION --out cdi-claims.json
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Template {
    /// A bundle with the report of the run
    #[arg(required_unless_present = "runtime", conflicts_with = "runtime")]
    bundle: Option<PathBuf>,
    /// Describe this program as the runtime of one of its environments, in the place of a run
    #[arg(long, value_name = "ENVIRONMENT", requires = "supplies", conflicts_with_all = ["establishes", "preserves", "attests"])]
    runtime: Option<String>,
    /// The configuration that declares the runtime, if it is none of this program's own environments
    #[arg(long, value_name = "FILE", requires = "runtime")]
    config: Option<PathBuf>,
    /// What the runtime gives to the code that it runs; may be repeated
    #[arg(long, value_name = "PROPERTY[=VALUE]", requires = "runtime", value_parser = place_property)]
    supplies: Vec<PlatformProperty>,
    /// The report, if the bundle has several; the first 8 or more digits will do
    #[arg(long, value_name = "ID", conflicts_with = "runtime")]
    report: Option<IdPrefix>,
    /// What the output of such a run has, whatever goes in; may be repeated
    #[arg(long, value_name = "PROPERTY")]
    establishes: Vec<PropertyName>,
    /// What the output has if all code that goes in has it; may be repeated
    #[arg(long, value_name = "PROPERTY")]
    preserves: Vec<PropertyName>,
    /// What an inspector finds; may be repeated
    #[arg(long, value_name = "PROPERTY")]
    attests: Vec<PropertyName>,
    #[command(flatten)]
    catalogues: CatalogueArguments,
    /// The file to write; it must not be there yet
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    output: Outputs<VALUES>,
}

impl Template {
    pub(crate) fn run(self) -> Result<(), Failure> {
        cdi_store::foresee_new(&self.out)?;
        let (document, described) = match (&self.runtime, &self.bundle) {
            (Some(environment), _) => {
                (self.of_runtime(environment)?, "this program as it is, in that environment,")
            }
            (None, Some(bundle)) => (self.of_run(bundle)?, "the recorded run"),
            (None, None) => return Err(Failure::failed("usage", "neither a bundle nor a runtime was named")),
        };
        let mut bytes = serde_json::to_vec_pretty(&document)
            .map_err(|error| Failure::failed("output-unwritable", error))?;
        bytes.push(b'\n');
        let claims = Claims::parse(&bytes)?;
        claims.admit()?;
        words::claims_meant(&claims, &self.catalogues.read()?)?;
        cdi_store::write_new(&self.out, &bytes, 0o644)?;
        let out = self.out.display();
        let done = Done::new(format!("wrote {out}: it describes {described} and no other"));
        self.output.say(&done.also("file", out))
    }

    fn of_run(&self, bundle: &Path) -> Result<Value, Failure> {
        let claims: Vec<Value> = [
            ("establishes", &self.establishes),
            ("preserves", &self.preserves),
            ("attests", &self.attests),
        ]
        .into_iter()
        .flat_map(|(effect, properties)| properties.iter().map(move |property| (effect, property)))
        .map(|(effect, property)| json!({ "property": property, "effect": effect, "invocation": "recorded" }))
        .collect();
        if claims.is_empty() {
            return Err(Failure::failed("usage", "no claim was named")
                .hint("name one with `--establishes`, `--preserves` or `--attests`"));
        }
        let read = cdi_store::read_bundle(bundle)?;
        let report = self.report(read.as_untrusted(), bundle)?;
        if let inputs @ 1.. = unnamed(&report) {
            let message = format!("{} that no argument names will count as code", count::of(inputs, "input"));
            let failure = Failure::failed("inputs-unnamed", message);
            terminal::warning(&failure.hint("`manifests` takes headers for headers by who lists them"));
        }
        Ok(json!({ "claims": claims, "invocations": { "recorded": invocation(&report) } }))
    }

    fn of_runtime(&self, environment: &str) -> Result<Value, Failure> {
        let configuration = self.config.as_deref().map(decision::configuration).transpose()?;
        let drivers = embedded::drivers(configuration.as_ref().map(|(configuration, _)| configuration))?;
        let driver = embedded::driver(&drivers, environment)?;
        let settings = embedded::settings(driver)?;
        let settings: BTreeMap<&String, [&String; 1]> =
            settings.iter().map(|(name, value)| (name, [value])).collect();
        let claims: Vec<Value> = self
            .supplies
            .iter()
            .map(|property| json!({ "property": property, "effect": "supplies", "invocation": environment }))
            .collect();
        let invocation = json!({
            "program": [driver.program()],
            "arguments": [],
            "environment": {},
            "settings": settings,
            "exitStatus": [0],
        });
        Ok(json!({ "claims": claims, "invocations": { environment: invocation } }))
    }

    fn report(&self, bundle: &Bundle, path: &Path) -> Result<Statement<Report>, Failure> {
        let mut reports: BTreeMap<StatementId, Statement<Report>> = BTreeMap::new();
        for line in bundle.lines() {
            let Ok(envelope) = Envelope::parse(line.bytes) else { continue };
            let parsed = parse_statement(envelope.into_untrusted().payload());
            if let Ok((id, AnyStatement::Report(report))) = parsed {
                reports.insert(id, *report);
            }
        }
        let none = || {
            let message = format!("`{}` has no such report", path.display());
            Failure::failed("report-not-there", message).hint("`cdi wrap --key KEY ...` records one")
        };
        let id = match (&self.report, reports.len()) {
            (Some(prefix), _) => prefix.among(reports.keys().copied(), none)?,
            (None, 0 | 1) => *reports.keys().next().ok_or_else(none)?,
            (None, many) => {
                let message = format!("`{}` has {many} reports", path.display());
                return Err(Failure::failed("report-unnamed", message)
                    .hint("name one with `--report`; `cdi inspect` shows them"));
            }
        };
        reports.remove(&id).ok_or_else(none)
    }
}

fn place_property(text: &str) -> Result<PlatformProperty, &'static str> {
    PlatformProperty::parse(text).ok_or(PlatformProperty::FORM)
}

/// Whether an argument is this path, as it stands or from where the run was.
fn names(argument: &str, path: &RecordedPath) -> bool {
    path.as_str() == argument.trim_start_matches("./")
}

/// How many files the run read that no argument names.
fn unnamed(report: &Statement<Report>) -> usize {
    let run = report.predicate();
    let named = |path: &RecordedPath| run.operation.arguments.iter().any(|argument| names(argument, path));
    run.inputs.iter().filter(|input| !named(&input.path)).count()
}

/// The invocation that describes the run to the letter.
fn invocation(report: &Statement<Report>) -> Value {
    let said = report.predicate();
    let operation = &said.operation;
    let program = operation.program.rsplit('/').next().unwrap_or_default();
    let mut roles = Roles { report, outputs: 0 };
    let arguments: Vec<Value> = operation.arguments.iter().map(|argument| roles.rule(argument)).collect();
    let environment: serde_json::Map<String, Value> = operation
        .environment
        .iter()
        .map(|(name, value)| {
            let rule = match value {
                EnvironmentValue::Value(value) => json!({ "oneOf": [value] }),
                EnvironmentValue::Commitment(_) => json!("any"),
            };
            (name.clone(), rule)
        })
        .collect();
    let status = match operation.exit {
        Exit::Code(code) => code,
        Exit::Signal(_) => 0,
    };
    let settings: BTreeMap<&String, [&String; 1]> =
        operation.settings.iter().map(|(name, value)| (name, [value])).collect();
    json!({
        "program": [program],
        "arguments": arguments,
        "environment": environment,
        "settings": settings,
        "exitStatus": [status],
    })
}

/// The roles of paths among the arguments.
struct Roles<'r> {
    report: &'r Statement<Report>,
    outputs: usize,
}

impl Roles<'_> {
    /// A path that was read is code, the first that was written too; whatever else is written has a role of its own.
    fn rule(&mut self, argument: &str) -> Value {
        let names = |path: &RecordedPath| names(argument, path);
        if self.report.predicate().inputs.iter().any(|input| names(&input.path)) {
            return json!({ "input": "code" });
        }
        let written = |subject: &Subject| subject.path.as_ref().is_some_and(names);
        if self.report.subject().iter().any(written) {
            self.outputs += 1;
            let role = if self.outputs == 1 { "code".to_owned() } else { format!("output-{}", self.outputs) };
            return json!({ "output": role });
        }
        json!({ "is": argument })
    }
}
