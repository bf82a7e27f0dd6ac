//! Every code that any program here gives has a page in docs/codes, and every page says what is so.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::codes::{codes_in, given, halves, workspace};
use crate::sources::sources;

/// The sections of a page, in their order; those that it can do without are behind them.
const SECTIONS: [&str; 2] = ["Causes", "What to do"];
const PERHAPS: [&str; 2] = ["Example", "See also"];

/// As what codes are given.
const KINDS: [&str; 9] = [
    "reason of a refusal",
    "discarded line",
    "error",
    "finding",
    "warning",
    "exit status",
    "refused argument (its message has no code)",
    "error of the library",
    "part that cannot be used",
];

/// Codes that are given and have no page yet. A new code comes with its page.
const WITHOUT_PAGE: [&str; 0] = [];

fn folder() -> PathBuf {
    workspace().join("docs/codes")
}

/// The pages, by the names of their files.
fn pages() -> BTreeMap<String, String> {
    let page = |path: PathBuf| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (name, std::fs::read_to_string(path).unwrap())
    };
    let paths = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|end| end == "md") && !path.ends_with("README.md"))
        .map(page)
        .collect()
}

/// What the sources of all programs say outside their tests.
fn programs() -> Vec<(PathBuf, String)> {
    let folders = ["crates", "tools"].map(|folder| workspace().join(folder));
    let all = folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap());
    let all = all.map(|entry| entry.unwrap().path());
    let tests = ["cdi-testkit", "agreement-tests"];
    let programs = all.filter(|folder| !tests.iter().any(|tests| folder.ends_with(tests)));
    let folders = programs.map(|folder| folder.join("src")).filter(|folder| folder.is_dir());
    let halved = |(path, text): (PathBuf, String)| {
        let (code, _) = halves(&path, &text);
        (path, code)
    };
    folders.flat_map(|folder| sources(&folder)).map(halved).collect()
}

/// The codes of a source: those that codes.rs finds, those of whatever makes a failure of the command line, and all that
/// findings of `lint` are called.
fn all_given(path: &Path, source: &str) -> BTreeSet<String> {
    let mut found = given(source);
    for function in
        source.split("fn ").filter(|text| text.split('(').next().is_some_and(|name| name.ends_with("code")))
    {
        let body = function.split("\n    }\n").next().unwrap().split("\n}\n").next().unwrap();
        found.extend(codes_in(body));
        let words = body.split("=> \"").skip(1).map(|rest| rest.split('"').next().unwrap());
        found.extend(words.filter(|word| is_code(word)).map(str::to_owned));
    }
    let marks = [
        "failed(",
        "Failure::new(",
        "Failure::told(",
        "unusable(",
        "wrong(",
        "let code = ",
        "Self::new(",
        "made(",
        "without(",
        "Some((",
    ];
    for (mark, rest) in marks.iter().flat_map(|mark| source.split(mark).skip(1).map(move |rest| (mark, rest)))
    {
        let mut quoted = rest.split('"');
        let before = quoted.next().unwrap_or_default();
        if before.contains([';', '{']) {
            continue;
        }
        // The first that may be one: before it there may be a text. A single word is one only where it stands first.
        let at_once = *mark == "failed(" && before.trim().is_empty();
        let mut quoted = quoted.step_by(2).take(2).enumerate();
        let code = quoted.find(|(n, text)| is_code(text) && (text.contains('-') || at_once && *n == 0));
        found.extend(code.map(|(_, text)| text.to_owned()));
    }
    let lints = path.components().any(|part| part.as_os_str().to_string_lossy().starts_with("lint"));
    let code = source.lines().filter(|line| lints && !line.trim_start().starts_with('#'));
    found.extend(code.flat_map(codes_in));
    found.extend(source.lines().filter(|line| line.contains("_CODE: &str = ")).flat_map(codes_in));
    found
}

fn is_code(text: &str) -> bool {
    let word =
        |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    text.split('-').all(word)
}

#[test]
fn every_code_has_a_page_and_every_page_a_code_that_is_given() {
    let pages = pages();
    let programs = programs();
    let mut given: BTreeMap<String, PathBuf> = BTreeMap::new();
    for (path, text) in &programs {
        given.extend(all_given(path, text).into_iter().map(|code| (code, path.clone())));
    }
    assert!(given.len() > 500, "{}", given.len());
    let bare: Vec<_> = given
        .iter()
        .filter(|(code, _)| !pages.contains_key(*code) && !WITHOUT_PAGE.contains(&code.as_str()))
        .collect();
    assert!(bare.is_empty(), "codes without a page in docs/codes: {bare:#?}");
    for code in pages.keys() {
        let quoted = format!("\"{code}\"");
        assert!(programs.iter().any(|(_, text)| text.contains(&quoted)), "nothing gives `{code}`");
    }
    for code in WITHOUT_PAGE {
        assert!(given.contains_key(code) && !pages.contains_key(code), "{code}");
    }
}

/// The parts of a page: its head, and each section by its name.
fn parts(page: &str) -> (&str, Vec<(&str, &str)>) {
    let mut parts = page.split("\n## ");
    let head = parts.next().unwrap();
    (head, parts.map(|part| part.split_once('\n').unwrap()).collect())
}

