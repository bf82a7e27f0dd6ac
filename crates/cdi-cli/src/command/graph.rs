//! `cdi graph`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cdi_graph::svg::{self, Legend, Style};
use cdi_graph::{Graph, Limits, dot, fold};
use cdi_store::{artifact_digest, default_bundle_path, read_bundles};
use cdi_types::{Clock, Name, Timestamp};
use clap::{Args, ValueEnum};

use crate::command::verify::now;
use crate::decision::{DecisionArguments, Walk};
use crate::failure::Failure;
use crate::grants::GrantArguments;
use crate::memory::StateArguments;
use crate::no_bundle::NoBundle;
use crate::{drawing, embedded, harmless, terminal, words};

/// Draw the provenance chain of an artifact.
///
/// Shows the artifacts, the runs, inspections and origins between them, the tools, and the certifications and authorities
/// behind these; where each property is established, carried on, attested or lost; and what of it counts for the principals
/// that must agree, or why not. It reads what `cdi explain` reads, judges by the same appraisal, and decides nothing: a
/// picture is no permission.
///
/// Without a configuration it shows what the evidence says of itself, and says on the picture that nothing is verified and
/// nobody trusted. A chain of more than 200 nodes is folded: what has the same shape and serves the same is drawn as one
/// with a number, and what still is too much is cut off at the far end; the picture says so.
///
/// Exit status: 0 drawn, whatever it shows; 2 not.
///
///   cdi graph app.cwasm --out app.svg
///   cdi graph app.cwasm --principal developer --property WASM_VALIDATED --out app.svg
///   cdi graph app.cwasm --output dot | dot -Tpdf -o app.pdf
///   cdi graph app.cwasm --output json --unfold
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Draw {
    /// The artifact
    artifact: PathBuf,
    /// Who must agree, and what this host has to give [default: cdi.yaml, if it is there]
    #[arg(long, value_name = "FILE", env = "CDI_CONFIG")]
    config: Option<PathBuf>,
    /// A bundle of evidence; may be given several times [default: ARTIFACT.intoto.jsonl]
    #[arg(long, value_name = "FILE")]
    bundle: Vec<PathBuf>,
    #[command(flatten)]
    grants: GrantArguments,
    #[command(flatten)]
    state: StateArguments,
    /// With the eyes of this principal only; may be given several times [default: all who must agree]
    #[arg(long, value_name = "NAME", value_parser = Name::parse)]
    principal: Vec<Name>,
    /// What becomes of this property or tag, besides what the policies ask for; may be given several times
    #[arg(long, value_name = "WORD")]
    property: Vec<String>,
    /// As of this time (YYYY-MM-DDTHH:MM:SSZ) [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    /// How it is written
    #[arg(long, value_enum, default_value_t)]
    output: Format,
    /// Write it to this file, which must not be there yet [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// No more nodes than these of the chain, and as many of those who vouch
    #[arg(long, value_name = "COUNT", default_value_t = Limits::default().nodes)]
    max_nodes: usize,
    /// No further back than so many steps [default: as far as it goes]
    #[arg(long, value_name = "STEPS")]
    depth: Option<usize>,
    /// Fold nothing
    #[arg(long, conflicts_with_all = ["max_nodes", "depth"])]
    unfold: bool,
    /// The colours of an SVG
    #[arg(long, value_enum, default_value_t)]
    theme: Theme,
}

/// The forms of a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    /// A picture for browsers
    #[default]
    Svg,
    /// For Graphviz
    Dot,
    /// For programs: one JSON document
    Json,
}

/// The colours of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Theme {
    /// As whoever looks at it prefers
    #[default]
    Auto,
    /// Dark on light
    Light,
    /// Light on dark
    Dark,
}

impl From<Theme> for svg::Theme {
    fn from(theme: Theme) -> Self {
        match theme {
            Theme::Auto => Self::Auto,
            Theme::Light => Self::Light,
            Theme::Dark => Self::Dark,
        }
    }
}

/// The configuration that is looked for.
pub(crate) const CONFIGURATION: &str = "cdi.yaml";

impl Draw {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let graph = self.graph()?;
        let limits = if self.unfold {
            Limits::none()
        } else {
            Limits { nodes: self.max_nodes, depth: self.depth, ..Limits::default() }
        };
        let text = self.written(&fold(&graph, limits))?;
        match &self.out {
            Some(out) => cdi_store::write_new(out, text.as_bytes(), 0o644)?,
            None => terminal::written(std::io::stdout().lock().write_all(text.as_bytes()))?,
        }
        Ok(ExitCode::SUCCESS)
    }

    fn graph(&self) -> Result<Graph, Failure> {
        if let Some(out) = &self.out {
            cdi_store::foresee_new(out)?;
        }
        let default = Path::new(CONFIGURATION);
        let config = self.config.as_deref().or_else(|| default.exists().then_some(default));
        let graph = match config {
            Some(config) => self.seen(config)?,
            None => self.said()?,
        };
        if graph.knows_the_artifact() {
            return Ok(graph);
        }
        let message = format!(
            "no statement in the evidence is about `{}`, sha256 {}",
            terminal::path(&self.artifact),
            graph.artifact
        );
        Err(Failure::failed("artifact-not-in-evidence", message)
            .hint("name the bundle of its evidence with `--bundle FILE`; `cdi inspect` shows what is in one"))
    }

    /// The graph with the eyes of principals.
    fn seen(&self, config: &Path) -> Result<Graph, Failure> {
        let arguments = DecisionArguments {
            artifact: self.artifact.clone(),
            config: config.to_owned(),
            bundle: self.bundle.clone(),
            environment: "none".to_owned(),
            grants: self.grants.clone(),
            state: self.state.clone(),
        };
        let walk = Walk::read(&arguments, &embedded::environments()?, &[])?;
        let now = self.at.map_or_else(|| walk.memory.time(now()?), Ok)?;
        self.property.iter().try_for_each(|word| words::known(word, &walk.catalogues))?;
        drawing::seen(&walk, &self.principal, &self.property, Clock::at(now))
    }

    /// The graph of what the evidence says of itself.
    fn said(&self) -> Result<Graph, Failure> {
        if let Some(name) = self.principal.first() {
            let message = format!("there is no configuration that says what `{name}` trusts");
            return Err(Failure::failed("configuration-missing", message)
                .hint("name one with `--config FILE`; without `--principal` the picture shows what the evidence says"));
        }
        let artifact = artifact_digest(&self.artifact)?;
        let beside = vec![default_bundle_path(&self.artifact)];
        let bundles = read_bundles(if self.bundle.is_empty() { &beside } else { &self.bundle })?;
        if let Some(none) = NoBundle::among(&bundles).last() {
            return Err(none.failure());
        }
        Ok(drawing::said(artifact, &bundles.together))
    }

    fn written(&self, graph: &Graph) -> Result<String, Failure> {
        match self.output {
            Format::Svg => Ok(svg::draw(graph, &Style { theme: self.theme.into(), legend: Legend::Shown })),
            Format::Dot => Ok(dot::write(graph)),
            Format::Json => {
                let text = serde_json::to_string_pretty(graph)
                    .map_err(|error| Failure::failed("output-unwritable", error))?;
                Ok(format!("{}\n", harmless::json(&text)))
            }
        }
    }
}
