//! `cdi authority certify`.

use std::path::PathBuf;

use cdi_authority::{CertificationTerms, Claims, Finding, Records, Window, certify, lint};
use cdi_types::{CertificationRequest, Custody, Duration, Name, StatementId, Vetting};
use clap::{Args, ValueEnum};

use super::files;
use super::signing::Signing;
use crate::catalogues::CatalogueArguments;
use crate::failure::Failure;
use crate::id_prefix::IdPrefix;
use crate::{terminal, words};

/// Certify a tool: say which properties its runs give to what they make, and under which invocations.
///
/// The request comes from whoever holds the tool's report key (`cdi request certification`) and is signed with it.
/// Certifying asserts that this key signs only true records of this tool's runs; `--custody` says how safely it is
/// held, as far as you know. One report key serves one tool: a key that is known for another name or supplier is
/// refused. CLAIMS.json has the members `claims` and `invocations` of a tool certification, in the words of the
/// catalogue that ships in this program, or of one that `--catalogue` names:
///
///   { "claims": [ { "property": "WASM_VALIDATED",
///                   "effect": "establishes", "invocation": "default" } ],
///     "invocations": { "default": {
///       "program": ["cdi-wasm-inspect"], "arguments": [ {"input": "code"} ],
///       "environment": {}, "exitStatus": [0] } } }
///
/// The output has the certification and the endorsements above this authority: add it to a bundle as it is.
///
///   cdi authority certify acme --request compiler.intoto.jsonl --claims claims.json --for 90d \
///       --vetting-method "read the source" --out compiler-certification.intoto.jsonl
#[derive(Args)]
#[command(verbatim_doc_comment)]
#[allow(rustdoc::broken_intra_doc_links, reason = "the list of statuses in the example is no link")]
pub(crate) struct Certify {
    /// The tool owner's request
    #[arg(long, value_name = "FILE")]
    request: PathBuf,
    /// What is claimed, and for which invocations
    #[arg(long, value_name = "CLAIMS.json")]
    claims: PathBuf,
    /// How long the certification lasts, such as 90d; at most 731d
    #[arg(long = "for", value_name = "TIME")]
    length: Duration,
    /// How the tool was vetted, in a few words
    #[arg(long, value_name = "TEXT", value_parser = Name::parse)]
    vetting_method: Name,
    /// Where more can be read about the vetting; may be repeated
    #[arg(long, value_name = "URL", value_parser = Name::parse)]
    reference: Vec<Name>,
    /// How safely the report key is held, as far as you have convinced yourself; never above what the request says
    #[arg(long, value_enum, default_value = "software")]
    custody: CustodyWord,
    /// The earlier certification that this one renews: it must say no more. Policies with `certifications: named` take a
    /// renewal for the one that a report names. The first 8 or more digits will do
    #[arg(long, value_name = "ID")]
    renews: Option<IdPrefix>,
    #[command(flatten)]
    catalogues: CatalogueArguments,
    #[command(flatten)]
    signing: Signing,
}

/// Levels of custody, as the command line has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CustodyWord {
    /// Whoever can read a file can sign
    Software,
    /// A process of its own holds the key
    IsolatedProcess,
    /// A hardware module holds the key
    Hardware,
    /// Code that hardware attested holds the key
    AttestedCode,
}

impl From<CustodyWord> for Custody {
    fn from(word: CustodyWord) -> Self {
        match word {
            CustodyWord::Software => Self::Software,
            CustodyWord::IsolatedProcess => Self::IsolatedProcess,
            CustodyWord::Hardware => Self::Hardware,
            CustodyWord::AttestedCode => Self::AttestedCode,
        }
    }
}

impl Certify {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let request = files::request::<CertificationRequest>(&self.request)?;
        let (terms, window) = self.terms()?;
        for Finding { code, place, message, hint } in lint(&terms.claims, Some(request.statement())) {
            terminal::warning(&Failure::failed(code, message).about(place).hint(hint));
        }
        self.signing.statement(window, |records, signer| {
            let renews = self.renews.as_ref().map(|id| renewed(id, records)).transpose()?;
            let terms = CertificationTerms { renews, ..terms };
            let tool = &request.statement().predicate().tool;
            let done = format!("certified `{} {}` by `{}`", tool.name, tool.version, tool.supplier);
            Ok((done, certify(&request, terms, records, signer)?))
        })
    }

    fn terms(&self) -> Result<(CertificationTerms, Window), Failure> {
        let about = format!("`{}`", self.claims.display());
        let claims = Claims::parse(&files::bytes(&self.claims)?)
            .map_err(|error| Failure::from(error).about(&about))?;
        let catalogue = words::claims_meant(&claims, &self.catalogues.read()?)
            .map_err(|failure| failure.about(&about))?;
        let window = Window::lasting(self.signing.at.time()?, self.length)?;
        let vetting = Vetting { method: self.vetting_method.clone(), references: self.reference.clone() };
        let custody = self.custody.into();
        Ok((CertificationTerms { window, claims, custody, catalogue, vetting, renews: None }, window))
    }
}

/// The certification that is meant, among all that the authority has signed.
fn renewed(id: &IdPrefix, records: &Records) -> Result<StatementId, Failure> {
    let known = records.journal().entries().iter().map(|entry| entry.id);
    id.whole_or_among(known, || {
        let message = format!("this authority has signed nothing whose id begins with `{id}`");
        Failure::failed("renews-unknown", message)
            .hint("`cdi authority list DIR` prints the ids of all that this authority has signed")
    })
}