/// A fact of the head, in one line.
fn fact<'p>(head: &'p str, name: &str) -> Option<&'p str> {
    let (_, rest) = head.split_once(&format!("\n- {name}: "))?;
    Some(rest.split("\n- ").next().unwrap().trim_end().trim_end_matches('.'))
}

#[test]
fn every_page_has_its_sections_and_says_something_in_each() {
    for (code, page) in pages() {
        let (head, sections) = parts(&page);
        let mut lines = head.lines();
        assert_eq!(lines.next().unwrap(), format!("# {code}"));
        let sentence: Vec<&str> = lines.skip(1).take_while(|line| !line.is_empty()).collect();
        let sentence = sentence.join(" ");
        assert!(sentence.len() > 14 && sentence.ends_with('.'), "{code}: {sentence}");
        let kinds = fact(head, "Given as").unwrap().replace('\n', " ");
        assert!(kinds.split(", ").all(|kind| KINDS.contains(&kind.trim())), "{code}: {kinds}");
        assert!(fact(head, "Given by").is_some_and(|by| by.len() > 5), "{code}");
        let names: Vec<&str> = sections.iter().map(|(name, _)| *name).collect();
        let expected: Vec<&str> =
            SECTIONS.into_iter().chain(PERHAPS.into_iter().filter(|name| names.contains(name))).collect();
        assert_eq!(names, expected, "{code}");
        for (name, text) in sections {
            assert!(text.trim().len() > 10, "{code}: `{name}` says nothing");
        }
        let words = page.split_whitespace().count();
        assert!((40..=260).contains(&words), "{code}: {words} words");
        assert_eq!(page.matches("```").count() % 2, 0, "{code}");
    }
}

#[test]
fn every_link_of_a_page_leads_to_what_it_names() {
    for (code, page) in pages() {
        for link in page.split("](").skip(1) {
            let to = link.split(')').next().unwrap();
            assert!(folder().join(to).is_file(), "{code}: {to}");
        }
        let (head, sections) = parts(&page);
        let rules = fact(head, "Rules").unwrap_or_else(|| panic!("{code} names no rule or guide"));
        for rule in rules.split('[').skip(1) {
            let (tag, rest) = rule.split_once("](").unwrap();
            let to = rest.split(')').next().unwrap();
            let text = std::fs::read_to_string(folder().join(to)).unwrap();
            let is_there = to.contains("/spec/") && text.contains(&format!("**{tag}.**"));
            assert!(is_there || to == format!("../{tag}.md"), "{code}: {tag} in {to}");
        }
        for (name, text) in sections {
            assert!(name != "See also" || !text.contains(&format!("({code}.md)")), "{code} leads to itself");
        }
    }
}

/// What an example says besides names, numbers and digests, as the sources have it: so it is what the program says.
#[test]
fn every_example_is_what_a_program_says() {
    // Texts go over several lines there, and what is put into them stands between braces.
    let sources = programs().into_iter().map(|(_, text)| text.replace("\\\n", " "));
    let snapshots = std::fs::read_dir(workspace().join("crates/cdi-cli/tests/it/snapshots")).unwrap();
    let snapshots = snapshots.map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap());
    let said: String = sources.chain(snapshots).collect::<Vec<_>>().join(" ");
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let mut seen = 0;
    for (code, page) in pages() {
        let (_, sections) = parts(&page);
        let Some((_, example)) = sections.into_iter().find(|(name, _)| *name == "Example") else { continue };
        let lines: Vec<&str> = example.lines().filter(|line| !line.starts_with("```")).collect();
        let lines = lines.join(" ");
        let message = lines.trim().strip_suffix(&format!(" [{code}]"));
        let message = message.unwrap_or_else(|| panic!("{code}: {lines}"));
        for pair in pairs(message) {
            assert!(said.contains(&pair), "{code}: nothing says `{pair}`");
        }
        seen += 1;
    }
    assert!(seen > 200, "only {seen} examples");
}

/// Plain words of a message that follow each other. Names stand between back quotes; numbers, ids, times and properties are
/// not of small letters.
fn pairs(message: &str) -> Vec<String> {
    let bare = message.split('`').step_by(2).collect::<Vec<_>>().join(" | ");
    let mut runs: Vec<Vec<String>> = vec![Vec::new()];
    for (n, word) in bare.split_whitespace().enumerate() {
        let plain = word.trim_matches(|c: char| ",.:;()[]".contains(c));
        let small = !plain.is_empty() && plain.bytes().all(|b| b.is_ascii_lowercase() || b"-'".contains(&b));
        let begins = n == 0 && plain.chars().all(char::is_alphabetic);
        if small || begins {
            runs.last_mut().unwrap().push(plain.to_lowercase());
        }
        if !(small || begins) || word.ends_with([',', '.', ':', ';', ')']) {
            runs.push(Vec::new());
        }
    }
    let pairs = runs.iter().flat_map(|words| words.windows(2).map(|pair| pair.join(" ")));
    pairs.filter(|pair| pair.len() > 8).collect()
}

#[test]
fn words_of_a_message_are_told_from_what_is_put_into_it() {
    let message = "Gcc quickly ran as `x y` for 12 long days, alas: the very LAST one";
    assert_eq!(pairs(message), ["gcc quickly", "quickly ran", "long days"]);
}
