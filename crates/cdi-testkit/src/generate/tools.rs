//! Mutations of certifications and of how tools ran (CER, CAP).

use super::base::window;
use super::{Mutation, fresh_id, pick, table};
use crate::model::world::{
    Arg, CODE, Capture, Certification, Claim, Claimed, Condition, Custody, Direction, Effect, EnvRule,
    EnvValue, Exit, Invocation, Libraries, Line, Linkage, Opt, Repeats, Report, ReportKind, STEP, Spelling,
    Under, World,
};
use fastrand::Rng;
use std::collections::BTreeSet;

/// Mutations of tools.
pub(super) const MUTATIONS: &[Mutation] = table![
    expire_certification,
    postdate_certification,
    remove_certification,
    renew_a_certification,
    renew_every_certification,
    renew_with_another_claim,
    name_fewer_certifications,
    name_no_report,
    name_another_report,
    name_every_report,
    move_certification_to_stranger,
    certify_another_report_key,
    certify_another_entry,
    shrink_closure,
    certify_as_dynamic,
    certify_another_recorder,
    lower_custody,
    name_another_catalogue,
    remove_claim,
    remove_all_claims_of_one_kind,
    change_effect,
    claim_another_role,
    claim_higher_capture,
    claim_on_condition,
    claim_by_star_only,
    make_unpreservable,
    add_a_word,
    let_invocation_generate,
    describe_another_argument,
    describe_fewer_arguments,
    spell_an_option_otherwise,
    read_an_option_as_a_path,
    describe_a_response_file,
    describe_the_rest,
    accept_options_after_positional,
    describe_variables_by_prefix,
    write_an_option_otherwise,
    name_a_response_file,
    forbid_environment,
    require_setting,
    narrow_exit_status,
    run_another_executable,
    run_a_helper_first,
    run_a_foreign_helper,
    load_a_foreign_library,
    leave_libraries_unmeasured,
    use_another_recorder,
    lower_capture,
    change_argument,
    add_argument,
    drop_argument,
    repeat_path_in_another_role,
    name_no_recorded_path,
    set_undescribed_variable,
    set_unlisted_value,
    commit_to_a_described_value,
    drop_variables,
    drop_setting,
    add_setting,
    change_setting,
    exit_otherwise,
    end_by_signal,
    sign_with_another_key,
    drop_a_countersigner,
    let_anybody_countersign,
];

fn certification<'w>(world: &'w mut World, rng: &mut Rng) -> Option<&'w mut Certification> {
    rng.choice(world.evidence.certifications.iter_mut())
}

fn report<'w>(world: &'w mut World, rng: &mut Rng) -> Option<&'w mut Report> {
    rng.choice(world.evidence.reports.iter_mut())
}

fn claim<'w>(world: &'w mut World, rng: &mut Rng) -> Option<&'w mut Claim> {
    let certification = certification(world, rng)?;
    rng.choice(certification.claims.iter_mut())
}

fn invocation<'w>(world: &'w mut World, rng: &mut Rng) -> Option<&'w mut Invocation> {
    let certification = certification(world, rng)?;
    rng.choice(certification.invocations.values_mut())
}

fn line<'w>(world: &'w mut World, rng: &mut Rng) -> Option<&'w mut Line> {
    let certifications = world.evidence.certifications.iter_mut();
    let lines = certifications.flat_map(|c| c.invocations.values_mut()).filter_map(|i| i.line.as_mut());
    rng.choice(lines.collect::<Vec<_>>())
}

fn option<'w>(world: &'w mut World, rng: &mut Rng) -> Option<&'w mut Opt> {
    line(world, rng)?.options.values_mut().next()
}

