//! A document of kind `Tools`: the tools of a build that are recorded whenever one is executed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use cdi_keys::Signer;
use cdi_recorder::{RecordError, Tool, Tools, certified_files, named_evidence};
use cdi_types::StatementId;
use serde::Deserialize;

use crate::failure::Failure;
use crate::passphrase::{PassphraseSource, open_key};
use crate::terminal::plain;
use crate::words;

/// What stands in it. Paths start from the document's folder.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Spec {
    tools: Vec<Declared>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Declared {
    /// The executable.
    program: PathBuf,
    /// The report key.
    key: PathBuf,
    /// Evidence to carry along: certifications, say.
    #[serde(default)]
    bundles: Vec<PathBuf>,
}

/// The tools, ready to be recorded.
pub(super) struct Workbench {
    pub(super) tools: Tools,
    /// Where each executable is, as it was given.
    pub(super) programs: Vec<PathBuf>,
    /// The first tool's key, for what all share.
    pub(super) key: Arc<dyn Signer>,
    /// Files that no process of the build gets.
    pub(super) withheld: Vec<PathBuf>,
}

impl Workbench {
    /// Reads a document, opens the keys, and finds each certification to be about its program.
    pub(super) fn of(document: &Path, passphrase: &PassphraseSource) -> Result<Self, Failure> {
        let shown = plain(&document.display().to_string());
        let bytes = cdi_store::read_document(document)?;
        let spec: Spec =
            cdi_policy::load_spec(&bytes, "Tools").map_err(|error| words::misspelt(&error).about(&shown))?;
        let folder = document.parent().unwrap_or(Path::new(""));
        let (mut tools, mut keys, mut withheld) = (Vec::new(), Vec::new(), Vec::new());
        for declared in spec.tools {
            let key_file = folder.join(&declared.key);
            let key: Arc<dyn Signer> = Arc::from(open_key(&key_file, passphrase)?);
            tools.push(declared.tool(folder, &key)?);
            keys.push(key);
            withheld.push(key_file);
        }
        let key = keys.first().cloned().ok_or_else(|| {
            Failure::failed("tools-malformed", format!("{shown}: `spec.tools` is empty"))
                .hint("name at least one tool: a `program`, its `key`, and the `bundles` that certify it")
        })?;
        let programs = tools.iter().map(|tool| tool.program.clone()).collect();
        let tools = Tools::find(tools).map_err(|error| match error {
            RecordError::PathRepeated { path } => {
                let message = format!("{shown}: `{}` is the same file as an earlier tool", plain(&path));
                Failure::failed("tool-twice", message)
                    .hint("name each executable once: links lead to the same file")
            }
            other => other.into(),
        })?;
        Ok(Self { tools, programs, key, withheld })
    }
}

impl Declared {
    fn tool(self, folder: &Path, key: &Arc<dyn Signer>) -> Result<Tool, Failure> {
        let program = folder.join(&self.program);
        let evidence = self.bundles.iter().map(|bundle| Ok(named_evidence(folder.join(bundle))?));
        let evidence = evidence.collect::<Result<Vec<_>, Failure>>()?.concat();
        let certifications = certifications_of(&program, &evidence, &**key)?;
        let signer = Arc::clone(key);
        Ok(Tool { program, signer, certifications, evidence })
    }
}

/// The certifications of the key that are about the program. There may be none at all: a first run tells what to certify.
fn certifications_of(
    program: &Path,
    evidence: &[Vec<u8>],
    key: &dyn Signer,
) -> Result<Vec<StatementId>, Failure> {
    let certified = certified_files(evidence, key.public_key().key_id());
    if certified.is_empty() {
        return Ok(Vec::new());
    }
    let found = Tools::measure(program)?;
    let about: Vec<StatementId> =
        certified.iter().filter(|(_, files)| files.contains(&found)).map(|(id, _)| *id).collect();
    if about.is_empty() {
        let ids: Vec<String> = certified.iter().map(|(id, _)| id.short().to_string()).collect();
        let program = plain(&program.display().to_string());
        let message = format!(
            "`{program}` has the digest {found}, and the certifications of its key ({}) are about other files",
            ids.join(", ")
        );
        return Err(Failure::failed("certification-other-program", message)
            .hint("ask the authority to certify this version, or name the program that it has certified"));
    }
    Ok(about)
}
