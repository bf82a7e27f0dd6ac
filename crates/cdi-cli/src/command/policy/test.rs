//! `cdi policy test`.

mod files;
mod result;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cdi_policy::{Catalogues, Configuration, PolicyTest, RequestedDirectory, TestCase, Tested};
use cdi_types::{Clock, Timestamp};
use clap::Args;
use serde_json::json;

use crate::answer::{CASES, Outputs};
use crate::command::verify::now;
use crate::decision::{self, DecisionArguments, Embedded, Walk};
use crate::embedded;
use crate::failure::{Failure, Kind};
use crate::grants::GrantArguments;
use crate::memory::{Remembered, StateArguments};
use crate::verdict::Document;
use result::{AllResults, OfCase, Results};

/// Decide about artifacts as a test document says, and compare with what it expects.
///
/// A test names a configuration, or policies by themselves, and cases: an artifact with its bundles, what it is given, when and
/// where, and the verdict and codes that are expected, of all and of each principal. Every case is decided as `cdi verify`
/// would, by what the test names alone: what this host remembers has no part in it. Of a folder every file `*.test.yaml` is
/// taken. Exit status: 0 if every case is as expected, 1 if one is not, 2 if a test cannot be read or decided.
///
///   cdi policy test provider.test.yaml
///   cdi policy test policies/ --output json
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Test {
    /// Tests, or folders of them
    #[arg(required = true, value_name = "FILE|DIR")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    output: Outputs<CASES>,
}

impl Test {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let embedded = embedded::environments()?;
        let now = now()?;
        let mut results = Vec::new();
        for file in files::all(&self.files)? {
            let about = |failure: Failure| failure.about(file.display());
            results.push(one(&file, &embedded, now).map_err(about)?);
        }
        let results = AllResults::of(results);
        self.output.say(&results)?;
        if results.failed > 0 {
            return Err(Failure::told(Kind::Denied, "policy-test-failed"));
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// All cases of one test.
fn one(file: &Path, embedded: &Embedded, now: Timestamp) -> Result<Results, Failure> {
    let test = PolicyTest::load(&cdi_store::read_document(file)?)?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let mut cases = Vec::new();
    for case in test.cases() {
        let document = decided(&test, case, folder, embedded, now)
            .map_err(|failure| failure.about(format!("case `{}`", case.name)))?;
        cases.push(OfCase::of(case, &document)?);
    }
    Ok(Results { file: file.display().to_string(), name: test.name().clone(), cases })
}

/// The verdict on a case, by the decision that `cdi verify` makes.
fn decided(
    test: &PolicyTest,
    case: &TestCase,
    folder: &Path,
    embedded: &Embedded,
    now: Timestamp,
) -> Result<Document, Failure> {
    let (configuration, config) = configuration(test.tested(), folder)?;
    let directory = |granted: &cdi_policy::DirectoryGrant| RequestedDirectory {
        name: granted.name.clone(),
        access: granted.access,
    };
    let arguments = DecisionArguments {
        artifact: folder.join(&case.artifact),
        config,
        bundle: case.bundles.iter().flatten().map(|bundle| folder.join(bundle)).collect(),
        environment: case.environment.clone().unwrap_or_else(|| "embedded".to_owned()),
        grants: GrantArguments {
            directories: case.directories.iter().map(directory).collect(),
            variables: case.variables.clone().into_iter().collect(),
        },
        state: StateArguments { state: None },
    };
    let walk = Walk::under(configuration, Remembered::nothing(), &arguments, embedded, &[])?;
    let at = case.at.unwrap_or(now);
    Ok(Document::new(&walk, &walk.decide(Clock::at(at))?, at))
}

/// The configuration of a test, and the path from whose folder its policies are named.
fn configuration(tested: &Tested, folder: &Path) -> Result<((Configuration, Catalogues), PathBuf), Failure> {
    match tested {
        Tested::Configuration(path) => {
            let path = folder.join(path);
            Ok((decision::configuration(&path)?, path))
        }
        Tested::Policies { policies, host } => {
            let principals = policies
                .iter()
                .map(|(name, path)| json!({ "name": name, "policy": path, "required": "always" }));
            let document = json!({
                "apiVersion": "code-deployment-integrity.io/v1",
                "kind": "Configuration",
                "metadata": { "name": "policy-test" },
                "spec": { "host": host, "principals": principals.collect::<Vec<_>>() },
            });
            let catalogues = Catalogues::builtin()?;
            let configuration = Configuration::load(document.to_string().as_bytes(), &catalogues)?;
            Ok(((configuration, catalogues), folder.join("policy-test")))
        }
    }
}
