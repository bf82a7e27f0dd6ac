//! `cdi request certification`.

use std::path::{Path, PathBuf};

use cdi_envelope::PublicKey;
use cdi_keys::{Signer as _, seal};
use cdi_types::{
    Annotations, ArtifactDigest, CertificationRequest, ClosureFile, Custody, FileDigest, Linkage, Name,
    RecordedPath, Statement, Subject, ToolIdentity,
};
use clap::{Args, ValueEnum};

use crate::command::key::refuse_existing;
use crate::failure::Failure;
use crate::passphrase::{PassphraseSource, open_key, read_secret};
use crate::terminal;

/// Ask that a tool be certified.
///
/// The request says which executable the tool is, which key will sign reports of its runs, and who holds that key. It is
/// signed with that very key. Make a key for each tool: one report key serves one tool.
///
///   cdi request certification --key compiler.pem --tool-name cdi-wasm-aot --tool-version 0.1.0 --supplier acme \
///       --executable target/release/cdi-wasm-aot --linkage dynamic --closure /lib/x86_64-linux-gnu/libc.so.6 \
///       --custody software --out compiler-request.intoto.jsonl
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Certification {
    /// The tool's report key, in PEM
    #[arg(long, value_name = "KEY.pem")]
    key: PathBuf,
    /// The tool's name
    #[arg(long, value_name = "NAME", value_parser = Name::parse)]
    tool_name: Name,
    /// Its version
    #[arg(long, value_name = "VERSION", value_parser = Name::parse)]
    tool_version: Name,
    /// Who supplies it
    #[arg(long, value_name = "NAME", value_parser = Name::parse)]
    supplier: Name,
    /// The public key that signs its releases, in PEM
    #[arg(long, value_name = "PEM")]
    release_key: Option<PathBuf>,
    /// The one executable that a run begins with
    #[arg(long, value_name = "FILE")]
    executable: PathBuf,
    /// The recorder that will use the report key; by default the executable itself
    #[arg(long, value_name = "FILE")]
    recorder: Option<PathBuf>,
    /// Another executable or a library that a run may use; may be repeated
    #[arg(long, value_name = "FILE")]
    closure: Vec<PathBuf>,
    /// Whether the tool loads libraries
    #[arg(long, value_enum)]
    linkage: LinkageWord,
    /// Who can make the report key sign
    #[arg(long, value_enum)]
    custody: OfferedCustody,
    /// Where to write the request
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    passphrase: PassphraseSource,
}

/// Whether a tool loads libraries, as the command line has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LinkageWord {
    /// It loads none
    Static,
    /// It loads those that `--closure` names
    Dynamic,
}

/// Custody that a key in a file can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OfferedCustody {
    /// Whoever can read the key's file can sign
    Software,
}

impl Certification {
    pub(crate) fn run(self) -> Result<(), Failure> {
        refuse_existing(&self.out)?;
        let key = open_key(&self.key, &self.passphrase)?;
        let statement = self.statement(key.public_key())?;
        let sealed = seal(&statement, &key)?;
        cdi_store::write_new(&self.out, &[sealed.line.as_slice(), b"\n"].concat(), 0o644)?;
        let (tool, out) = (terminal::plain(self.tool_name.as_str()), self.out.display());
        terminal::line(format_args!("asked that `{tool}` be certified, in {out}"))?;
        terminal::line(format_args!("  report key  {}", key.public_key().key_id()))
    }

    fn statement(&self, key: &PublicKey) -> Result<Statement<CertificationRequest>, Failure> {
        let entry = digest(&self.executable)?;
        let recorder = self.recorder.as_deref().map_or(Ok(entry), digest)?;
        let closure = self.closure.iter().map(|path| closure_file(path)).collect::<Result<_, Failure>>()?;
        let request = CertificationRequest {
            issuer: key.key_id(),
            tool: self.tool()?,
            report_key: key.info().clone(),
            custody: match self.custody {
                OfferedCustody::Software => Custody::Software,
            },
            recorder: FileDigest::new(recorder.sha256()),
            closure,
            linkage: match self.linkage {
                LinkageWord::Static => Linkage::Static,
                LinkageWord::Dynamic => Linkage::Dynamic,
            },
            annotations: Annotations::default(),
        };
        // The folder that the tool lies in on this machine is nobody's business.
        let path = RecordedPath::parse(file_name(&self.executable)?)?;
        Ok(Statement::new(vec![Subject { path: Some(path), digest: entry }], request)?)
    }

    fn tool(&self) -> Result<ToolIdentity, Failure> {
        let release_key = match &self.release_key {
            None => None,
            Some(path) => Some(PublicKey::from_pem(&read_secret(path)?)?.key_id()),
        };
        Ok(ToolIdentity {
            name: self.tool_name.clone(),
            version: self.tool_version.clone(),
            supplier: self.supplier.clone(),
            release_key,
        })
    }
}

fn digest(path: &Path) -> Result<ArtifactDigest, Failure> {
    Ok(cdi_store::read_artifact(path)?.digest())
}

fn closure_file(path: &Path) -> Result<ClosureFile, Failure> {
    let name = Name::parse(file_name(path)?)?;
    Ok(ClosureFile { name, sha256: FileDigest::new(digest(path)?.sha256()) })
}

fn file_name(path: &Path) -> Result<&str, Failure> {
    path.file_name().and_then(|name| name.to_str()).ok_or_else(|| {
        Failure::failed("file-without-name", format!("`{}` has no file name in UTF-8", path.display()))
    })
}
