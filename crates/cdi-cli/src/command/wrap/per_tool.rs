//! `cdi wrap --per-tool`: a build whose tools are recorded one by one.

use std::path::Path;
use std::process::ExitCode;

use cdi_recorder::{Capture, Materials, Run};

use super::build_summary::BuildSummary;
use super::places::{Places, free_for_a_summary};
use super::tools::Workbench;
use super::{Wrap, cache, status};
use crate::failure::Failure;
use crate::log;

impl Wrap {
    pub(super) fn run_per_tool(&self, document: &Path) -> Result<ExitCode, Failure> {
        let workbench = Workbench::of(document, &self.passphrase)?;
        self.places_of_build(&workbench, document)?;
        let mut materials = Materials::take(self.asked_for_build(&workbench)?)?;
        let cache = cache(&*workbench.key);
        if let Some(cache) = &cache {
            materials = materials.remembering(cache);
        }
        let mut summary = BuildSummary::of(workbench.programs, self.verbose);
        let built = materials.build(workbench.tools, &mut |run| summary.add(run))?;
        for refused in built.refusals() {
            let message = format!("the build was refused what nobody can measure: {refused}");
            log::warning(&Failure::failed("access-refused", message));
        }
        if built.left_processes() {
            let message = "the build has ended but left processes running, which were killed";
            log::warning(&Failure::failed("tool-still-running", message));
        }
        if let Some(cache) = &cache {
            // What is not kept is only worked out again.
            let _ = cache.keep(&*workbench.key);
        }
        self.variables.keep(&summary.salts())?;
        summary.tell();
        if let Some(file) = &self.summary {
            summary.write(file, built.exit())?;
        }
        Ok(ExitCode::from(status(built.exit())))
    }

    fn asked_for_build(&self, workbench: &Workbench) -> Result<Run, Failure> {
        let (program, arguments) = match self.command.as_slice() {
            [program, arguments @ ..] => (program.clone(), arguments.to_vec()),
            [] => Default::default(),
        };
        let environment = self.variables.environment()?;
        let withheld = workbench.withheld.clone();
        Ok(Run { program, arguments, environment, capture: Capture::Traced, withheld, ..Run::default() })
    }

    fn places_of_build(&self, workbench: &Workbench, document: &Path) -> Result<(), Failure> {
        let mut places = Places::default();
        places.of_the_run(document, "the document of the tools");
        workbench.withheld.iter().for_each(|key| places.of_the_run(key, "a report key"));
        if let Some(salts) = self.variables.salts() {
            places.will_be_written(salts, "the file of the salts")?;
            cdi_store::foresee_new(salts)?;
        }
        if let Some(summary) = &self.summary {
            places.will_be_written(summary, "the summary")?;
            free_for_a_summary(summary)?;
        }
        Ok(())
    }
}
