//! `cdi authority`.

use crate::support::{Scene, T0, T1, certify, field, request};

#[test]
fn an_authority_certifies_lists_and_revokes() {
    let scene = Scene::new().with_request();
    let id = field(&scene.done(&certify("root", "request.jsonl", "c.jsonl")), "id");
    assert_eq!(scene.lines("c.jsonl"), 1);
    let listed = scene.done(&format!("authority list root --at {T1}"));
    assert!(listed.contains("certification valid: cc 1.0 by acme"), "{listed}");
    assert!(listed.contains("revocation list 0 with 0 entries"), "{listed}");

    let revoke = format!(
        "authority revoke root --certification {id} --reason vetting-withdrawn --at {T1} --out r.jsonl"
    );
    assert!(scene.done(&revoke).contains(&format!("revoked the certification {id}")));
    scene.fails(&revoke, "revoked-already");
    assert_eq!((scene.lines("r.jsonl"), scene.lines("root/revocations.intoto.jsonl")), (1, 2));
    let published = scene.done(&format!("authority publish root --at {T1} --out r.jsonl"));
    assert_eq!(field(&published, "serial"), "2");
    let listed = scene.done(&format!("authority list root --at {T1}"));
    assert!(listed.contains("certification revoked: cc 1.0 by acme"), "{listed}");
    assert!(listed.contains("revocation list 2 with 1 entry, from"), "{listed}");
    assert!(
        listed.contains(&format!("vetting-withdrawn at {T1}: certification {id} (cc 1.0 by acme)")),
        "{listed}"
    );

    scene.done(&format!("authority show root {id} --out again.jsonl"));
    assert_eq!(scene.read("again.jsonl"), scene.read("c.jsonl"));
    scene.fails(&format!("authority show root {}", "0".repeat(64)), "statement-unknown");
}

#[test]
fn claims_that_never_count_are_warned_about() {
    let scene = Scene::new().with_request();
    let warned = |claims: &str, request: &str, out: &str| {
        scene.write("claims.json", claims.as_bytes());
        let ended = scene.run(&certify("root", request, out));
        assert_eq!(ended.status, 0, "{}", ended.stderr);
        ended.stderr
    };
    let claims = |effect: &str, output: &str| {
        crate::support::CLAIMS.replace("attests", effect).replace("WASM_VALIDATED", "STACK_CANARIES").replace(
            "{\"input\": \"code\"}",
            &format!("{{\"input\": \"code\"}}, {{\"output\": \"{output}\"}}"),
        )
    };
    assert_eq!(warned(&claims("preserves", "code"), "request.jsonl", "1.jsonl"), "");
    assert!(warned(&claims("establishes", "cdoe"), "request.jsonl", "2.jsonl").contains("the role `code`"));
    scene.write("recorder", b"another program");
    scene.done("key generate --out other.pem");
    scene.done(&format!("{} --recorder recorder", request("other.pem", "ld", "recorded.jsonl")));
    assert_eq!(warned(&claims("establishes", "code"), "recorded.jsonl", "3.jsonl"), "");
    let said = warned(&claims("preserves", "code"), "recorded.jsonl", "4.jsonl");
    assert!(said.contains("[claim-never-counts]") && said.contains("`cdi wrap`"), "{said}");
}

#[test]
fn an_invocation_of_another_program_is_warned_about() {
    let scene = Scene::new().with_request();
    let warned = |program: &str, out: &str| {
        let claims = crate::support::CLAIMS.replace("[\"tool\"]", &format!("[\"{program}\"]"));
        scene.write("claims.json", claims.as_bytes());
        scene.run(&certify("root", "request.jsonl", out)).stderr
    };
    assert_eq!(warned("tool", "1.jsonl"), "", "the executable's name");
    assert_eq!(warned("cc", "2.jsonl"), "", "the tool's name");
    let said = warned("ccc", "3.jsonl");
    assert!(said.contains("[invocation-of-another-program]") && said.contains("`cc` or `tool`"), "{said}");
}