/// A mutation that changes one thing, if there is one.
macro_rules! change {
    ($($(#[$doc:meta])* $name:ident: |$found:ident: $which:ident, $rng:ident| $change:expr;)*) => { $(
        $(#[$doc])*
        fn $name(world: &mut World, $rng: &mut Rng) {
            if let Some($found) = $which(world, $rng) {
                $change;
            }
        }
    )* };
}

fn foreign() -> String {
    "foreign".to_owned()
}

change! {
    move_certification_to_stranger: |c: certification, rng| c.issuer = fresh_id(rng, "stranger");
    certify_another_report_key: |c: certification, rng| c.report_key = fresh_id(rng, "key");
    certify_another_entry: |c: certification, _rng| c.entry = foreign();
    shrink_closure: |c: certification, _rng| c.closure.pop_last();
    certify_as_dynamic: |c: certification, _rng| c.linkage = Linkage::Dynamic;
    certify_another_recorder: |c: certification, _rng| c.recorder = foreign();
    lower_custody: |c: certification, _rng| c.custody = Custody::Software;
    name_another_catalogue: |c: certification, rng| c.catalogue = pick(rng, &CATALOGUES);
    remove_claim: |c: certification, _rng| c.claims.pop();
    change_effect: |claim: claim, rng| if claim.property != Claimed::Star {
        let step = claim.property == Claimed::Exact(STEP.to_owned());
        let effects = [Effect::Establishes, Effect::Preserves, Effect::Attests];
        claim.effect = if step { Effect::Establishes } else { pick(rng, &effects) };
    };
    claim_another_role: |claim: claim, _rng| claim.output_role = "log".to_owned();
    claim_higher_capture: |claim: claim, rng| {
        claim.lowest_capture = Some(pick(rng, &[Capture::Declared, Capture::Traced, Capture::Confined]));
    };
    claim_on_condition: |claim: claim, rng| {
        claim.condition = Some(pick(rng, &[Condition::True, Condition::ExitIs(0), Condition::ExitIs(3), Condition::Error]));
    };
    let_invocation_generate: |i: invocation, _rng| i.generates = true;
    describe_another_argument: |i: invocation, rng| {
        if let Some(argument) = rng.choice(i.arguments.iter_mut()) {
            *argument = pick(rng, &[
                Arg::Literal("--checks=1".to_owned()),
                Arg::OneOf(vec!["in.c".to_owned(), "out.o".to_owned(), "--checks=0".to_owned()]),
                Arg::Path { direction: Direction::Input, role: "data".to_owned() },
                Arg::Path { direction: Direction::Output, role: "log".to_owned() },
            ]);
        }
    };
    describe_fewer_arguments: |i: invocation, _rng| i.arguments.pop();
    spell_an_option_otherwise: |o: option, rng| o.spelling = match pick(rng, &[0, 1, 2, 3]) {
        0 => vec![Spelling::Separate],
        1 => vec![Spelling::Joined, Spelling::Bare],
        2 => vec![Spelling::Adjoined],
        _ => vec![Spelling::Joined],
    };
    read_an_option_as_a_path: |o: option, _rng| {
        o.value = Some(Arg::Path { direction: Direction::Input, role: "data".to_owned() });
        o.spelling = vec![Spelling::Separate];
    };
    describe_a_response_file: |l: line, rng| {
        let digests = pick(rng, &[vec!["library".to_owned()], vec!["artifact0".to_owned(), "library".to_owned()]]);
        let value = Some(Arg::Known { role: "data".to_owned(), digests });
        let option = Opt { value, spelling: vec![Spelling::Adjoined], required: rng.bool(), repeats: Repeats::Any };
        l.options.insert("@".to_owned(), option);
    };
    describe_the_rest: |l: line, _rng| {
        l.positional.pop();
        l.rest = Some(Arg::Path { direction: Direction::Input, role: CODE.to_owned() });
    };
    accept_options_after_positional: |l: line, _rng| l.options_after_positional = true;
    describe_variables_by_prefix: |i: invocation, rng| {
        i.environment.remove("PATH");
        let rule = pick(rng, &[EnvRule::Any, EnvRule::OneOf(vec!["/bin".to_owned()])]);
        i.environment.insert(pick(rng, &["PA*", "P*", "PATH*", "X*"]).to_owned(), rule);
    };
    forbid_environment: |i: invocation, rng| {
        let name = pick(rng, &["PATH", "TMPDIR"]);
        i.environment.remove(name);
    };
    require_setting: |i: invocation, _rng| {
        i.settings.insert("opt-level".to_owned(), vec!["2".to_owned()]);
    };
    narrow_exit_status: |i: invocation, _rng| i.exit_status = [0].into();
    run_another_executable: |r: report, _rng| r.executables = vec![foreign()];
    /// The helper is in the closure, but it is not the entry.
    run_a_helper_first: |r: report, _rng| r.executables.reverse();
    run_a_foreign_helper: |r: report, _rng| r.executables.push(foreign());
    load_a_foreign_library: |r: report, _rng| r.libraries = Libraries::Measured(vec![foreign()]);
    leave_libraries_unmeasured: |r: report, _rng| r.libraries = Libraries::Unmeasured;
    use_another_recorder: |r: report, _rng| r.recorder = foreign();
    lower_capture: |r: report, rng| r.capture = pick(rng, &[Capture::Declared, Capture::SelfRecorded]);
    change_argument: |r: report, rng| if let Some(text) = rng.choice(r.arguments.iter_mut()) {
        *text = pick(rng, &["--checks=0", "--checks=1", "--checks=2", "--checks=01", "in.c"]).to_owned();
    };
    add_argument: |r: report, rng| {
        let place = rng.usize(0..=r.arguments.len());
        r.arguments.insert(place, pick(rng, &["--checks=0", "--checks=1", "in.c"]).to_owned());
    };
    write_an_option_otherwise: |r: report, rng| {
        let spelt: &[&str] = pick(rng, &[&["--checks"][..], &["--checks", "1"], &["--checks1"], &["--checks="], &["-c"]]);
        if let Some(place) = r.arguments.iter().position(|text| text.starts_with("--checks")) {
            r.arguments.splice(place..=place, spelt.iter().map(|&text| text.to_owned()));
        }
    };
    name_a_response_file: |r: report, rng| {
        let place = rng.usize(0..=r.arguments.len());
        r.arguments.insert(place, pick(rng, &["@lib.a", "@in.c", "@other"]).to_owned());
    };
    name_fewer_certifications: |r: report, _rng| r.certifications.pop_first();
    name_no_report: |r: report, _rng| r.links.clear();
    name_another_report: |r: report, rng| {
        let other = pick(rng, &["r-app", "r-artifact1", "r-artifact0", "r-none"]).to_owned();
        r.links.values_mut().for_each(|ids| *ids = [other.clone()].into());
    };
    drop_argument: |r: report, _rng| r.arguments.pop();
    name_no_recorded_path: |r: report, _rng| r.arguments.iter_mut().rev().take(1).for_each(|a| *a = foreign());
    set_undescribed_variable: |r: report, _rng| {
        r.environment.insert("LLC_FLAGS".to_owned(), EnvValue::Value("-O0".to_owned()));
    };
    set_unlisted_value: |r: report, _rng| {
        r.environment.insert("PATH".to_owned(), EnvValue::Value("/tmp".to_owned()));
    };
    commit_to_a_described_value: |r: report, _rng| {
        r.environment.insert("PATH".to_owned(), EnvValue::Commitment("/bin".to_owned()));
    };
    drop_variables: |r: report, _rng| r.environment.clear();
    drop_setting: |r: report, _rng| r.settings.clear();
    add_setting: |r: report, _rng| { r.settings.insert("lto".to_owned(), "on".to_owned()); };
    change_setting: |r: report, _rng| { r.settings.insert("target".to_owned(), "sgx".to_owned()); };
    exit_otherwise: |r: report, rng| r.exit = Exit::Code(pick(rng, &[1, 3]));
    end_by_signal: |r: report, rng| r.exit = Exit::Signal(pick(rng, &[0, 9]));
    drop_a_countersigner: |r: report, _rng| r.countersigners.pop_first();
    let_anybody_countersign: |r: report, rng| {
        r.countersigners.insert(pick(rng, &["stranger", "root0", "va00", "compiler-key"]).to_owned());
    };
    sign_with_another_key: |r: report, rng| r.key = pick(rng, &["compiler-key", "linker-key", "stolen"]).to_owned();
}

fn expire_certification(world: &mut World, rng: &mut Rng) {
    let time = world.time;
    if let Some(c) = certification(world, rng) {
        (c.not_before, c.not_after) = (time - 1000, time);
    }
}

fn postdate_certification(world: &mut World, rng: &mut Rng) {
    let start = world.time + world.skew + rng.u64(0..2);
    if let Some(c) = certification(world, rng) {
        (c.not_before, c.not_after) = (start, start + 1000);
    }
}

fn remove_certification(world: &mut World, rng: &mut Rng) {
    if let Some(index) = rng.choice(0..world.evidence.certifications.len()) {
        world.evidence.certifications.remove(index);
    }
}

fn name_every_report(world: &mut World, _: &mut Rng) {
    let all: BTreeSet<String> = world.evidence.reports.iter().map(|report| report.id.clone()).collect();
    for report in &mut world.evidence.reports {
        report.links = report.inputs.iter().map(|(path, _)| (path.clone(), all.clone())).collect();
    }
}

/// An expired certification, and a later one that says it renews it.
fn renew<'w>(world: &'w mut World, index: usize, rng: &mut Rng) -> Option<&'w mut Certification> {
    let time = world.time;
    let older = world.evidence.certifications.get_mut(index)?;
    let mut newer = older.clone();
    (older.not_before, older.not_after) = (time - 1000, time);
    newer.renews = Some(if rng.u8(0..4) == 0 { fresh_id(rng, "none") } else { older.id.clone() });
    newer.id = fresh_id(rng, "renewal");
    world.evidence.certifications.push(newer);
    world.evidence.certifications.last_mut()
}

