//! `cdi authority template`.

mod lines;
mod recorded;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::{Path, PathBuf};

use cdi_authority::{Claims, Toolchain};
use cdi_types::{Manifest, OriginKind, PlatformProperty, PropertyName, Role, Unnamed};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser as _};
use clap::{Args, ValueEnum as _};
use serde_json::{Value, json};

use crate::answer::{Done, Outputs, VALUES};
use crate::catalogues::CatalogueArguments;
use crate::command::origin::KindWord;
use crate::failure::Failure;
use crate::host_journal::read_public;
use crate::id_prefix::IdPrefix;
use crate::{count, decision, embedded, terminal, words};

/// Write claims to edit: of a tool that many use, from a run that somebody has recorded, or for this program as a runtime.
///
/// With --for they are claims that ship about a tool: which of its options establish which property, and what it preserves
/// where all that it reads is recorded. Each way of running it is an invocation; what none describes is not covered. You vet
/// the tool, take out what you do not vouch for, and add what your builds use (docs/toolchains.md).
///
/// From a run, the one invocation describes that run and no other: its arguments in their order, its environment with its values.
/// You widen what you have vetted: more values, options in any order, manifests of the headers that a compiler reads
/// (F-INVOCATION, F-MANIFEST). Nothing is trusted and nothing is signed; `cdi authority lint` looks at what you make of it.
///
/// With --runtime it describes how this very program runs code in one of its environments, and what it supplies there
/// (M-SUPPLY); or how a WebAssembly runtime does that --config declares.
///
///   cdi authority template --for gcc --out gcc-claims.json
///   cdi authority template first.o.intoto.jsonl --establishes STACK_CANARIES --out gcc-claims.json
///   cdi authority template --runtime embedded --supplies NETWORK_ISOLATION --out cdi-claims.json
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Template {
    /// A bundle with the report of the run
    #[arg(required_unless_present_any = ["runtime", "tool"], conflicts_with_all = ["runtime", "tool"])]
    bundle: Option<PathBuf>,
    /// Take the claims that ship about this tool
    #[arg(
        long = "for", value_name = "TOOL", value_parser = toolchains(),
        conflicts_with_all = ["runtime", "report", "establishes", "preserves", "attests"]
    )]
    tool: Option<&'static Toolchain>,
    /// The public key of a supplier whose manifests say what are headers and libraries of the toolchain; or, with the kind before it,
    /// source, library or binary, of who signs others of the files that are read; may be repeated
    #[arg(long, value_name = "[KIND=]PUBLIC.pem", requires = "tool", conflicts_with = "bundle", value_parser = supplier)]
    supplier: Vec<Supplier>,
    /// What runs may have read that no argument names: anything, which counts as code unless a supplier lists it; or nothing but
    /// what the suppliers list, of runs that were traced
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = UnnamedInputs::Code, requires_if("listed", "supplier"))]
    unnamed: UnnamedInputs,
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

/// Who says of files what they are.
#[derive(Clone)]
struct Supplier {
    kind: OriginKind,
    key: PathBuf,
}

impl Supplier {
    /// The supplier's statements, for files that have the kind's word as their role.
    fn manifest(&self) -> Result<Manifest, Failure> {
        let key = read_public(&self.key)?.info().clone();
        let role = Role::parse(self.kind.as_str()).map_err(|error| Failure::failed("internal", error))?;
        Ok(Manifest { key, kind: self.kind, role })
    }
}

/// What inputs may be that no argument names.
#[derive(Clone, Copy, clap::ValueEnum)]
enum UnnamedInputs {
    Code,
    Listed,
}

impl Template {
    pub(crate) fn run(self) -> Result<(), Failure> {
        cdi_store::foresee_new(&self.out)?;
        let (document, described) = match (self.tool, &self.runtime, &self.bundle) {
            (Some(tool), ..) => self.of_tool(tool)?,
            (None, Some(environment), _) => {
                (self.of_runtime(environment)?, "this program as it is, in that environment,".to_owned())
            }
            (None, None, Some(bundle)) => (self.of_run(bundle)?, "the recorded run".to_owned()),
            (None, None, None) => {
                return Err(Failure::failed("usage", "neither a tool, a bundle nor a runtime was named"));
            }
        };
        let bytes = lines::lines(&document).into_bytes();
        let claims = Claims::parse(&bytes)?;
        claims.admit()?;
        words::claims_meant(&claims, &self.catalogues.read()?)?;
        cdi_store::write_new(&self.out, &bytes, 0o644)?;
        let out = self.out.display();
        let done = Done::new(format!("wrote {out}: it describes {described} and no other"));
        self.output.say(&done.also("file", out))
    }

    fn of_tool(&self, tool: &Toolchain) -> Result<(Value, String), Failure> {
        let manifests = self.supplier.iter().map(Supplier::manifest).collect::<Result<Vec<_>, Failure>>()?;
        let unnamed = match self.unnamed {
            UnnamedInputs::Code => Unnamed::Code,
            UnnamedInputs::Listed => Unnamed::Listed,
        };
        let claims = tool.claims(&manifests, unnamed)?;
        let invocations = count::of(claims.invocations.len(), "invocation");
        let document =
            serde_json::to_value(claims).map_err(|error| Failure::failed("output-unwritable", error))?;
        Ok((document, format!("{invocations} of `{}`", tool.name)))
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
        let report = recorded::report(read.as_untrusted(), bundle, self.report.as_ref())?;
        if let inputs @ 1.. = recorded::unnamed(&report) {
            let message = format!("{} that no argument names will count as code", count::of(inputs, "input"));
            let failure = Failure::failed("inputs-unnamed", message);
            terminal::warning(&failure.hint("`manifests` takes headers for headers by who lists them"));
        }
        Ok(json!({ "claims": claims, "invocations": { "recorded": recorded::invocation(&report) } }))
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
}

/// The tools of which claims ship, each with what it is.
fn toolchains() -> impl clap::builder::TypedValueParser<Value = &'static Toolchain> {
    let values = Toolchain::all().iter().map(|tool| PossibleValue::new(tool.name).help(tool.about));
    PossibleValuesParser::new(values).try_map(|name| Toolchain::named(&name).ok_or("no claims ship about it"))
}

/// What is no kind before a `=` is part of the file's name.
fn supplier(text: &str) -> Result<Supplier, Infallible> {
    let kind = |(word, key)| KindWord::from_str(word, false).ok().map(|kind| (kind.into(), key));
    let (kind, key) = text.split_once('=').and_then(kind).unwrap_or((OriginKind::Toolchain, text));
    Ok(Supplier { kind, key: key.into() })
}

fn place_property(text: &str) -> Result<PlatformProperty, &'static str> {
    PlatformProperty::parse(text).ok_or(PlatformProperty::FORM)
}
