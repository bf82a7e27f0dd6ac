use super::*;

const KEY: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEh4EIKTJ/detbWc7wwKcipr2mBRBapvLL5j75JC4Z0WUeNOHNBlJlvprSJDqJBRnw5Nsr79CwphCay0nYBrJlNA==";
const OTHER: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEm8vOwJ9LpsI2do0RWBw9h0JbVMV0rlMIx8WrJ/CoLE0GUKCPMfAUINSHscW3nutcdv/WjbVvZwhmzP7t6obRPA==";

fn reading(members: &str) -> Reading {
    let catalogues = Catalogues::builtin().unwrap();
    let digest = catalogues.base().digest();
    let text = format!(
        "apiVersion: code-deployment-integrity.io/v1\nkind: Policy\nmetadata: {{name: p}}\nspec:\n  principal: \
         host\n  {members}"
    );
    let text = text.replace("DIGEST", &digest.to_string());
    Reading::of(&Policy::load(text.as_bytes(), &catalogues).unwrap(), &catalogues)
}

fn full() -> Reading {
    reading(&format!(
        "rule: default-deny
  catalogue: \"DIGEST\"
  trust:
    anchors:
      - {{name: acme, keys: [\"{KEY}\"], scope: [\"*\"], depth: 1}}
      - {{name: north, keys: [\"{OTHER}\"], scope: [WASM_VALIDATED, STEP]}}
    quorum: {{default: 1, WASM_VALIDATED: 2}}
    countersigned: {{WASM_VALIDATED: 1}}
    custody: hardware
    capture: traced
    revocation: {{maxAge: 24h}}
    certifications: named
    inputs: linked
    assume: [{{property: WASM_NO_IMPORTS, artifact: \"{digest}\"}}]
    forbid: {{tools: [\"{digest}\"], reportKeys: [\"{digest}\"], authorities: [\"{digest}\"], origins: [\"{digest}\"], originKeys: [\"{digest}\"]}}
    stepConditions: [operation.exit == 0]
  require:
    allOf: [WASM_VALIDATED, VM_ISOLATION, {{atLeast: 2, of: [STACK_CANARIES, SINGLE_TENANT, NO_NETWORK]}}]
  requireFrom: [{{from: \"2028-01-01T00:00:00Z\", require: CODE_SANDBOXING}}]
  history:
    complete: {{origins: [{{artifact: \"{digest}\"}}], exempt: [headers]}}
    reproduced: {{by: 2, custodians: [{{name: a, reportKeys: [\"{digest}\"]}}, {{name: b, reportKeys: [\"{other}\"]}}]}}
  acceptAsserted: [landlord]
  grants: {{directories: [{{name: data, access: read}}, {{name: out, access: read-write}}], environment: [TZ]}}
",
        digest = "1".repeat(64),
        other = "2".repeat(64),
    ))
}

#[test]
fn everything_that_a_policy_says_is_said() {
    let reading = full();
    let said = |topic, words: &str| {
        let found = reading.about(topic).any(|sentence| sentence.contains(words));
        assert!(found, "{topic:?} `{words}`: {:#?}", reading.about(topic).collect::<Vec<_>>());
    };
    said(Topic::Asks, "`WASM_VALIDATED` must hold: the code must show it");
    said(Topic::Asks, "`VM_ISOLATION` must hold: the place must provide it");
    said(
        Topic::Asks,
        "At least 2 of `STACK_CANARIES`, `SINGLE_TENANT`, `NO_NETWORK` must hold: the code can",
    );
    said(Topic::Later, "From 2028-01-01T00:00:00Z on, `CODE_SANDBOXING`");
    said(Topic::Place, "`VM_ISOLATION`");
    said(Topic::Place, "on the word of `host` and `landlord`");
    said(Topic::Place, "A runtime that is certified to supply `");
    said(Topic::History, "back to the artifact 1111");
    said(Topic::History, "role `headers` need no history");
    said(Topic::History, "Only the runs that a report names");
    said(Topic::History, "in the hands of 2 of these");
    said(Topic::Trusts, "`acme` (key ");
    said(Topic::Trusts, "about every property. It can endorse others, who can endorse nobody.");
    said(Topic::Trusts, "`WASM_VALIDATED` must be certified by 2 independent authorities.");
    let of_steps = |said: &str| said.contains("`STEP`") && said.contains(" must be certified by 1 ");
    assert!(reading.about(Topic::Trusts).any(of_steps));
    said(Topic::Trusts, "One stolen key of an authority is enough to deceive it.");
    said(Topic::Trusts, "While fewer than 2 of them are deceived or robbed, one of them is honest.");
    assert!(!reading.about(Topic::Trusts).any(|sentence| sentence.contains(" 0 ")));
    said(Topic::Trusts, "For `WASM_VALIDATED` 1 authority must have signed the run's report as well.");
    said(Topic::Evidence, "must lie in hardware that does not give it away");
    said(Topic::Evidence, "an observer traced");
    said(Topic::Evidence, "not older than 1 day.");
    said(Topic::Evidence, "Only certifications that a report names");
    said(Topic::Evidence, "`operation.exit == 0`");
    said(Topic::Assumes, "`WASM_NO_IMPORTS` is taken as given of the artifact 1111");
    said(Topic::Forbids, "No run counts in which");
    said(Topic::Forbids, "No report counts");
    said(Topic::Forbids, "No certification or endorsement counts");
    said(Topic::Forbids, "Nothing begins at the origin statements");
    said(Topic::Forbids, "Nothing begins at what is signed");
    said(Topic::Grants, "may read in `data`.");
    said(Topic::Grants, "may read and write in `out`.");
    said(Topic::Grants, "the variables `TZ`.");
}

#[test]
fn what_is_asked_of_places_is_said() {
    let places = |places: &str| {
        let text = format!(
            "rule: default-deny\n  catalogue: \"DIGEST\"\n  places: {{{places}}}\n  require: {{anyOf: [VM_ISOLATION, NETWORK_ISOLATION]}}\n"
        );
        let reading = reading(&text);
        reading
            .about(Topic::Place)
            .filter(|said| said.contains(" taken ") || said.contains("odes "))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let expected = [
        "`VM_ISOLATION` is taken only as certified of the runtime, whoever says so besides.",
        "Every other property of places is taken on the word of these, and of nodes whose keys the policy names.",
        "Nodes that the decider's configuration lists are accepted.",
    ];
    assert_eq!(places("level: asserted, levels: {VM_ISOLATION: certified}, nodes: configured"), expected);
    assert_eq!(
        places("levels: {VM_ISOLATION: attested}"),
        ["`VM_ISOLATION` is taken only as attested, which nothing can be yet."]
    );
    let (level, keys) = ("level: certified", format!("nodes: {{keys: [{{name: edge, key: \"{KEY}\"}}]}}"));
    let expected = [
        "Every property of places is taken only as certified of the runtime, whoever says so besides.",
        "The nodes `edge` are accepted, each by its key.",
    ];
    assert_eq!(places(&format!("{level}, {keys}")), expected);
    assert!(places("").is_empty());
}

#[test]
fn what_is_asked_for_is_said_part_by_part() {
    let asks = |require: &str| {
        let reading = reading(&format!("rule: default-deny\n  catalogue: \"DIGEST\"\n  {require}\n"));
        [Topic::Asks, Topic::Later].map(|topic| {
            let said = reading.about(topic).map(|said| said.split(" must ").next().unwrap().to_owned());
            said.collect::<Vec<_>>()
        })
    };
    let both = "{allOf: [VM_ISOLATION, NETWORK_ISOLATION]}";
    let all = "An artifact".to_owned();
    let [vm, network] = ["`VM_ISOLATION`", "`NETWORK_ISOLATION`"].map(str::to_owned);
    assert_eq!(asks("require: VM_ISOLATION"), [vec![vm.clone()], vec![]]);
    assert_eq!(asks(&format!("require: {both}")), [vec![all, vm.clone(), network], vec![]]);
    let later = format!(
        "require: VM_ISOLATION\n  requireFrom: [{{from: \"2028-01-01T00:00:00Z\", require: {both}}}]"
    );
    let [now, then] = asks(&later);
    assert_eq!((now, then.len()), (vec![vm], 2));
    assert!(then.iter().all(|said| said.starts_with("From 2028-01-01T00:00:00Z on, `")), "{then:?}");
}

/// A policy with these members of its trust, which asks for this.
fn trusting(more: &str, require: &str) -> Reading {
    reading(&format!(
        "rule: default-deny\n  catalogue: \"DIGEST\"\n  trust:\n    anchors:\n      - {{name: acme, keys: [\"{KEY}\"], scope: [\"*\"]}}\n      \
         - {{name: north, keys: [\"{OTHER}\"], scope: [\"*\"]}}\n    {more}quorum: {{default: 1}}\n    custody: software\n    \
         revocation: dangerously-none\n  require: {require}\n"
    ))
}

#[test]
fn evidence_of_others_is_said_with_its_keys() {
    let said = |keys: &str, more: &str| {
        let evidence = format!(
            "evidence: [{{name: scan, predicateType: \"https://scan.example/v1\", keys: [{keys}]{more}}}]\n    "
        );
        let reading = trusting(&evidence, "\"evidence:scan\"");
        assert!(!reading.about(Topic::Trusts).any(|said| said.contains("`STEP`")));
        let mut found = reading.about(Topic::Evidence).filter(|said| said.contains("scan"));
        (found.next().unwrap().to_owned(), found.count())
    };
    let begins =
        "`evidence:scan` is a statement about the artifact of the type `https://scan.example/v1`, signed by ";
    let (one, others) = said(&format!("\"{KEY}\""), "");
    assert!(one.starts_with(&format!("{begins}the key ")) && others == 0, "{one}");
    let (two, _) = said(&format!("\"{KEY}\", \"{OTHER}\""), ", condition: \"predicate.ok\"");
    assert!(two.starts_with(&format!("{begins}one of the keys ")), "{two}");
    assert!(two.ends_with(", whose predicate meets `predicate.ok`."), "{two}");
}

#[test]
fn who_is_in_one_hand_is_said() {
    let said = |groups: &str| {
        let reading = trusting(groups, "WASM_VALIDATED");
        reading
            .about(Topic::Trusts)
            .filter(|said| said.contains(" hand"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        said("sameControl: [[acme, north]]\n    "),
        ["`acme` and `north` are in one hand, and count as one."]
    );
    assert!(said("").is_empty());
}

#[test]
fn every_word_has_its_meaning_once() {
    let words: Vec<_> = full().words.into_iter().map(|word| (word.word, word.kind)).collect();
    let tag = words.iter().position(|word| *word == ("CODE_SANDBOXING".to_owned(), "tag")).unwrap();
    assert!(words[tag + 1..].contains(&("GUARD_PAGES=WASMTIME_4GIB_32MIB".to_owned(), "place")));
    assert_eq!(words.iter().filter(|(word, _)| word == "VM_ISOLATION").count(), 1);
}

#[test]
fn a_policy_that_accepts_all_says_so() {
    let reading = reading("rule: accept-all\n");
    assert_eq!(reading.sentences.len(), 1);
    assert!(reading.about(Topic::Asks).any(|sentence| sentence.starts_with("Every artifact is accepted")));
}

#[test]
fn a_time_is_told_in_its_greatest_whole_unit() {
    let told = [0, 1, 61, 120, 3_600, 86_400, 90_000, 172_800].map(trusted::spelt);
    let expected =
        ["0 seconds", "1 second", "61 seconds", "2 minutes", "1 hour", "1 day", "25 hours", "2 days"];
    assert_eq!(told, expected);
}

#[test]
fn what_a_program_may_be_given_is_said_to_its_end() {
    let nothing = reading("rule: default-deny\n  catalogue: \"DIGEST\"\n  require: VM_ISOLATION\n");
    let said: Vec<_> = nothing.about(Topic::Grants).collect();
    assert_eq!(said, ["A program may be given no directory and no variable."]);
    assert_eq!(full().about(Topic::Grants).last(), Some("Whoever asks for more to be given is refused."));
}

#[test]
fn each_topic_has_its_word() {
    let all = full().sentences.into_iter().map(|(topic, _)| topic).collect::<std::collections::BTreeSet<_>>();
    let words: Vec<_> = all.into_iter().map(Topic::as_str).collect();
    let expected =
        ["asks", "later", "place", "history", "trusts", "evidence", "assumes", "forbids", "grants"];
    assert_eq!(words, expected);
}