fn renew_a_certification(world: &mut World, rng: &mut Rng) {
    if let Some(index) = rng.choice(0..world.evidence.certifications.len()) {
        renew(world, index, rng);
    }
}

fn renew_every_certification(world: &mut World, rng: &mut Rng) {
    for index in 0..world.evidence.certifications.len() {
        renew(world, index, rng);
    }
}

/// A renewal that says a little more, or a little less.
fn renew_with_another_claim(world: &mut World, rng: &mut Rng) {
    let Some(index) = rng.choice(0..world.evidence.certifications.len()) else { return };
    let Some(newer) = renew(world, index, rng) else { return };
    match rng.u8(0..5) {
        0 => drop(newer.claims.pop()),
        1 => newer.invocations.values_mut().for_each(|i| i.generates = true),
        2 => drop(newer.closure.insert("foreign".to_owned())),
        3 => drop(newer.closure.pop_first()),
        _ => newer.claims.extend(newer.claims.first().cloned().map(|mut claim| {
            claim.output_role = "log".to_owned();
            claim
        })),
    }
}

/// Takes one kind of claim out of every certification.
fn remove_all_claims_of_one_kind(world: &mut World, rng: &mut Rng) {
    let Some(gone) = claim(world, rng).cloned() else { return };
    for certification in &mut world.evidence.certifications {
        certification.claims.retain(|c| c.property != gone.property || c.effect != gone.effect);
    }
}

