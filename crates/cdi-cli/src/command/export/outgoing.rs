//! Where exported statements go, and who signs them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use cdi_keys::{Signer, seal_foreign};
use cdi_types::KeyId;
use cdi_verify::Provenance;
use clap::Args;

use crate::failure::Failure;
use crate::harmless;
use crate::passphrase::{PassphraseSource, open_key};
use crate::{count, terminal};

/// What every export of new statements is told.
#[derive(Args)]
pub(super) struct Outgoing {
    #[command(flatten)]
    vouching: Vouching,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    passphrase: PassphraseSource,
}

/// Whose word a new statement is. There is no default.
#[derive(Args)]
#[group(required = true, multiple = false)]
struct Vouching {
    /// Sign with this key, in PEM: whoever reads the statement takes it as its holder's word
    #[arg(long, value_name = "KEY.pem")]
    key: Option<PathBuf>,
    /// Write bare statements, that are nobody's word
    #[arg(long)]
    unsigned: bool,
}

/// A new file, or standard output.
#[derive(Args)]
pub(crate) struct Target {
    /// The file to write, which must not be there yet [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Target {
    /// Fails now if writing would fail later.
    pub(crate) fn foresee(&self) -> Result<(), Failure> {
        self.out.as_ref().map_or(Ok(()), |out| Ok(cdi_store::foresee_new(out)?))
    }

    /// Writes documents, one a line: what a terminal shows of them is harmless, and means the same.
    pub(crate) fn write(&self, lines: &[Vec<u8>], thing: &str) -> Result<(), Failure> {
        let text: String =
            lines.iter().map(|line| String::from_utf8_lossy(line).into_owned() + "\n").collect();
        let text = harmless::json(&text);
        let Some(out) = &self.out else {
            return terminal::written(std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes()));
        };
        cdi_store::write_new(out, text.as_bytes(), 0o644)?;
        terminal::line(format_args!("{} in {}", count::of(lines.len(), thing), terminal::path(out)))
    }
}

impl Outgoing {
    /// Fails now if writing would fail later.
    pub(super) fn foresee(&self) -> Result<(), Failure> {
        self.target.foresee()
    }

    /// Signs statements, if they are to be signed, and writes them. No key signs that the evidence knows in another part: what
    /// a tool's or an authority's key signs is taken for that tool's or authority's word.
    pub(super) fn write(&self, payloads: &[Vec<u8>], evidence: &Provenance) -> Result<(), Failure> {
        let Some(path) = &self.vouching.key else { return self.target.write(payloads, "unsigned statement") };
        let key = open_key(path, &self.passphrase)?;
        refuse_known(key.as_ref(), evidence)?;
        let sealed = payloads.iter().map(|payload| Ok(seal_foreign(payload, key.as_ref())?.line));
        let lines = sealed.collect::<Result<Vec<_>, Failure>>()?;
        self.target.write(&lines, "signed statement")
    }
}

fn refuse_known(key: &dyn Signer, evidence: &Provenance) -> Result<(), Failure> {
    let id = key.public_key().key_id();
    let Some(part) = parts(evidence).get(&id).copied() else { return Ok(()) };
    let message = format!("the key {} is {part}: it signs nothing else", id.short());
    Err(Failure::failed("export-key-in-use", message).hint("make a key for exports with `cdi key generate`"))
}

/// The keys that have a part in the evidence.
fn parts(evidence: &Provenance) -> BTreeMap<KeyId, &'static str> {
    let tools = evidence.certifications().iter().map(|found| found.predicate().report_key.key_id());
    let certifiers = evidence.certifications().iter().map(cdi_verify::Signed::issuer);
    let endorsers = evidence.endorsements().iter().map(cdi_verify::Signed::issuer);
    let endorsed = evidence.endorsements().iter().map(|found| found.predicate().public_key.key_id());
    let authorities = certifiers.chain(endorsers).chain(endorsed).map(|key| (key, "an authority's"));
    tools.map(|key| (key, "a tool's report key")).chain(authorities).collect()
}