#[test]
fn nothing_is_signed_for_a_day_that_is_far_ahead() {
    let scene = Scene::new().with_request();
    let ahead = "authority publish root --out r.jsonl --at 2999-01-01T00:00:00Z";
    scene.fails(ahead, "time-ahead");
    scene.fails("authority create later --name Later --at 2999-01-01T00:00:00Z", "time-ahead");
    assert!(!scene.path("later").exists() && !scene.path("r.jsonl").exists());
    assert_eq!(scene.lines("root/revocations.intoto.jsonl"), 1);
    // To ask about a time signs nothing.
    scene.done("authority list root --at 2999-01-01T00:00:00Z");
}

#[test]
fn ids_are_known_by_how_they_begin() {
    let scene = Scene::new().with_request();
    let id = field(&scene.done(&certify("root", "request.jsonl", "c.jsonl")), "id");
    let key = field(&scene.done("key show tool.pem"), "key id");
    let (short, short_key) = (&id[..12], &key[..8]);
    assert!(scene.done(&format!("authority show root {short}")).contains(&id));
    assert!(scene.done(&format!("inspect c.jsonl --id {short}")).contains("\"predicateType\""));
    scene.fails("inspect c.jsonl --id 00000000", "statement-not-there");
    scene.fails("authority show root 00000000", "statement-unknown");
    let revoke =
        |what: &str| format!("authority revoke root {what} --reason superseded --at {T1} --out r.jsonl");
    for what in ["--certification 00000000", "--endorsement 00000000", "--key 00000000"] {
        scene.fails(&revoke(what), "revokes-unknown");
    }
    // A certification is no endorsement.
    scene.fails(&revoke(&format!("--endorsement {short}")), "revokes-unknown");
    assert!(
        scene.done(&revoke(&format!("--certification {short}"))).contains(&format!("certification {id}"))
    );
    assert!(scene.done(&revoke(&format!("--key {short_key} --successor {short_key}"))).contains(&key));
    assert_eq!(scene.run(&revoke(&format!("--report {short}"))).status, 2);
}

#[test]
fn a_child_works_within_its_scope_and_brings_its_chain() {
    let scene = Scene::new().with_request();
    scene.done(&format!("authority create child --name Child --algorithm ed25519 --at {T0}"));
    scene.done("request endorsement child --scope * --out ask.jsonl");
    scene.done(&format!(
        "authority endorse root --request ask.jsonl --scope WASM_* --depth 0 --for 365d --at {T0} --out e.jsonl"
    ));
    for (folder, file, root, code, says) in [
        ("child", "e.jsonl", "tool.pub.pem", "endorsement-unrooted", "`public.pem` in its folder"),
        ("child", "e.jsonl", "tool.pem", "key-pem-label", "`public.pem` in its folder"),
        (
            "root",
            "e.jsonl",
            "root/public.pem",
            "endorsement-of-another",
            "name the folder of the one that asked",
        ),
        ("child", "ask.jsonl", "root/public.pem", "record-stray-statement", "`ask.jsonl`: line 1"),
    ] {
        let line = format!("authority import {folder} {file} --root {root} --at {T0}");
        let said = scene.fails(&line, code);
        assert!(said.contains(says) && said.contains("hint:"), "{said}");
    }
    scene.done(&format!("authority import child e.jsonl --root root/public.pem --at {T0}"));
    scene.done(&certify("child", "request.jsonl", "c.jsonl"));
    assert_eq!(scene.lines("c.jsonl"), 2);
    assert!(scene.done("authority show child").contains("WASM_*, depth 0, of Child"));

    let claims = String::from_utf8(scene.read("claims.json")).unwrap();
    let outside = claims.replace("WASM_VALIDATED", "STEP").replace("attests", "establishes");
    scene.write("claims.json", outside.as_bytes());
    scene.fails(&certify("child", "request.jsonl", "d.jsonl"), "scope-exceeded");
    assert!(!scene.path("d.jsonl").exists());
    scene.fails(
        &format!("authority endorse root --request ask.jsonl --scope * --depth 6 --for 1d --at {T0} --out f"),
        "limit-authority-chain",
    );
}

#[test]
fn a_new_authority_says_what_was_made_and_what_comes_next() {
    let scene = Scene::new();
    let said = scene.done(&format!("authority create root --name Root --at {T0}"));
    for word in ["root/key.pem", "root/public.pem", "root/revocations.intoto.jsonl", "2026-11-28T12:00:00Z"] {
        assert!(said.contains(word), "{said}");
    }
    for next in ["cdi key show root/public.pem", "cdi request endorsement root", "cdi authority publish root"]
    {
        assert!(said.contains(&format!("`{next}`")), "{said}");
    }
    assert!(scene.done("authority list root --help").contains("as of this time instead of now"));
}