/// All that is preserved is preserved by `*`, also where the catalogue is another one.
fn claim_by_star_only(world: &mut World, rng: &mut Rng) {
    if let Some(c) = certification(world, rng) {
        for claim in c.claims.iter_mut().filter(|claim| claim.effect == Effect::Preserves) {
            claim.property = Claimed::Star;
        }
        c.catalogue = pick(rng, &CATALOGUES);
    }
}

/// Where a certification can take its words from.
const CATALOGUES: [Under; 5] = [Under::Policies, Under::Base, Under::Further, Under::Unknown, Under::Unknown];

/// A word of the policies is one that an extension adds.
fn add_a_word(world: &mut World, rng: &mut Rng) {
    world.catalogue.added.insert(super::base::ADDED.to_owned());
    if let Some(c) = certification(world, rng) {
        c.catalogue = pick(rng, &CATALOGUES);
    }
}

fn make_unpreservable(world: &mut World, rng: &mut Rng) {
    let property = pick(rng, &super::CODE_PROPERTIES);
    world.catalogue.preservable.remove(property);
}

/// An invocation that maps one path twice, and a run that follows it.
fn repeat_path_in_another_role(world: &mut World, rng: &mut Rng) {
    let role = pick(rng, &["code", "data"]).to_owned();
    let Some(ran) = report(world, rng) else { return };
    ran.arguments.push("in.c".to_owned());
    if ran.kind == ReportKind::Transform && rng.bool() {
        ran.environment.clear();
    }
    let key = ran.key.clone();
    for certification in world.evidence.certifications.iter_mut().filter(|c| c.report_key == key) {
        for invocation in certification.invocations.values_mut() {
            let again = Arg::Path { direction: Direction::Input, role: role.clone() };
            match &mut invocation.line {
                Some(line) => line.positional.push(again),
                None => invocation.arguments.push(again),
            }
            invocation.environment.insert("HOME".to_owned(), EnvRule::Any);
        }
        (certification.not_before, certification.not_after) = window(rng);
    }
}
