//! Programs that run, decided about again by `cdi watch`.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cdi_store::{Process, RunningFolder};
use cdi_testkit::scenario::Part;
use serde_json::{Value, json};

use crate::deploying::{journal, listed, scene, want_the_moon};
use crate::schema::Schema;
use crate::support::{Scene, passed_over};

/// Starts the workload, and waits until it says that it runs.
pub(crate) fn started(scene: &Scene) -> Child {
    started_under(scene, "cdi.yaml")
}

fn started_under(scene: &Scene, configuration: &str) -> Child {
    started_by(scene, &format!("deploy workload.yaml --config {configuration}"))
}

pub(crate) fn started_by(scene: &Scene, line: &str) -> Child {
    let mut command = scene.command(line);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "sleeping\n");
    child
}

pub(crate) fn watched(scene: &Scene, rest: &str, status: i32) -> Value {
    let ended = scene.run(&format!("watch --once --output json {rest}"));
    assert_eq!(ended.status, status, "{}{}", ended.stdout, ended.stderr);
    let said = serde_json::from_str(&ended.stdout).unwrap();
    Schema::published("watch.v1.json").hold(&said);
    said
}

pub(crate) fn end(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Takes the place of the policy with which the workload was let in.
fn lose_the_policy(scene: &Scene) {
    std::fs::remove_file(scene.path("p.yaml")).unwrap();
}

#[test]
fn what_would_be_refused_now_is_told_and_written_down_once() {
    let scene = scene("sleep");
    assert_eq!(watched(&scene, "", 0)["programs"], Value::Array(Vec::new()));
    let child = started(&scene);
    let said = watched(&scene, "--enforce", 0);
    assert_eq!(said["programs"][0]["verdict"], "allow");
    assert_eq!(said["programs"][0]["pid"], child.id());
    assert_eq!(listed(&scene, "").len(), 1, "nothing has changed");
    let policy = scene.read("p.yaml");
    want_the_moon(&scene);
    let said = watched(&scene, "", 1);
    let program = &said["programs"][0];
    assert_eq!((&program["verdict"], &program["written"]), (&"deny".into(), &true.into()), "{said:#}");
    assert_eq!(program["principals"][0]["failures"][0]["code"], "residual-unmet", "{said:#}");
    assert_eq!(program.get("stopped"), None, "nobody asked for it");
    assert_eq!(watched(&scene, "", 1)["programs"][0]["written"], false, "it stands there");
    let entries = listed(&scene, "");
    let said: Vec<_> = entries.iter().map(|entry| (&entry["occasion"], &entry["verdict"])).collect();
    assert_eq!(said, [(&"deploy".into(), &"allow".into()), (&"watch".into(), &"deny".into())]);
    assert_eq!(entries[1]["environment"], "process");
    scene.write("p.yaml", &policy);
    assert_eq!(watched(&scene, "", 0)["programs"][0]["written"], true, "it is allowed again");
    assert_eq!(listed(&scene, "--verdict allow").len(), 2);
    assert!(scene.done("journal verify").starts_with("the journal holds: 3 entries"));
    let text = scene.run("watch --once").stdout;
    assert!(text.starts_with("allow process ") && text.contains("running: 1 program; 0 would"), "{text}");
    end(child);
}

/// Whoever brings the evidence does not choose whether a program can be seen and stopped.
#[test]
fn a_program_with_as_much_evidence_as_is_allowed_is_ended_too() {
    let bundle = |scene: &Scene, lines: usize, longer: usize| {
        let artifact = cdi_types::Sha256::of(&scene.read("guest")).to_string();
        let mut all = Vec::new();
        for number in 0..lines {
            let subject = json!([{ "name": "x".repeat(longer), "digest": { "sha256": artifact } }]);
            let statement = json!({ "_type": "https://in-toto.io/Statement/v1", "subject": subject,
                "predicateType": "https://example.com/none", "predicate": { "number": number } });
            all.extend(Part::new("stranger", "nobody", &statement).line());
            all.push(b'\n');
        }
        scene.write("guest.intoto.jsonl", &all);
    };
    // More than half of the lines that a bundle may have, and more bytes than a record takes.
    for (lines, longer) in [(33_000, 1), (24, 2_100_000)] {
        let scene = scene("sleep");
        bundle(&scene, lines, longer);
        let mut child = started(&scene);
        assert_eq!(watched(&scene, "", 0)["programs"][0]["verdict"], "allow", "{lines}");
        want_the_moon(&scene);
        assert_eq!(watched(&scene, "--enforce", 1)["programs"][0]["stopped"], "asked", "{lines}");
        child.wait().unwrap();
    }
}

#[test]
fn what_would_be_refused_is_ended_and_killed_if_it_does_not_end() {
    for (words, how) in [("sleep", "asked"), ("deaf", "killed")] {
        let scene = scene(words);
        let mut child = started(&scene);
        want_the_moon(&scene);
        let said = watched(&scene, "--enforce --grace 2s", 1);
        assert_eq!(said["programs"][0]["stopped"], how, "{words}: {said:#}");
        let begun = Instant::now();
        child.wait().unwrap();
        assert!(begun.elapsed() < Duration::from_secs(20), "{words}");
        let mut rest = String::new();
        child.stdout.take().unwrap().read_to_string(&mut rest).unwrap();
        assert_eq!(watched(&scene, "--enforce", 0)["programs"], Value::Array(Vec::new()));
    }
}

#[test]
fn a_program_that_takes_its_time_to_end_holds_up_no_other() {
    let scene = scene("deaf");
    another_host(&scene);
    let mut deaf = started(&scene);
    scene.write(
        "workload.yaml",
        &String::from_utf8(scene.read("workload.yaml")).unwrap().replace("deaf", "sleep").into_bytes(),
    );
    let mut other = started_under(&scene, "other.yaml");
    let (watcher, mut lines) = watching(&scene, "--every 1h --enforce --grace 1h");
    assert!(lines.any(|line| line.starts_with("allow process ")));
    want_the_moon(&scene);
    assert!(
        lines.any(|line| line.starts_with(&format!("deny process {}", deaf.id()))),
        "it is told before it ends"
    );
    scene.write("q.yaml", &scene.read("p.yaml"));
    other.wait().unwrap();
    assert!(lines.any(|line| line == "    stopped: it ended when it was asked to"));
    assert_eq!(deaf.try_wait().unwrap(), None);
    end(watcher);
    end(deaf);
}

#[test]
fn what_cannot_be_decided_is_told_and_stopped_only_if_asked_for() {
    let scene = scene("sleep");
    let mut child = started(&scene);
    lose_the_policy(&scene);
    let said = watched(&scene, "--enforce", 2);
    let program = &said["programs"][0];
    assert_eq!((&program["verdict"], &program["error"]["code"]), (&"unknown".into(), &"file-missing".into()));
    assert_eq!((program.get("stopped"), child.try_wait().unwrap()), (None, None), "{said:#}");
    assert_eq!(listed(&scene, "").len(), 1, "nothing was decided");
    scene.write("p.yaml", b"kind: Nonsense\n");
    assert_eq!(watched(&scene, "--enforce=refused", 2)["programs"][0]["verdict"], "unknown");
    scene.write("list.jsonl", &vec![b'x'; (64 << 20) + 1]);
    assert_eq!(watched(&scene, "--enforce --bundle list.jsonl", 2)["programs"][0]["verdict"], "unknown");
    // A record that cannot be read leaves the answer open, and hides no other.
    scene.write(".state-running/notes.json", b"{}");
    let said = watched(&scene, "", 2);
    assert_eq!(
        (&said["unread"][0]["code"], said["programs"].as_array().unwrap().len()),
        (&"running-damaged".into(), 1)
    );
    std::fs::remove_file(scene.path(".state-running/notes.json")).unwrap();
    let ended = scene.run("watch --once");
    assert!(ended.stderr.contains("[running-undecided]"), "{}", ended.stderr);
    assert_eq!(child.try_wait().unwrap(), None);
    assert_eq!(watched(&scene, "--enforce=undecided", 2)["programs"][0]["stopped"], "asked");
    child.wait().unwrap();
}

/// A second workload, of a host with another policy that takes everything.
pub(crate) fn another_host(scene: &Scene) {
    let configuration = String::from_utf8(scene.read("cdi.yaml")).unwrap();
    scene.write(
        "other.yaml",
        configuration.replace("name: host}", "name: other}").replace("p.yaml", "q.yaml").as_bytes(),
    );
    scene.write("q.yaml", &scene.read("p.yaml"));
    let workload = String::from_utf8(scene.read("workload.yaml")).unwrap();
    scene.write("mark.yaml", workload.replace("\"sleep\"", "\"mark\"").as_bytes());
}

#[test]
fn a_deployment_decides_again_about_what_runs_already() {
    let scene = scene("sleep");
    another_host(&scene);
    let mut child = started(&scene);
    let quiet = scene.run("deploy mark.yaml --config other.yaml");
    assert_eq!((quiet.status, quiet.stdout.as_str(), quiet.stderr.as_str()), (0, "mark-one\n", ""));
    want_the_moon(&scene);
    let told = scene.run("deploy mark.yaml --config other.yaml");
    assert_eq!((told.status, told.stdout.as_str()), (0, "mark-one\n"), "{}", told.stderr);
    assert!(
        told.stderr.contains("[running-refused]") && told.stderr.contains("[residual-unmet]"),
        "{}",
        told.stderr
    );
    assert_eq!(child.try_wait().unwrap(), None, "nobody asked for it");
    let said = listed(&scene, "--verdict deny");
    assert_eq!((said.len(), &said[0]["occasion"]), (1, &"watch".into()));
    let ended = scene.run("deploy mark.yaml --config other.yaml --log-format json --enforce");
    assert_eq!((ended.status, ended.stdout.as_str()), (0, "mark-one\n"), "{}", ended.stderr);
    let object: Value = serde_json::from_str(ended.stderr.lines().next().unwrap()).unwrap();
    Schema::published("log.v1.json").hold(&object);
    assert_eq!(
        (&object["code"], &object["fields"]["process"]),
        (&"running-refused".into(), &child.id().into())
    );
    assert_eq!(object["fields"]["stopped"], "asked");
    assert!(object["fields"]["why"][0].as_str().unwrap().ends_with("[residual-unmet]"), "{object:#}");
    child.wait().unwrap();
    // Also where it is refused itself, and where what runs cannot be decided about.
    let child = started_under(&scene, "other.yaml");
    std::fs::remove_file(scene.path("q.yaml")).unwrap();
    let refused = scene.run("deploy workload.yaml --enforce");
    assert_eq!(refused.status, 126);
    assert!(refused.stderr.contains("[running-undecided]"), "{}", refused.stderr);
    end(child);
}

#[test]
fn what_comes_to_hold_by_itself_is_noticed_when_it_does() {
    let scene = scene("sleep");
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let from = cdi_types::Timestamp::from_unix(now + 8);
    let configuration = String::from_utf8(scene.read("cdi.yaml")).unwrap();
    scene.write("cdi.yaml", configuration.replace("provides: []", "provides: [LOCATION=earth]").as_bytes());
    want_the_moon(&scene);
    let policy = String::from_utf8(scene.read("p.yaml")).unwrap();
    let (now_so, later_so) =
        ("require: LOCATION=moon", format!("requireFrom: [{{from: \"{from}\", require: LOCATION=moon}}]"));
    scene.write(
        "p.yaml",
        policy.replace(now_so, &format!("require: LOCATION=earth\n  {later_so}")).as_bytes(),
    );
    let child = started(&scene);
    let (watcher, mut lines) = watching(&scene, "--every 1h");
    assert!(lines.any(|line| line.starts_with("allow process ")));
    assert!(lines.any(|line| line.starts_with("deny process ")));
    let passed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    assert!(
        (now + 8..now + 60).contains(&passed),
        "it waits for an hour if nothing is noticed: {}",
        passed - now
    );
    end(watcher);
    end(child);
}

#[test]
fn programs_that_differ_in_their_configuration_only_have_histories_of_their_own() {
    let scene = scene("sleep");
    another_host(&scene);
    let children = [started(&scene), started_under(&scene, "other.yaml")];
    want_the_moon(&scene);
    let verdicts = || {
        let said = watched(&scene, "", 1);
        let of = |child: &Child| {
            let mut programs = said["programs"].as_array().unwrap().iter();
            let program = programs.find(|program| program["pid"] == child.id()).unwrap();
            (program["verdict"].as_str().unwrap().to_owned(), program["written"].as_bool().unwrap())
        };
        children.each_ref().map(of)
    };
    assert_eq!(verdicts(), [("deny".to_owned(), true), ("allow".to_owned(), false)]);
    assert_eq!(verdicts(), [("deny".to_owned(), false), ("allow".to_owned(), false)]);
    let entry: Value = serde_json::from_str(&scene.done("journal show 2 --output json")).unwrap();
    Schema::published("journal-entry.v1.json").hold(&entry);
    let process = &entry["statement"]["predicate"]["cdi_decision"]["process"];
    assert!(process.as_str().unwrap().contains(&format!("-{}-", children[0].id())), "{process}");
    children.into_iter().for_each(end);
}

#[test]
fn a_record_of_somebody_else_stops_no_process() {
    let scene = scene("sleep");
    let mut child = started(&scene);
    want_the_moon(&scene);
    let record = std::fs::read_dir(scene.path(".state-running")).unwrap().next().unwrap().unwrap().path();
    if let Err(error) = std::os::unix::fs::chown(&record, Some(65534), None) {
        passed_over(&format!("only root gives files away: {error}"));
        return end(child);
    }
    let said = watched(&scene, "--enforce --grace 1s", 1);
    let unstopped = &said["programs"][0]["unstopped"];
    assert_eq!(unstopped["code"], "running-unproven", "{said:#}");
    assert!(unstopped["message"].as_str().unwrap().contains("belongs to the user 65534"), "{said:#}");
    assert_eq!(child.try_wait().unwrap(), None);
    std::os::unix::fs::chown(&record, Some(0), None).unwrap();
    assert_eq!(watched(&scene, "--enforce", 1)["programs"][0]["stopped"], "asked");
    child.wait().unwrap();
}

/// Watches, and gives back what is said line by line.
pub(crate) fn watching(scene: &Scene, rest: &str) -> (Child, impl Iterator<Item = String> + use<>) {
    let mut command = scene.command(&format!("watch {rest}"));
    let mut watcher = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let undated = |line: String| match line.split_once(' ') {
        Some((time, rest)) if cdi_types::Timestamp::parse(time).is_ok() => rest.to_owned(),
        _ => line,
    };
    let lines = BufReader::new(watcher.stdout.take().unwrap()).lines().map(Result::unwrap).map(undated);
    (watcher, lines)
}

#[test]
fn a_catalogue_that_changes_is_noticed() {
    let scene = scene("sleep");
    let child = started(&scene);
    let configuration = String::from_utf8(scene.read("cdi.yaml")).unwrap();
    let named = configuration.replace("spec:\n", "spec:\n  catalogues: [{path: extra.yaml}]\n");
    scene.write("cdi.yaml", named.as_bytes());
    let base = scene.done("catalogue --output digest");
    let (watcher, mut lines) = watching(&scene, "--every 1h");
    assert!(lines.any(|line| line.starts_with("unknown process ")));
    let catalogue = format!(
        "apiVersion: code-deployment-integrity.io/v1\nkind: Catalogue\nmetadata: {{name: extra}}\nspec:\n  extends: \
         \"{}\"\n  prefix: EXTRA_\n  properties: {{EXTRA_ONE: {{kind: code, of: bytes, preservable: false, meaning: \
         One.}}}}\n",
        base.trim()
    );
    scene.write("extra.yaml", catalogue.as_bytes());
    assert!(lines.any(|line| line.starts_with("allow process ")));
    end(watcher);
    end(child);
}

#[test]
fn what_stays_wrong_is_told_once() {
    let scene = scene("sleep");
    let child = started(&scene);
    scene.write(".state-running/notes.json", b"{}");
    let (mut watcher, mut lines) = watching(&scene, "--every 1s");
    assert!(lines.any(|line| line.starts_with("allow process ")));
    std::thread::sleep(Duration::from_secs(4));
    watcher.kill().unwrap();
    watcher.wait().unwrap();
    let mut told = String::new();
    watcher.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert_eq!(told.matches("[running-damaged]").count(), 1, "{told}");
    end(child);
}

#[test]
fn a_clock_that_was_set_back_lets_nothing_in_and_stops_nothing() {
    let scene = scene("sleep");
    let mut child = started(&scene);
    want_the_moon(&scene);
    assert_eq!(watched(&scene, "", 1)["programs"][0]["written"], true);
    let kept = scene.read(".state/memory.json");
    let mut ahead = crate::memory::unsummed(&kept);
    let last = cdi_types::Timestamp::parse(ahead["lastDecision"].as_str().unwrap()).unwrap();
    ahead["lastDecision"] = last.after("1h".parse().unwrap()).to_string().into();
    scene.write(".state/memory.json", ahead.to_string().as_bytes());
    let program = &watched(&scene, "--enforce", 2)["programs"][0];
    assert_eq!((&program["verdict"], &program["error"]["code"]), (&"unknown".into(), &"clock-behind".into()));
    let refused = scene.run("deploy workload.yaml --enforce");
    assert_eq!((refused.status, refused.stdout.as_str()), (127, ""), "{}", refused.stderr);
    assert_eq!(listed(&scene, "--verdict unknown")[0]["codes"], serde_json::json!(["clock-behind"]));
    assert_eq!(child.try_wait().unwrap(), None);
    scene.write(".state/memory.json", &kept);
    let program = &watched(&scene, "--enforce", 1)["programs"][0];
    assert_eq!(
        (&program["written"], &program["stopped"]),
        (&false.into(), &"asked".into()),
        "it stands there"
    );
    child.wait().unwrap();
}

#[test]
fn a_forged_record_stops_no_process() {
    let scene = scene("sleep");
    let child = started(&scene);
    want_the_moon(&scene);
    let folder = RunningFolder::beside(&scene.path(".state")).unwrap();
    let found = folder.read().unwrap().running;
    let [(process, _)] = found.as_slice() else { panic!("{found:?}") };
    let mut other = Command::new("sleep").arg("1000").spawn().unwrap();
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", other.id())).unwrap();
    let start = stat.rsplit_once(") ").unwrap().1.split(' ').nth(19).unwrap().to_owned();
    let record = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
    let name = record.file_name().unwrap().to_str().unwrap().to_owned();
    let parts: Vec<&str> = name.split('-').collect();
    let forged = folder.path().join(format!("{}-{}-{}-{start}.json", parts[0], parts[1], other.id()));
    std::fs::rename(&record, &forged).unwrap();
    let said = watched(&scene, "--enforce", 1);
    assert_eq!(said["programs"][0]["pid"], other.id());
    assert_eq!(said["programs"][0]["unstopped"]["code"], "running-unproven", "{said:#}");
    assert_eq!(other.try_wait().unwrap(), None);
    // Of a process whose number somebody else has now nothing is known.
    std::fs::rename(&forged, folder.path().join(format!("{}-{}-{}-7.json", parts[0], parts[1], other.id())))
        .unwrap();
    assert_eq!(watched(&scene, "--enforce", 0)["programs"], Value::Array(Vec::new()));
    assert_eq!(other.try_wait().unwrap(), None);
    assert_eq!(process.life().unwrap(), cdi_store::Life::Runs);
    end(other);
    end(child);
}

#[test]
fn several_watchers_write_a_change_once_and_notice_it_soon() {
    let scene = scene("sleep");
    let mut child = started(&scene);
    let watch = || {
        let (watcher, mut lines) = watching(&scene, "--every 1h");
        assert!(lines.next().unwrap().starts_with("allow process "));
        (watcher, lines)
    };
    let (mut one, mut two) = (watch(), watch());
    want_the_moon(&scene);
    let begun = Instant::now();
    for (_, lines) in [&mut one, &mut two] {
        assert!(lines.any(|line| line.starts_with("deny process ")));
    }
    assert!(begun.elapsed() < Duration::from_secs(60), "it waits for an hour if nothing is noticed");
    assert_eq!(listed(&scene, "--verdict deny").len(), 1);
    // Whoever is killed leaves nothing in the way of the others.
    end(one.0);
    end(two.0);
    assert_eq!(watched(&scene, "--enforce", 1)["programs"][0]["written"], false);
    child.wait().unwrap();
    let whole = std::fs::read(journal(&scene)).unwrap();
    assert_eq!(whole.iter().filter(|byte| **byte == b'\n').count(), 3, "with that it was stopped");
}

#[test]
fn who_was_stopped_and_why_is_written_down() {
    let scene = scene("sleep");
    let mut child = started(&scene);
    let program = watched(&scene, "", 0)["programs"][0].clone();
    assert_eq!(program["workload"], "guest");
    want_the_moon(&scene);
    watched(&scene, "--enforce", 1);
    child.wait().unwrap();
    let stops = listed(&scene, "--occasion stop");
    let [stop] = stops.as_slice() else { panic!("{stops:?}") };
    assert_eq!((&stop["verdict"], &stop["stopped"]), (&"deny".into(), &"asked".into()));
    assert_eq!(stop["codes"], json!(["residual-unmet"]));
    assert_eq!(listed(&scene, "--occasion watch").len(), 1);
    let entry: Value = serde_json::from_str(&scene.done("journal show 2 --output json")).unwrap();
    Schema::published("journal-entry.v1.json").hold(&entry);
    let decision = &entry["statement"]["predicate"]["cdi_decision"];
    assert!(decision["process"].as_str().unwrap().contains(&format!("-{}-", child.id())), "{decision:#}");
    assert!(scene.done("journal show 2").contains("  stopped   it ended when it was asked to\n"));
    assert!(scene.done("journal verify").starts_with("the journal holds: 3 entries"));
    // Also where nothing could be decided about it.
    scene.write("p.yaml", b"apiVersion: code-deployment-integrity.io/v1\nkind: Policy\nmetadata: {name: p}\nspec: {principal: p, rule: accept-all}\n");
    let mut child = started(&scene);
    lose_the_policy(&scene);
    watched(&scene, "--enforce=undecided", 2);
    child.wait().unwrap();
    let stops = listed(&scene, "--occasion stop --verdict unknown");
    assert_eq!((stops.len(), &stops[0]["codes"]), (1, &json!(["file-missing"])));
}

/// A program that takes its time is ended while another runs already.
#[test]
fn a_deployment_does_not_wait_for_what_it_stops() {
    let scene = scene("deaf");
    another_host(&scene);
    let mut deaf = started(&scene);
    want_the_moon(&scene);
    let workload = String::from_utf8(scene.read("workload.yaml")).unwrap();
    scene.write("mark.yaml", workload.replace("\"deaf\"", "\"mark\"").as_bytes());
    let mut command = scene.command("deploy mark.yaml --config other.yaml --enforce --grace 6s");
    let mut deploying = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(deploying.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!((line.as_str(), deaf.try_wait().unwrap()), ("mark-one\n", None), "it has run already");
    let told = deploying.wait_with_output().unwrap();
    let said = String::from_utf8(told.stderr).unwrap();
    assert!(told.status.success() && said.contains("stopped `killed`"), "{said}");
    deaf.wait().unwrap();
    assert_eq!(listed(&scene, "--occasion stop")[0]["stopped"], "killed");
}

#[test]
fn each_line_of_who_watches_on_has_the_time_and_the_workload() {
    let scene = scene("sleep");
    let child = started(&scene);
    let mut command = scene.command("watch --every 1h");
    let mut watcher = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(watcher.stdout.take().unwrap()).lines().map(Result::unwrap);
    for (begins, has) in [("allow process ", ": guest, "), ("running: 1 program", "")] {
        let line = lines.next().unwrap();
        let (time, rest) = line.split_once(' ').unwrap();
        assert!(cdi_types::Timestamp::parse(time).is_ok(), "{line}");
        assert!(rest.starts_with(begins) && rest.contains(has), "{line}");
    }
    end(watcher);
    end(child);
}

#[test]
fn what_cannot_be_written_down_is_stopped_all_the_same() {
    let scene = scene("sleep");
    let mut child = started(&scene);
    want_the_moon(&scene);
    let whole = String::from_utf8(std::fs::read(journal(&scene)).unwrap()).unwrap();
    std::fs::write(journal(&scene), whole.replacen("\"sig\":\"", "\"sig\":\"AA", 1)).unwrap();
    let program = &watched(&scene, "--enforce", 1)["programs"][0];
    assert_eq!(
        (&program["unwritten"]["code"], &program["stopped"]),
        (&"journal-signature".into(), &"asked".into())
    );
    child.wait().unwrap();
    assert!(Process::this().is_ok());
}