#[test]
fn a_report_key_serves_one_tool() {
    let scene = Scene::new().with_request();
    scene.done(&certify("root", "request.jsonl", "c.jsonl"));
    scene.done(&request("tool.pem", "ld", "other.jsonl"));
    let said = scene.fails(&certify("root", "other.jsonl", "d.jsonl"), "report-key-of-another-tool");
    assert!(said.contains("`cc by acme`") && said.contains("hint:"), "{said}");
    scene.done(&request("root/key.pem", "cc", "own.jsonl"));
    scene.fails(&certify("root", "own.jsonl", "d.jsonl"), "report-key-of-an-authority");
}

#[test]
fn nothing_is_overwritten() {
    let scene = Scene::new().with_request();
    let before = scene.read("root/authority.json");
    scene.fails("authority create root --name Other", "file-exists");
    assert_eq!(scene.read("root/authority.json"), before);
    scene.write("c.jsonl", b"mine");
    scene.fails(&certify("root", "request.jsonl", "c.jsonl"), "file-exists");
    scene.fails(&format!("authority publish root --at {T1} --out c.jsonl"), "file-exists");
    assert_eq!(scene.lines("root/signed.intoto.jsonl"), 0);
    for record in ["revocations.intoto.jsonl", "endorsement.intoto.jsonl"] {
        scene.fails(&format!("authority publish root --at {T1} --out root/{record}"), "output-is-record");
    }
    assert_eq!(scene.lines("root/revocations.intoto.jsonl"), 1);
}

#[test]
fn an_output_that_leads_onto_a_record_is_refused() {
    let scene = Scene::new().with_request();
    let (lists, journal) = ("revocations.intoto.jsonl", "signed.intoto.jsonl");
    let record = |name: &str| scene.path("root").join(name);
    std::os::unix::fs::symlink(record(lists), scene.path("soft.jsonl")).unwrap();
    std::os::unix::fs::symlink("soft.jsonl", scene.path("softer.jsonl")).unwrap();
    std::fs::hard_link(record(lists), scene.path("hard.jsonl")).unwrap();
    std::fs::hard_link(record(journal), scene.path("journal.jsonl")).unwrap();
    std::os::unix::fs::symlink("root", scene.path("folder")).unwrap();
    for out in
        ["soft.jsonl", "softer.jsonl", "hard.jsonl", "journal.jsonl", "folder/revocations.intoto.jsonl"]
    {
        scene.fails(&format!("authority publish root --at {T1} --out {out}"), "output-is-record");
    }
    scene.fails(&format!("authority publish folder --at {T1} --out root/{lists}"), "output-is-record");
    assert_eq!(scene.lines(&format!("root/{lists}")), 1);
    // A link to a list that was published is followed.
    scene.done(&format!("authority publish root --at {T1} --out r.jsonl"));
    std::os::unix::fs::symlink("r.jsonl", scene.path("newest.jsonl")).unwrap();
    let published = scene.done(&format!("authority publish root --at {T1} --out newest.jsonl"));
    assert_eq!(field(&published, "serial"), "2");
}

#[test]
fn a_folder_that_is_missing_is_told_before_anything_is_signed() {
    let scene = Scene::new().with_request();
    let said = scene.fails("authority create no/such/folder --name Other", "folder-missing");
    assert!(said.contains("no folder `no/such`"), "{said}");
    scene.fails("key generate --out none/a.pem", "folder-missing");
    scene.fails(&certify("root", "request.jsonl", "none/c.jsonl"), "folder-missing");
    scene.fails(&format!("authority publish root --at {T1} --out none/c.jsonl"), "folder-missing");
    scene.fails("bundle add none/b.jsonl request.jsonl", "folder-missing");
    assert_eq!(scene.lines("root/signed.intoto.jsonl"), 0);
    assert_eq!(scene.lines("root/revocations.intoto.jsonl"), 1);
}

