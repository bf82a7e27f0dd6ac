//! `cdi wrap`.

mod build_summary;
mod per_tool;
mod places;
mod suggestion;
mod summary;
mod tools;
mod undeclared;
mod variables;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cdi_keys::Signer;
use cdi_recorder::{
    Capture, DigestCache, Materials, OutOfReach, Ran, Reach, RecordError, Recorded, Run, Way,
    certifications_in, certifications_of, named_evidence, write_evidence,
};
use cdi_store::{StoreError, foresee_new};
use cdi_types::{Exit, KeyId, PropertyName, StatementId};
use clap::Args;

use crate::failure::Failure;
use crate::id_prefix::IdPrefix;
use crate::log;
use crate::passphrase::{PassphraseSource, open_key};
use crate::progress::Progress;
use crate::terminal::plain;
use places::{Places, free_for_a_summary};
use summary::Summary;
use undeclared::undeclared;
use variables::Variables;

/// Run a tool and sign a report of what it did.
///
/// The tool gets an empty environment (but PATH=/usr/bin:/bin and what you name), an empty standard input and no open files.
/// Each executable, script and library that really runs is measured, and so are the files that you declare: inputs
/// before the run (they must not change), outputs after it (the tool must have written them). The report goes into the
/// bundle beside each output, OUTPUT.intoto.jsonl, together with the evidence beside the inputs.
///
///   cdi wrap --key compiler.pem --input hello.c --output hello -- gcc -O2 -o hello hello.c
///   cdi verify hello
///
/// Without --key the run is measured and nothing is signed: with --summary that shows what a certification has to list.
///
///   cdi wrap --summary gcc.json --input hello.c --output hello.o -- gcc -c hello.c -o hello.o
///
/// That you named all inputs is your word (capture level `declared`); a file among the arguments that you did not declare
/// is warned about. With --capture traced nothing need be declared: cdi opens every file for the tool, so that each file
/// that it reads is an input, with the digest of what it read, and each file that it leaves is an output. The tool then gets
/// no sockets, terminals or other bytes that nobody can measure. --suggest says what a traced run would have to declare.
///
///   cdi wrap --capture traced --key compiler.pem -- gcc -O2 -o hello hello.c
///   cdi wrap --suggest -- gcc -O2 -o hello hello.c
///
/// With --capture confined the tool reaches what was declared, and nothing else is there for it: inputs, outputs, what
/// --allow-read and --allow-write name, and a temporary folder of its own. Each file that it looked for in vain is named.
///
/// A folder is declared with a slash behind its name: all files below it are one input, or one output, by the digest that
/// `cdi digest` prints. So a report about a tree of many files is small. Symbolic links in it are refused.
///
///   cdi wrap --capture confined --allow-read /usr --input hello.c --output hello -- gcc -o hello hello.c
///   cdi wrap --capture traced --key archiver.pem --input src/ --output src.tar -- tar -cf src.tar src
///
/// A whole build is one run. With --per-tool it is many: each compiler, archiver or linker that the document names has a
/// report of its own, whenever the build executes it and by whatever name, linked by the digests of what one makes and
/// another reads. The build itself, make and sh, gets none, and is not changed; what it does to files breaks the chain.
///
///   cdi wrap --per-tool tools.yaml -- make -j2
///
/// A tool that makes nothing and looks at something is an inspector. With --inspect the report is about that file, and says
/// that the tool found the property if it ends with status 0. It counts for runs of which a certification says so
/// (`"effect": "attests"`).
///
///   cdi wrap --key scanner.pem --inspect app --finds PIE -- hardening-check app
///
/// One line on standard error says what was recorded, if that is a terminal or with --verbose.
///
/// The exit status is the tool's own, 128 + N if signal N ended it; nothing is recorded then unless it is 0. It is 125 if
/// cdi itself failed.
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Wrap {
    /// The tool's report key, in PEM; a public key if an agent holds the private part (`cdi key agent`)
    #[arg(long, value_name = "KEY.pem")]
    key: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseSource,
    /// Who vouches that no input is left out: you, who declare them, or cdi, which opens each file for the tool
    #[arg(long, value_enum, default_value_t = Level::Declared, value_name = "LEVEL")]
    capture: Level,
    /// With --capture confined: a file or folder that the tool may read and execute besides, such as /usr/lib
    #[arg(long = "allow-read", value_name = "PATH")]
    allow_read: Vec<String>,
    /// With --capture confined: a folder in which the tool may make, change and remove whatever it likes
    #[arg(long = "allow-write", value_name = "FOLDER")]
    allow_write: Vec<String>,
    /// Record each run of the tools that this document (kind `Tools`) names by itself, and the command around them not at all
    #[arg(long = "per-tool", value_name = "TOOLS.yaml", conflicts_with_all = ["key", "capture", "suggest", "inputs",
        "outputs", "stdin", "bundles", "certifications", "report", "allow_read", "allow_write"])]
    per_tool: Option<PathBuf>,
    /// Trace the run, sign nothing, and say with which options its files are declared
    #[arg(long, conflicts_with_all = ["key", "capture"])]
    suggest: bool,
    /// A file that the tool reads; a folder with a slash behind its name
    #[arg(long = "input", value_name = "FILE|DIR/")]
    inputs: Vec<String>,
    /// A file that the tool writes; a folder with a slash behind its name
    #[arg(long = "output", value_name = "FILE|DIR/")]
    outputs: Vec<String>,
    /// A file that the tool inspects, and that the report is about
    #[arg(long = "inspect", value_name = "FILE", requires = "finds", conflicts_with = "outputs")]
    inspected: Vec<String>,
    /// A property that every inspected file has if the tool ends with status 0
    #[arg(long, value_name = "PROPERTY", requires = "inspected")]
    finds: Vec<PropertyName>,
    /// Give the tool this file, an input, as standard input
    #[arg(long, value_name = "FILE")]
    stdin: Option<String>,
    #[command(flatten)]
    variables: Variables,
    /// Evidence to carry along to the outputs: certifications, say
    #[arg(long = "bundle", value_name = "BUNDLE")]
    bundles: Vec<PathBuf>,
    /// A certification that the report is to name, beside those of the key that are in a --bundle; of one that is in a
    /// --bundle the first 8 digits will do
    #[arg(long = "certification", value_name = "ID")]
    certifications: Vec<IdPrefix>,
    /// Write report and evidence into this bundle instead of those beside the outputs
    #[arg(long, value_name = "BUNDLE", requires = "key")]
    report: Option<PathBuf>,
    /// Write what was measured into this file, as JSON; only an earlier summary is written over
    #[arg(long, value_name = "FILE")]
    summary: Option<PathBuf>,
    /// Say on standard error what was recorded, even if that is no terminal
    #[arg(short, long)]
    verbose: bool,
    /// The tool and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// A capture level that `cdi wrap` records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Level {
    Declared,
    Traced,
    Confined,
}

