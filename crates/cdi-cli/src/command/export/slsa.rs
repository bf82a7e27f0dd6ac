//! `cdi export slsa-provenance`: SLSA provenance, version 1 (the build provenance of the SLSA specification).

use std::collections::BTreeMap;
use std::process::ExitCode;

use cdi_types::{
    CaptureLevel, EnvironmentValue, Exit, Libraries, MeasuredFile, Platform, Report, ReportKind, StatementId,
    Timestamp, ToolCertification,
};
use cdi_verify::Signed;
use clap::Args;
use serde::Serialize;

use super::outgoing::Outgoing;
use super::report::counted;
use super::statement::{Descriptor, Statement};
use super::uri::Uri;
use super::view::{Viewing, nothing};
use crate::failure::Failure;
use crate::id_prefix::IdPrefix;

const TYPE: &str = "https://slsa.dev/provenance/v1";

/// How a report's operation is to be read as a build; `docs/interop.md` describes it.
const BUILD_TYPE: &str = "https://code-deployment-integrity.io/build-type/report/v1";

/// Write a report as SLSA provenance.
///
/// One statement for each report of a transformation that made the artifact and counts by a principal's policy. The builder
/// is the certified tool with its report key, how the key is held and how the run was captured, unless --builder names
/// another: SLSA's levels belong to a builder, and no level is claimed here. A report of an inspection made nothing, and is
/// left out.
///
///   cdi export slsa-provenance app.cwasm --principal developer --key export.pem --out app.slsa.intoto.jsonl
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(super) struct SlsaProvenance {
    #[command(flatten)]
    viewing: Viewing,
    /// Of this report alone, by its id or the first digits: it need not be about the artifact itself
    #[arg(long, value_name = "ID")]
    report: Option<IdPrefix>,
    /// The builder's id, by which whoever reads the statement knows what the build platform is worth
    #[arg(long, value_name = "URI")]
    builder: Option<Uri>,
    #[command(flatten)]
    outgoing: Outgoing,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Provenance {
    build_definition: BuildDefinition,
    run_details: RunDetails,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BuildDefinition {
    build_type: &'static str,
    external_parameters: ExternalParameters,
    internal_parameters: InternalParameters,
    resolved_dependencies: Vec<Descriptor>,
}

/// What the invoker chose.
#[derive(Serialize)]
struct ExternalParameters {
    program: String,
    arguments: Vec<String>,
    directory: String,
    environment: BTreeMap<String, EnvironmentValue>,
}

/// What the tool and its recorder say of the run.
#[derive(Serialize)]
struct InternalParameters {
    capture: CaptureLevel,
    exit: Exit,
    platform: Platform,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    settings: BTreeMap<String, String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RunDetails {
    builder: Builder,
    metadata: Metadata,
    byproducts: Vec<Descriptor>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Builder {
    id: String,
    version: BTreeMap<String, String>,
    builder_dependencies: Vec<Descriptor>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    invocation_id: StatementId,
    started_on: Timestamp,
    finished_on: Timestamp,
}

impl SlsaProvenance {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        self.outgoing.foresee()?;
        let looked = self.viewing.look()?;
        let view = looked.view()?;
        let counted = counted(&view, self.report.as_ref())?;
        let made = counted.iter().filter(|one| one.report.predicate().kind == ReportKind::Transform);
        let certified = made.filter_map(|one| Some((one.report, one.certification(&view)?)));
        let payloads =
            certified.map(|(report, tool)| statement(report, tool, self.builder.as_ref()).payload());
        let payloads = payloads.collect::<Result<Vec<_>, Failure>>()?;
        if payloads.is_empty() {
            return Err(nothing("these reports are of inspections, which make nothing"));
        }
        self.outgoing.write(&payloads, view.provenance())?;
        Ok(ExitCode::SUCCESS)
    }
}

fn statement(
    signed: &Signed<Report>,
    certification: &ToolCertification,
    builder: Option<&Uri>,
) -> Statement<Provenance> {
    let report = signed.predicate();
    let operation = report.operation.clone();
    let subjects = signed.statement().subject().iter();
    let subjects = subjects.map(|subject| Descriptor::artifact(subject.path.as_ref(), subject.digest));
    let tool = &certification.tool;
    let predicate = Provenance {
        build_definition: BuildDefinition {
            build_type: BUILD_TYPE,
            external_parameters: ExternalParameters {
                program: operation.program,
                arguments: operation.arguments,
                directory: operation.directory,
                environment: operation.environment,
            },
            internal_parameters: InternalParameters {
                capture: report.capture,
                exit: operation.exit,
                platform: operation.platform,
                settings: operation.settings,
            },
            resolved_dependencies: dependencies(report),
        },
        run_details: RunDetails {
            builder: Builder {
                id: builder.map_or_else(|| id(signed, certification), ToString::to_string),
                version: BTreeMap::from([(tool.name.to_string(), tool.version.to_string())]),
                builder_dependencies: vec![file(&report.recorder, "recorder")],
            },
            metadata: Metadata {
                invocation_id: signed.id(),
                started_on: operation.started_at,
                finished_on: operation.finished_at,
            },
            byproducts: vec![Descriptor::statement("report", signed.id())],
        },
    };
    Statement::new(TYPE, subjects.collect(), predicate)
}

/// What the run read, and what of the tool ran.
fn dependencies(report: &Report) -> Vec<Descriptor> {
    let inputs = report.inputs.iter();
    let inputs = inputs.map(|input| Descriptor::artifact(Some(&input.path), input.digest).being("input"));
    let executables = report.tool.executables.iter().map(|one| file(one, "executable"));
    let libraries = match &report.tool.libraries {
        Libraries::Measured(libraries) => libraries.as_slice(),
        Libraries::Unmeasured => &[],
    };
    inputs.chain(executables).chain(libraries.iter().map(|one| file(one, "library"))).collect()
}

fn file(measured: &MeasuredFile, kind: &'static str) -> Descriptor {
    Descriptor::file(&measured.path, measured.sha256.sha256()).being(kind)
}

/// Each report key, custody and capture level is another builder: SLSA wants it so where they are worth different things.
fn id(signed: &Signed<Report>, certification: &ToolCertification) -> String {
    let (custody, capture) = (certification.custody.as_str(), signed.predicate().capture.as_str());
    format!("{}builder/v1/{}/{custody}/{capture}", cdi_types::TYPE_PREFIX, signed.issuer())
}