#[test]
fn the_key_is_for_its_owner_only_and_needs_its_passphrase() {
    let scene = Scene::new().with_request();
    assert_eq!(scene.mode("root/key.pem") & 0o177, 0);
    scene.write("right", b"correct horse");
    scene.write("wrong", b"battery staple");
    scene.done(&format!("authority create safe --name Safe --encrypt --passphrase-file right --at {T0}"));
    assert_eq!(scene.mode("safe/key.pem") & 0o177, 0);
    let line = certify("safe", "request.jsonl", "c.jsonl");
    let said = scene.fails(&format!("{line} --passphrase-file wrong"), "key-passphrase-wrong");
    assert!(said.contains("hint: it was the first line of `wrong`"), "{said}");
    assert!(!scene.path("c.jsonl").exists());
    scene.done(&format!("{line} --passphrase-file right"));
}

#[test]
fn records_that_somebody_changed_are_noticed_before_anything_is_signed() {
    let scene = Scene::new().with_request();
    scene.done(&certify("root", "request.jsonl", "c.jsonl"));
    scene.done(&certify("root", "request.jsonl", "d.jsonl"));
    let journal = scene.read("root/signed.intoto.jsonl");
    let second = journal.split_inclusive(|&byte| byte == b'\n').nth(1).unwrap();
    scene.write("root/signed.intoto.jsonl", second);
    scene.fails(&certify("root", "request.jsonl", "e.jsonl"), "record-serial");
    scene.write("root/signed.intoto.jsonl", &journal[..journal.len() - 9]);
    scene.fails(&certify("root", "request.jsonl", "e.jsonl"), "record-line-unusable");
    std::fs::remove_file(scene.path("root/signed.intoto.jsonl")).unwrap();
    for line in [
        certify("root", "request.jsonl", "e.jsonl"),
        format!("authority publish root --at {T1} --out r.jsonl"),
        "authority list root".to_owned(),
    ] {
        let said = scene.fails(&line, "record-without-journal");
        assert!(said.contains("hint: nothing was signed; restore the folder"), "{said}");
    }
    assert!(!scene.path("root/signed.intoto.jsonl").exists());
    scene.write("root/signed.intoto.jsonl", &journal);
    // Without its endorsements an authority would pass for a root, which nothing bounds.
    std::fs::remove_file(scene.path("root/endorsement.intoto.jsonl")).unwrap();
    scene.fails(&certify("root", "request.jsonl", "e.jsonl"), "record-without-endorsements");
    scene.write("root/endorsement.intoto.jsonl", b"");
    std::fs::remove_file(scene.path("root/revocations.intoto.jsonl")).unwrap();
    scene.fails(&certify("root", "request.jsonl", "e.jsonl"), "record-without-list");
    scene.fails(&certify("tool", "request.jsonl", "e.jsonl"), "authority-missing");
    scene.write("root/authority.json", b"{}");
    scene.fails(&certify("root", "request.jsonl", "e.jsonl"), "authority-folder-damaged");
}

#[test]
fn records_that_are_older_than_what_was_published_sign_no_list() {
    let scene = Scene::new().with_request();
    let publish = format!("authority publish root --at {T1} --out lists.jsonl");
    let older = scene.read("root/revocations.intoto.jsonl");
    scene.done(&publish);
    let published = scene.read("lists.jsonl");
    scene.done(&publish.replace("lists.jsonl", "other.jsonl"));
    scene.done(&publish);
    scene.write("root/revocations.intoto.jsonl", &older);
    scene.fails(&publish, "records-behind-output");
    assert_ne!(scene.read("lists.jsonl"), published, "the newest list is still there");
    scene.write("empty.jsonl", b"");
    scene.fails(&publish.replace("lists.jsonl", "empty.jsonl"), "file-exists");
}