impl Wrap {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        if let Some(document) = &self.per_tool {
            return self.run_per_tool(document);
        }
        // What can fail without the tool fails before it runs.
        if self.capture() != Capture::Confined && !(self.allow_read.is_empty() && self.allow_write.is_empty())
        {
            let message = "--allow-read and --allow-write are for runs that are confined to what they name";
            return Err(Failure::failed("reach-without-confinement", message).hint("add --capture confined"));
        }
        let about_nothing = self.outputs.is_empty() && self.inspected.is_empty();
        if self.key.is_some() && about_nothing && self.capture() == Capture::Declared {
            return Err(RecordError::NoOutput.into());
        }
        let key = self.key.as_ref().map(|path| open_key(path, &self.passphrase)).transpose()?;
        let evidence = self.evidence()?;
        let certifications = match &key {
            Some(key) => self.certifications(&evidence, key.public_key().key_id())?,
            None => Vec::new(),
        };
        self.places()?;
        // Nothing of ours is on the terminal while it is the tool's.
        let hashing = Progress::of("hashing what the tool is to read");
        let mut materials = Materials::take(self.asked_for()?)?;
        drop(hashing);
        let cache = key.as_deref().and_then(cache);
        if let Some(cache) = &cache {
            materials = materials.remembering(cache);
        }
        let ran = materials.run()?;
        for note in ran.notes() {
            log::warning(&Failure::failed("libraries-unmeasured", note));
        }
        for refused in ran.refusals() {
            let message = format!("the tool was refused what nobody can measure: {refused}");
            log::warning(&Failure::failed("access-refused", message));
        }
        self.tell_what_was_out_of_reach(&ran);
        let status = status(ran.exit());
        let ended = match ran.exit() {
            Exit::Code(code) => format!("with status {code}"),
            Exit::Signal(signal) => format!("by signal {signal}"),
        };
        if let (Some(cache), Some(key)) = (&cache, &key) {
            // What is not kept is only worked out again.
            let _ = cache.keep(key.as_ref());
        }
        if status == 0 {
            self.conclude(ran, key.as_deref(), &certifications, &evidence)?;
        } else {
            log::notice("run-failed", format_args!("the tool ended {ended}: nothing is recorded"));
            self.summarise(Summary::of_run(&ran))?;
        }
        Ok(ExitCode::from(status))
    }

    fn capture(&self) -> Capture {
        match self.capture {
            Level::Declared if !self.suggest => Capture::Declared,
            Level::Declared | Level::Traced => Capture::Traced,
            Level::Confined => Capture::Confined,
        }
    }

    fn tell_what_was_out_of_reach(&self, ran: &Ran) {
        let mut told = Vec::new();
        for OutOfReach { path, way } in ran.out_of_reach() {
            let shown = plain(&path.display().to_string());
            let (asked, option) = match way {
                Way::Read => ("read", "--input or --allow-read"),
                Way::Write => ("write", "--output or --allow-write"),
            };
            let message =
                format!("the tool wanted to {asked} `{shown}`, which was not declared, and could not");
            let warning = Failure::failed("out-of-reach", message);
            // The way out is the same for all of a kind.
            let first = !told.contains(&way);
            told.push(way);
            log::warning(&if first {
                warning.hint(format!("declare with {option} what it may {asked}, or a folder that it is in"))
            } else {
                warning
            });
        }
    }

    /// Holds if everything that is to be written has a place of its own, and there is room for it.
    fn places(&self) -> Result<(), Failure> {
        let mut places = Places::default();
        let inputs = self.inputs.iter().chain(&self.inspected).chain(&self.stdin);
        inputs.for_each(|file| places.of_the_run(file, "an input"));
        self.outputs.iter().for_each(|file| places.of_the_run(file, "an output"));
        self.bundles.iter().for_each(|file| places.of_the_run(file, "evidence that is read"));
        self.key.iter().for_each(|file| places.of_the_run(file, "the report key"));
        if let Some(report) = &self.report {
            places.will_be_written(report, "the report's bundle")?;
        }
        if let Some(salts) = self.variables.salts() {
            places.will_be_written(salts, "the file of the salts")?;
            foresee_new(salts)?;
        }
        if let Some(summary) = &self.summary {
            places.will_be_written(summary, "the summary")?;
            free_for_a_summary(summary)?;
        }
        match (&self.key, &self.report) {
            // A bundle that is named has its folder already; the tool may make those of its outputs.
            (Some(_), Some(report)) => drop(cdi_store::append_lines(report, &[])?),
            (Some(_), None) => self.declared_bundles().iter().try_for_each(|bundle| has_room(bundle))?,
            (None, _) => {}
        }
        Ok(())
    }

    /// The declared inputs; what is inspected is one, whether it is named as one or not.
    fn inputs(&self) -> impl Iterator<Item = &String> {
        let inspected = self.inspected.iter().filter(|file| !self.inputs.contains(file));
        self.inputs.iter().chain(inspected)
    }

    fn asked_for(&self) -> Result<Run, Failure> {
        let (program, arguments) = match self.command.as_slice() {
            [program, arguments @ ..] => (program.clone(), arguments.to_vec()),
            [] => (String::new(), Vec::new()),
        };
        Ok(Run {
            program,
            arguments,
            inputs: self.inputs().cloned().collect(),
            outputs: self.outputs.clone(),
            stdin: self.stdin.clone(),
            environment: self.variables.environment()?,
            capture: self.capture(),
            reach: Reach { reads: self.allow_read.clone(), writes: self.allow_write.clone() },
            withheld: self.key.iter().cloned().chain(self.private_part()).collect(),
        })
    }

    /// Where the private key lies that belongs to a public one, by the names that `cdi key generate` gives them. An agent holds
    /// it, and no tool needs its file.
    fn private_part(&self) -> Option<PathBuf> {
        let name = self.key.as_ref()?.to_str()?.strip_suffix(".pub.pem")?;
        Some(PathBuf::from(format!("{name}.pem")))
    }

    /// The lines of the bundles that are named; unlike those beside inputs they have to be there.
    fn evidence(&self) -> Result<Vec<Vec<u8>>, Failure> {
        let lines = self.bundles.iter().map(|bundle| Ok(named_evidence(bundle)?));
        Ok(lines.collect::<Result<Vec<_>, Failure>>()?.concat())
    }

    /// The certifications that the report is to name: those that the user names, then those of the key.
    fn certifications(&self, evidence: &[Vec<u8>], key: KeyId) -> Result<Vec<StatementId>, Failure> {
        let missing = |named: &IdPrefix| {
            Failure::failed(
                "certification-not-there",
                format!("no certification whose id begins with `{named}` is in a --bundle"),
            )
            .hint("name the bundle that has it with --bundle, or give the whole id")
        };
        let known = || certifications_in(evidence);
        let named = self.certifications.iter().map(|id| id.whole_or_among(known(), || missing(id)));
        let mut certifications = named.collect::<Result<Vec<_>, Failure>>()?;
        for own in certifications_of(evidence, key) {
            if !certifications.contains(&own) {
                certifications.push(own);
            }
        }
        Ok(certifications)
    }

    fn conclude(
        &self,
        ran: Ran,
        key: Option<&dyn Signer>,
        certifications: &[StatementId],
        evidence: &[Vec<u8>],
    ) -> Result<(), Failure> {
        let mut summary = Summary::of_run(&ran);
        // Said first: a file that is missing among the outputs is perhaps one of these.
        let declared = key.is_some() && self.capture() == Capture::Declared;
        for name in if declared { self.undeclared() } else { Vec::new() } {
            let warning = format!(
                "`{name}` is a file among the arguments, and neither an --input nor an --output: the report does not \
                 tell of it"
            );
            summary.warn("file-undeclared", warning);
        }
        let measured = match self.capture() {
            Capture::Declared => "is not measured, and",
            Capture::Traced | Capture::Confined => "is among the inputs, which no certification lists, and",
        };
        for script in summary.scripts() {
            let warning = format!(
                "`{script}` is a script: what its interpreter reads besides, modules for example, {measured} can change \
                 without a certification's noticing"
            );
            summary.warn("script-reads-more", warning);
        }
        let hashing = Progress::of("hashing what ran and what it has written");
        let mut products = ran.products()?;
        drop(hashing);
        if !self.inspected.is_empty() {
            products = products.inspecting(&self.inspected, &self.finds)?;
            summary.inspected(&self.finds);
        }
        for path in products.linked() {
            let message =
                format!("`{path}` has several names: it is no output, since it can be changed by another");
            log::warning(&Failure::failed("output-linked", message));
        }
        summary.found(products.inputs(), products.outputs());
        match key {
            None if self.suggest => {
                let suggested = suggestion::of(products.tool(), products.inputs(), products.outputs());
                log::notice("run-suggested", suggested);
            }
            Some(key) => {
                let recorded = products.seal(key, certifications)?;
                let bundles = self.keep(&recorded, evidence)?;
                summary.add(&recorded, &bundles);
                summary.tell(self.verbose);
            }
            None => log::notice("run-unsigned", "no key was given: nothing is recorded"),
        }
        self.summarise(summary)
    }

    fn undeclared(&self) -> Vec<&str> {
        let declared = self.inputs().chain(&self.outputs).chain(&self.stdin);
        undeclared(self.command.get(1..).unwrap_or_default(), declared)
    }

    /// Puts the report, with its evidence, where it belongs.
    fn keep(&self, recorded: &Recorded, evidence: &[Vec<u8>]) -> Result<Vec<PathBuf>, Failure> {
        // Salts come first: a report whose commitments nobody can open is worth less than a file too many.
        self.variables.keep(&recorded.salts)?;
        let bundles = match (&self.report, self.capture()) {
            (None, Capture::Traced | Capture::Confined) => {
                let subjects = recorded.outputs.iter().filter_map(|subject| subject.path.as_ref());
                subjects.map(|output| cdi_store::default_bundle_path(output.as_str())).collect()
            }
            _ => self.declared_bundles(),
        };
        let mut fresh: Option<&PathBuf> = None;
        for bundle in &bundles {
            // A run can leave thousands of files: what is new beside them is one file with many names.
            if fresh.is_some_and(|fresh| cdi_store::link_new(fresh, bundle).is_ok()) {
                continue;
            }
            let is_new = bundle.symlink_metadata().is_err();
            let inputs = recorded.inputs.iter().map(|input| input.path.as_str());
            write_evidence(bundle, inputs, evidence, &recorded.sealed)?;
            fresh = fresh.or(Some(bundle).filter(|_| is_new));
        }
        Ok(bundles)
    }

    /// Where the report goes, as far as it shows before the run.
    fn declared_bundles(&self) -> Vec<PathBuf> {
        match &self.report {
            Some(bundle) => vec![bundle.clone()],
            None => self.outputs.iter().chain(&self.inspected).map(cdi_store::default_bundle_path).collect(),
        }
    }

    fn summarise(&self, summary: Summary) -> Result<(), Failure> {
        match &self.summary {
            Some(file) => summary.write(file),
            None => Ok(()),
        }
    }
}

/// The digests of toolchains that earlier runs have worked out, where there is a folder for them.
fn cache(key: &dyn Signer) -> Option<DigestCache> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || absolute("HOME").map(|home| home.join(".cache"));
    let folder = absolute("XDG_CACHE_HOME").or_else(home)?;
    Some(DigestCache::open(folder.join("cdi"), key.public_key()))
}

/// As a shell tells it.
const fn status(exit: Exit) -> u8 {
    match exit {
        Exit::Code(code) => code,
        Exit::Signal(signal) => 128_u8.saturating_add(signal),
    }
}

/// Whether lines could be added to a bundle, as far as that shows before there are any. Its folder may be one that the tool
/// makes.
fn has_room(bundle: &Path) -> Result<(), Failure> {
    match cdi_store::append_lines(bundle, &[]) {
        Ok(_) | Err(StoreError::MissingFolder { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

impl From<RecordError> for Failure {
    fn from(error: RecordError) -> Self {
        let hint = error.hint();
        let failure = Self::failed(error.code(), error);
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}
