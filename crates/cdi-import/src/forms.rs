//! The mappings: from a payload of each form to an account.

mod link;
mod slsa;
mod witness;

use crate::json::Json;
use crate::members::{Members, Unread};
use crate::{Account, Form, Gap, Output, Resource};
use cdi_types::{AnyStatement, json, parse_statement};

const SLSA_V1: &str = "https://slsa.dev/provenance/v1";
const SLSA_V02: &str = "https://slsa.dev/provenance/v0.2";
const LINK_V03: &str = "https://in-toto.io/attestation/link/v0.3";
const COLLECTION: &str = "https://witness.testifysec.com/attestation-collection/v0.1";

/// The payload of an envelope: a statement of a form that is known, or a link.
pub(crate) fn of_payload(payload: &[u8]) -> Result<(Account, Vec<Gap>), Gap> {
    if is_link(payload) {
        return of_link(payload);
    }
    let (_, statement) = parse_statement(payload)?;
    let unmapped = |found: String| Err(Gap::TypeUnmapped { found });
    let foreign = match statement {
        AnyStatement::Foreign(foreign) => foreign,
        AnyStatement::Summary(_) => return unmapped(cdi_types::SUMMARY_TYPE.to_owned()),
        _ => return unmapped(cdi_types::TYPE_PREFIX.to_owned()),
    };
    let form = match foreign.predicate_type.as_str() {
        SLSA_V1 => Form::SlsaV1,
        SLSA_V02 => Form::SlsaV02,
        LINK_V03 => Form::LinkV03,
        COLLECTION => Form::Witness,
        _ => return unmapped(foreign.shown_type()),
    };
    let (account, mut gaps) = account(form, payload)?;
    if foreign.predicate.is_none() {
        gaps.push(Gap::ConditionsCannotRead);
    }
    Ok((account, gaps))
}

/// Whether the payload is a link by its own word, in strict JSON.
pub(crate) fn is_link(payload: &[u8]) -> bool {
    let value = value(payload).ok();
    value.as_ref().and_then(|value| value.get("_type")).and_then(Json::as_str) == Some("link")
}

/// Link metadata: what of old was signed by itself.
pub(crate) fn of_link(signed: &[u8]) -> Result<(Account, Vec<Gap>), Gap> {
    account(Form::Link, signed)
}

fn account(form: Form, payload: &[u8]) -> Result<(Account, Vec<Gap>), Gap> {
    let value = value(payload)?;
    let mut mapped = Mapped::default();
    let account = mapped.account(form, &value).map_err(|detail| Gap::PredicateUnread {
        form,
        detail: detail.chars().take(300).flat_map(char::escape_debug).collect(),
    })?;
    Ok((account, mapped.gaps()))
}

/// The value of strict JSON: no member is there twice.
fn value(text: &[u8]) -> Result<Json, Gap> {
    let strict = json::strict(text).map_err(cdi_types::StatementError::from)?;
    serde_json::from_str(strict.text()).map_err(|error| Gap::Statement(malformed(&error.to_string())))
}

fn malformed(detail: &str) -> cdi_types::StatementError {
    cdi_types::StatementError::Malformed { detail: detail.chars().flat_map(char::escape_debug).collect() }
}

/// What is counted on the way.
#[derive(Debug, Default)]
struct Mapped {
    /// Outputs that are named, with a SHA-256 or without.
    outputs: usize,
    usable: usize,
    inputs: usize,
    blind: usize,
    exit: Option<i64>,
}

impl Mapped {
    fn account(&mut self, form: Form, value: &Json) -> Result<Account, Unread> {
        let whole = Members::of(value, "statement")?;
        let account = match form {
            Form::Link => link::metadata(&whole, self)?,
            Form::SlsaV1 => self.of_statement(&whole, slsa::v1)?,
            Form::SlsaV02 => self.of_statement(&whole, slsa::v02)?,
            Form::LinkV03 => self.of_statement(&whole, link::v03)?,
            // The subjects of a collection are more than what was made: the hash of a name of its author, say.
            Form::Witness => witness::collection(&whole.object_due("predicate")?, self)?,
        };
        self.usable = account.outputs.len();
        self.inputs = account.inputs.len();
        self.blind = account.inputs.iter().filter(|input| input.sha256.is_none()).count();
        self.exit = account.exit;
        Ok(account)
    }

    /// A form whose outputs are the statement's subjects.
    fn of_statement(
        &mut self,
        whole: &Members<'_>,
        predicate: fn(&Members<'_>) -> Result<Account, Unread>,
    ) -> Result<Account, Unread> {
        let mut account = predicate(&whole.object_due("predicate")?)?;
        for subject in whole.objects("subject")? {
            let name = subject.text("name")?.or(subject.text("uri")?).unwrap_or_default();
            self.output(&mut account, name, subject.object("digest")?.as_ref());
        }
        Ok(account)
    }

    fn output(&mut self, account: &mut Account, name: &str, digests: Option<&Members<'_>>) {
        self.outputs += 1;
        if let Some(sha256) = digests.and_then(Members::sha256) {
            account.outputs.push(Output { name: name.to_owned(), sha256 });
        }
    }

    fn gaps(&self) -> Vec<Gap> {
        let mut gaps = Vec::new();
        let (usable, of) = (self.usable, self.outputs);
        if usable < of {
            gaps.push(Gap::OutputsWithoutSha256 { found: of - usable, of });
        }
        if usable == 0 {
            gaps.push(Gap::NoOutput);
        }
        if self.blind > 0 {
            gaps.push(Gap::InputsWithoutSha256 { found: self.blind, of: self.inputs });
        }
        gaps.extend(self.exit.filter(|exit| *exit != 0).map(|exit| Gap::RunFailed { exit }));
        gaps
    }
}

/// A resource by its name and its set of digests.
fn resource(name: &str, digests: Option<&Members<'_>>) -> Result<Resource, Unread> {
    let commit = |name: &str| digests.map(|digests| digests.text(name)).transpose().map(Option::flatten);
    Ok(Resource {
        name: name.to_owned(),
        sha256: digests.and_then(Members::sha256),
        git_commit: commit("gitCommit")?.map(str::to_owned),
    })
}

/// The descriptors of resources in a list.
fn resources(of: &Members<'_>, name: &str) -> Result<Vec<Resource>, Unread> {
    let read = |one: &Members<'_>| {
        let name = one.text("uri")?.or(one.text("name")?).unwrap_or_default();
        resource(name, one.object("digest")?.as_ref())
    };
    of.objects(name)?.iter().map(read).collect()
}