#[test]
fn claims_use_the_words_of_the_catalogue() {
    let scene = Scene::new().with_request();
    let good = String::from_utf8(scene.read("claims.json")).unwrap();
    for (word, code) in [
        ("WASM_VALIDTED", "claim-word-unknown"),
        ("CODE_SANDBOXING", "claim-of-tag"),
        ("GUARD_PAGES", "claim-of-platform"),
        ("wasm", "claims-malformed"),
    ] {
        scene.write("claims.json", good.replace("WASM_VALIDATED", word).as_bytes());
        scene.fails(&certify("root", "request.jsonl", "c.jsonl"), code);
    }
    scene.write("claims.json", good.replace("WASM_VALIDATED", "WASM_VALIDTED").as_bytes());
    let said = scene.fails(&certify("root", "request.jsonl", "c.jsonl"), "claim-word-unknown");
    assert!(said.contains("hint: did you mean `WASM_VALIDATED`?"), "{said}");
    let conditional =
        |text: &str| good.replace("\"effect\"", &format!("\"condition\": \"{text}\", \"effect\""));
    for bad in
        ["", "operation.exit ==", "operation.network == 'none'", "operation.environment.all(n, n != 'x')"]
    {
        scene.write("claims.json", conditional(bad).as_bytes());
        scene.fails(&certify("root", "request.jsonl", "c.jsonl"), "condition-malformed");
    }
    scene.write("claims.json", conditional("operation.exit == 0").as_bytes());
    scene.done(&certify("root", "request.jsonl", "c.jsonl"));
    scene.write("claims.json", b"");
    scene.fails(&certify("root", "request.jsonl", "d.jsonl"), "json-syntax");
}

#[test]
fn scopes_use_the_words_of_the_catalogue() {
    let scene = Scene::new().with_request();
    scene.done(
        "request endorsement --key tool.pem --name Tool --scope STACK_CANARIES --scope STEP --out ask.jsonl",
    );
    for (scope, meant) in
        [("STACK_CANARYS", "`STACK_CANARIES`"), ("WSAM_*", "`WASM_"), ("CODE_SANDBOXING", "a tag")]
    {
        let ask = format!("request endorsement root --scope {scope} --out r.jsonl");
        let endorse = format!(
            "authority endorse root --request ask.jsonl --scope {scope} --depth 0 --for 1d --out e.jsonl"
        );
        for line in [ask, endorse] {
            let said = scene.fails(&line, "scope-word-unknown");
            assert!(said.contains(meant), "{said}");
        }
    }
    assert!(!scene.path("e.jsonl").exists() && !scene.path("r.jsonl").exists());
}

#[test]
fn mistakes_in_claims_are_told_before_they_are_signed() {
    let scene = Scene::new().with_request();
    let good = String::from_utf8(scene.read("claims.json")).unwrap();
    assert_eq!(scene.done("authority lint claims.json"), "0 findings in claims.json\n");
    let open = good.replace("\"environment\": {}", "\"environment\": { \"LD_*\": \"any\" }");
    assert_ne!(open, good);
    scene.write("claims.json", open.as_bytes());
    let told = scene.run("authority lint claims.json");
    assert_eq!((told.status, told.stderr.as_str()), (1, ""));
    assert!(
        told.stdout.contains("invocations.default.environment.LD_*: `LD_*` may have any value"),
        "{}",
        told.stdout
    );
    assert!(told.stdout.ends_with("1 finding in claims.json\n"), "{}", told.stdout);
    let json = scene.run("authority lint claims.json --request request.jsonl --output json");
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    let codes: Vec<&str> =
        json["findings"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert!(codes.contains(&"variable-open"), "{json}");
    let warned = scene.run(&certify("root", "request.jsonl", "c.jsonl"));
    assert_eq!(warned.status, 0);
    assert!(warned.stderr.contains("[variable-open]"), "{}", warned.stderr);
    let ambiguous = good.replace(
        "[ {\"input\": \"code\"} ]",
        "{ \"options\": { \"--\": {} }, \"positional\": [ {\"input\": \"code\"} ] }",
    );
    assert_ne!(ambiguous, good);
    scene.write("claims.json", ambiguous.as_bytes());
    scene.fails("authority lint claims.json", "invocation-ambiguous");
    scene.write("claims.json", b"{}");
    scene.fails("authority lint claims.json", "claims-malformed");
    scene.fails("authority lint nothing.json", "file-missing");
}

#[test]
fn the_claims_of_the_demo_have_no_mistakes() {
    let scene = Scene::new();
    for tool in ["cdi-wasm-aot", "cdi-wasm-inspect"] {
        let path = format!("{}/../../examples/demo/claims/{tool}.json", env!("CARGO_MANIFEST_DIR"));
        scene.write("claims.json", &std::fs::read(path).unwrap());
        assert_eq!(scene.done("authority lint claims.json"), "0 findings in claims.json\n");
    }
}
