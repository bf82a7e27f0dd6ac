//! `cdi request certification`.

use std::path::{Path, PathBuf};

use cdi_envelope::PublicKey;
use cdi_keys::seal;
use cdi_types::{
    Annotations, ArtifactDigest, CertificationRequest, ClosureFile, Custody, FileDigest, Linkage, Name,
    RecordedPath, Statement, Subject, ToolIdentity,
};
use clap::{Args, ValueEnum};

use super::measured::{Measured, last_segment};
use crate::answer::{Done, Outputs, VALUES};
use crate::command::key::refuse_existing;
use crate::command::trust::named_key;
use crate::failure::Failure;
use crate::passphrase::{PassphraseSource, open_key};
use crate::terminal;

/// Ask that a tool be certified.
///
/// The request says which executable the tool is, which key will sign reports of its runs, and who holds that key. It is
/// signed with that very key. Make a key for each tool: one report key serves one tool.
///
///   cdi request certification --key compiler.pem --tool-name cdi-wasm-aot --tool-version 0.1.0 --supplier acme \
///       --executable target/release/cdi-wasm-aot --linkage dynamic --closure /lib/x86_64-linux-gnu/libc.so.6 \
///       --custody software --out compiler-request.intoto.jsonl
///
/// A tool that `cdi wrap` records has many libraries, and `cdi` is its recorder. Summaries of runs name them all:
///
///   cdi wrap --summary gcc.json -- gcc -o hello hello.c
///   cdi request certification --key gcc.pem --tool-name gcc --tool-version 12.2.0 --supplier debian \
///       --summary gcc.json --linkage dynamic --custody software --out gcc-request.intoto.jsonl
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
    /// The one executable that a run begins with; by default that of the summary
    #[arg(long, value_name = "FILE", required_unless_present = "summaries")]
    executable: Option<PathBuf>,
    /// The recorder that will use the report key; by default that of the summary, or else the executable itself
    #[arg(long, value_name = "FILE")]
    recorder: Option<PathBuf>,
    /// Take executable, recorder and closure from what `cdi wrap --summary` wrote; may be repeated, for other runs of the
    /// tool
    #[arg(long = "summary", value_name = "FILE")]
    summaries: Vec<PathBuf>,
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
    #[command(flatten)]
    output: Outputs<VALUES>,
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
    /// An agent of another user holds the key
    IsolatedProcess,
    /// A token holds the key
    Hardware,
}

impl Certification {
    pub(crate) fn run(self) -> Result<(), Failure> {
        refuse_existing(&self.out)?;
        let key = open_key(&self.key, &self.passphrase)?;
        let statement = self.statement(key.public_key())?;
        let sealed = seal(&statement, key.as_ref())?;
        cdi_store::write_new(&self.out, &[sealed.line.as_slice(), b"\n"].concat(), 0o644)?;
        let (tool, out) = (&self.tool_name, self.out.display());
        let done = Done::new(format!("asked that `{tool}` be certified, in {out}"));
        self.output.say(&done.with("report key", key.public_key().key_id()).also("file", out))
    }

    fn statement(&self, key: &PublicKey) -> Result<Statement<CertificationRequest>, Failure> {
        let measured = Measured::read(&self.summaries)?;
        let (name, entry) = self.entry(measured.as_ref())?;
        let recorder = match (&self.recorder, &measured) {
            (Some(path), _) => digest(path)?,
            (None, Some(measured)) => measured.recorder,
            (None, None) => entry,
        };
        let library = measured.as_ref().and_then(|measured| measured.library.as_deref());
        if let (LinkageWord::Static, Some(library)) = (self.linkage, library) {
            let library = terminal::plain(library);
            let message = format!("the tool is called static, and in the summary it loads `{library}`");
            return Err(Failure::failed("linkage-not-static", message).hint("give `--linkage dynamic`"));
        }
        if let (LinkageWord::Static, Some(path)) = (self.linkage, &self.executable) {
            super::linkage::is_static(path)?;
        }
        let mut closure = measured.map(|measured| measured.closure).unwrap_or_default();
        for path in &self.closure {
            let file = closure_file(path)?;
            // What is named twice by hand is a mistake, and told as one; what was measured too is none.
            if self.summaries.is_empty() || closure.iter().all(|known| known.sha256 != file.sha256) {
                closure.push(file);
            }
        }
        let request = CertificationRequest {
            issuer: key.key_id(),
            tool: self.tool()?,
            report_key: key.info().clone(),
            custody: match self.custody {
                OfferedCustody::Software => Custody::Software,
                OfferedCustody::IsolatedProcess => Custody::IsolatedProcess,
                OfferedCustody::Hardware => Custody::Hardware,
            },
            recorder,
            closure,
            linkage: match self.linkage {
                LinkageWord::Static => Linkage::Static,
                LinkageWord::Dynamic => Linkage::Dynamic,
            },
            annotations: Annotations::default(),
        };
        // The folder that the tool lies in on this machine is nobody's business.
        let path = RecordedPath::parse(&name)?;
        Ok(Statement::new(
            vec![Subject { path: Some(path), digest: ArtifactDigest::File(entry.sha256()) }],
            request,
        )?)
    }

    /// The entry's name and digest. One that is given and one that was measured have to be the same.
    fn entry(&self, measured: Option<&Measured>) -> Result<(String, FileDigest), Failure> {
        let of_summary =
            measured.map(|measured| (last_segment(&measured.entry).to_owned(), measured.entry.sha256));
        let given = match &self.executable {
            Some(path) => {
                let digest = digest(path)?;
                Some((file_name(path)?.to_owned(), digest))
            }
            None => None,
        };
        match (given, of_summary) {
            (Some((_, given)), Some((_, measured))) if given != measured => Err(Failure::failed(
                "summary-of-another",
                format!("the executable has the digest {given}, that of the summary's run {measured}"),
            )),
            (Some(entry), _) | (None, Some(entry)) => Ok(entry),
            (None, None) => Err(Failure::failed("executable-missing", "no executable is given")),
        }
    }

    fn tool(&self) -> Result<ToolIdentity, Failure> {
        let release_key = match &self.release_key {
            None => None,
            Some(path) => Some(named_key::read(path)?.key_id()),
        };
        Ok(ToolIdentity {
            name: self.tool_name.clone(),
            version: self.tool_version.clone(),
            supplier: self.supplier.clone(),
            release_key,
        })
    }
}

fn digest(path: &Path) -> Result<FileDigest, Failure> {
    Ok(FileDigest::new(cdi_store::artifact_digest(path)?.digits()))
}

fn closure_file(path: &Path) -> Result<ClosureFile, Failure> {
    let name = Name::parse(file_name(path)?)?;
    Ok(ClosureFile { name, sha256: digest(path)? })
}

fn file_name(path: &Path) -> Result<&str, Failure> {
    path.file_name().and_then(|name| name.to_str()).ok_or_else(|| {
        Failure::failed("file-without-name", format!("`{}` has no file name in UTF-8", path.display()))
    })
}
