//! Every diagnosis rule has facts that fire it and facts that do not.

use std::fs;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/assess/diagnose/rules")
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).expect("a readable source")
}

/// The functions that are exported by name: what begins with a small letter.
fn exported(facade: &str) -> Vec<String> {
    let mut names = Vec::new();
    for export in facade.split("pub use ").skip(1) {
        let path = export.split(';').next().unwrap_or_default();
        let list = path.rsplit("::").next().unwrap_or_default();
        for name in list.split(|c: char| !c.is_alphanumeric() && c != '_') {
            if name.starts_with(|c: char| c.is_ascii_lowercase()) {
                names.push(name.to_owned());
            }
        }
    }
    names
}

/// Whether a function is one that finds: it returns a finding, or several.
fn finds(code: &str, name: &str) -> bool {
    let head = code.split(&format!("pub fn {name}(")).nth(1);
    let head = head.and_then(|rest| rest.split('{').next());
    head.is_some_and(|head| head.contains("-> Option<Finding>") || head.contains("-> Vec<Finding>"))
}

/// How often a rule is asked within the calls of `fires` of one test: by itself, or through a
/// closure of the test that asks it.
fn fired(code: &str, rule: &str) -> usize {
    let Some((_, tests)) = code.split_once("#[cfg(test)]") else {
        return 0;
    };
    let of_test = |test: &str| {
        let asked = |name: &str| {
            let call = format!("{name}(");
            let fires = test.match_indices("fires(");
            fires
                .map(|(at, open)| up_to_end(&test[at + open.len()..]).matches(&call).count())
                .sum::<usize>()
        };
        let through = test.match_indices("let ").filter_map(|(at, word)| {
            let (name, body) = test[at + word.len()..].split_once(" = |")?;
            let asks = up_to_end(body).contains(&format!("{rule}("));
            (asks && !name.contains(char::is_whitespace)).then(|| asked(name))
        });
        asked(rule).max(through.max().unwrap_or(0))
    };
    tests.split("#[test]").map(of_test).max().unwrap_or(0)
}

/// A text up to the end of the parentheses or of the statement in which it begins.
fn up_to_end(text: &str) -> &str {
    let mut depth = 0_i32;
    let end = text.find(|c: char| {
        depth += i32::from("({[".contains(c)) - i32::from(")}]".contains(c));
        depth < 0 || (depth == 0 && c == ';')
    });
    &text[..end.unwrap_or(text.len())]
}

#[test]
fn every_rule_has_facts_that_fire_it_and_facts_that_do_not() {
    let facade = read(&folder().join("mod.rs"));
    let files: Vec<String> = fs::read_dir(folder())
        .expect("a readable folder")
        .map(|entry| read(&entry.expect("an entry").path()))
        .collect();
    let (mut rules, mut unproven) = (0, Vec::new());
    for name in exported(&facade) {
        let Some(file) = files.iter().find(|code| finds(code, &name)) else {
            continue;
        };
        rules += 1;
        if fired(file, &name) < 2 {
            unproven.push(name);
        }
    }
    assert!(rules >= 20, "{rules} rules: they are elsewhere");
    assert!(
        unproven.is_empty(),
        "not on both sides of `fires`: {unproven:?}"
    );
}

#[test]
fn a_rule_that_is_asked_once_only_is_not_proven() {
    let tests = |body: &str| format!("#[cfg(test)]\nmod tests {{ #[test] fn t() {{ {body} }} }}");
    let cases = [
        ("fires(slow(&a), slow(&b));", 2),
        ("fires(slow(&a), None); slow(&b);", 1),
        ("let of = |x| slow(x); fires(of(1), of(2));", 2),
        (
            "let of = |x| { let y = x; slow(y) }; fires(of(1), of(2));",
            2,
        ),
        (
            "let of = |x| slow(x); let at = |x| x; fires(at(1), at(2));",
            0,
        ),
        ("slow(&a); slow(&b);", 0),
    ];
    for (body, expected) in cases {
        assert_eq!(fired(&tests(body), "slow"), expected, "{body}");
    }
}
