//! The demo: the whole story in a folder that stays. It runs nothing but commands that it prints, and each works when
//! typed by hand in that folder.

mod attacks;
mod folder;
mod placing;
mod shell;
mod story;

use std::path::{Path, PathBuf};

use shell::Shell;

use crate::readme;
use crate::repository::root;

/// What the commands need around them. The host of the story remembers in its own folder what it has decided: a list of
/// revocations that it has seen once counts from then on.
const SURROUNDINGS: &str = "export PATH=\"$PWD/bin:$PATH\" CDI_STATE=\"$PWD/.state\"";

/// The same for whoever looks around later, as a host that has not seen anything yet.
const LATER: &str = "export PATH=\"$PWD/bin:$PATH\" CDI_STATE=\"$PWD/.explore\"";

/// Builds, makes the folder, and walks the story; fails unless everything came out as the story says.
pub(crate) fn run(folder: &str) -> Result<(), String> {
    let (folder, shell) = up_to_the_program(folder)?;
    story::any_tool(&shell)?;
    placing::places(&shell)?;
    attacks::all(&shell)?;
    folder::write(&folder.join("commands.sh"), commands(&shell.lines()).as_bytes())?;
    readme::shows_only_what_was_run(&root().join("README.md"), &shell.lines(), 5)?;
    shell.say(&format!(
        "Done in {:.1} s. Every attack was refused for its own reason. The keys of this demo are software keys: whoever \
         can read {} can sign as anybody in it. Explore {}: commands.sh has every command, and `cdi inspect` shows what is in a bundle.",
        shell.elapsed().as_secs_f32(),
        folder.join("keys").display(),
        folder.display()
    ));
    Ok(())
}

/// The story up to the program that runs: a folder with an artifact, its evidence, and the policies of three principals.
pub(crate) fn up_to_the_program(folder: &str) -> Result<(PathBuf, Shell), String> {
    anstream::println!(
        "building cdi, the two tools and a host for modules (the first time takes some minutes)"
    );
    let programs = crate::build::programs()?;
    let folder = std::path::absolute(Path::new(folder)).map_err(|error| format!("{folder}: {error}"))?;
    folder::lay_out(&folder, &programs)?;
    let shell = Shell::in_folder(&folder);
    shell.say("Every command below is one that you can type in this folder:");
    shell.plain(&format!("cd {}", folder.display()));
    shell.plain(SURROUNDINGS);
    story::authorities(&shell)?;
    story::tools(&shell)?;
    story::policies(&shell)?;
    story::application(&shell)?;
    Ok((folder, shell))
}

/// The story's commands as a file to copy from. They were run once in this folder: as a whole they would find their own files.
fn commands(lines: &[String]) -> String {
    format!(
        "# The commands of the story, to copy from, after these two:\n#   cd FOLDER\n#   {LATER}\n\
         # That is a host that has seen nothing yet. The one of the story has met a revocation at its end and remembers it, in\n\
         # .state: it denies what it allowed before.\n\n{}\n",
        lines.join("\n")
    )
}
