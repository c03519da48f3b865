//! Every flag and every column is explained somewhere.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// README.md and everything in `docs`.
fn documents() -> String {
    let mut text = fs::read_to_string(root().join("README.md")).unwrap_or_default();
    for entry in fs::read_dir(root().join("docs")).expect("a folder docs") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|ending| ending == "md") {
            text.push_str(&fs::read_to_string(path).expect("a readable document"));
        }
    }
    text
}

/// What is set in code type somewhere in the documents: whole, and word by word.
fn explained() -> HashSet<String> {
    let documents = documents();
    let mut names = HashSet::new();
    // Fences would turn inside out what follows them.
    for block in documents.split("\n\n") {
        for code in block.split('`').skip(1).step_by(2) {
            names.insert(code.to_owned());
            names.extend(code.split([' ', ',', '=', '[']).map(str::to_owned));
        }
    }
    names
}

fn flags_of(command: &str) -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_gatecrawl"))
        .args([command, "--help"])
        .output()
        .expect("the program starts");
    let help = String::from_utf8(output.stdout).expect("text");
    let mut flags = Vec::new();
    for line in help.lines().map(str::trim_start) {
        // Lines that begin with a flag, as opposed to those that mention one.
        if line.starts_with('-') {
            let long = line.split([' ', ',', '=', '[', '.', ':']);
            flags.extend(
                long.filter(|word| word.starts_with("--"))
                    .map(str::to_owned),
            );
        }
    }
    flags
}

/// The columns of every export, from the views that are the exports.
fn columns() -> Vec<String> {
    let views = fs::read_to_string(root().join("src/store/views.sql")).expect("the views");
    views
        .split(" AS \"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .map(str::to_owned)
        .collect()
}

fn unexplained(mut names: Vec<String>) -> Vec<String> {
    let explained = explained();
    names.retain(|name| !explained.contains(name));
    names.dedup();
    names
}

#[test]
fn every_flag_is_explained() {
    let mut flags = flags_of("audit");
    assert!(flags.len() > 30, "{flags:?}");
    flags.extend(flags_of("demo"));
    let missing = unexplained(flags);
    assert!(missing.is_empty(), "not in README.md or docs/: {missing:?}");
}

#[test]
fn every_column_is_explained() {
    let columns = columns();
    assert!(columns.len() > 80, "{columns:?}");
    let missing = unexplained(columns);
    assert!(missing.is_empty(), "not in README.md or docs/: {missing:?}");
}
