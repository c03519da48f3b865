//! Every flag and every column is explained somewhere.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use gatecrawl::report::Format;
use gatecrawl::store::Table;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn document(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|fault| panic!("{name}: {fault}"))
}

/// What is set in code type in a document: whole, and word by word.
fn explained(document: &str) -> HashSet<String> {
    let mut names = HashSet::new();
    // Fences would turn inside out what follows them.
    for block in document.split("\n\n") {
        for code in block.split('`').skip(1).step_by(2) {
            names.insert(code.to_owned());
            names.extend(code.split([' ', ',', '=', '[']).map(str::to_owned));
        }
    }
    names
}

/// The sections of docs/flags.md by what their headings begin with: a command, or `Every command`.
fn sections() -> HashMap<String, String> {
    let text = document("docs/flags.md");
    text.split("\n## ")
        .skip(1)
        .map(|section| {
            let (heading, text) = section.split_once('\n').unwrap_or((section, ""));
            let command: Vec<_> = heading
                .trim_matches('`')
                .split_whitespace()
                .take_while(|word| !word.starts_with(['<', '[', '-']))
                .collect();
            (command.join(" "), text.to_owned())
        })
        .collect()
}

fn help_of(command: &[String]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_gatecrawl"))
        .args(command)
        .arg("--help")
        .output()
        .expect("the program starts");
    String::from_utf8(output.stdout).expect("text")
}

/// Every command and the commands below it, each as the words that it is typed with.
fn commands() -> Vec<Vec<String>> {
    let mut commands = vec![Vec::new()];
    let mut at = 0;
    while let Some(command) = commands.get(at).cloned() {
        let help = help_of(&command);
        let list = help.lines().skip_while(|line| *line != "Commands:").skip(1);
        for line in list.take_while(|line| line.starts_with("  ")) {
            // What is further in goes on with the line before.
            let name = line.split_whitespace().next().unwrap_or_default();
            if !line.starts_with("   ") && name != "help" {
                commands.push([command.clone(), vec![name.to_owned()]].concat());
            }
        }
        at += 1;
    }
    commands.remove(0);
    commands
}

fn flags_of(command: &[String]) -> Vec<String> {
    let help = help_of(command);
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

#[test]
fn every_command_and_flag_is_explained() {
    let commands = commands();
    assert!(commands.len() >= 13, "{commands:?}");
    let sections = sections();
    let everywhere = explained(&sections["Every command"]);
    let mut missing = Vec::new();
    for command in commands {
        let name = format!("gatecrawl {}", command.join(" "));
        let Some(section) = sections.get(&name) else {
            missing.push(name);
            continue;
        };
        let here = explained(section);
        let flags = flags_of(&command);
        assert!(flags.len() >= 5, "{name}: {flags:?}");
        for flag in flags {
            if !here.contains(&flag) && !everywhere.contains(&flag) {
                missing.push(format!("{name} {flag}"));
            }
        }
    }
    assert!(missing.is_empty(), "not in docs/flags.md: {missing:#?}");
}

#[test]
fn every_column_is_explained() {
    // A column without a row of its own in docs/columns.md is named there in another table, or in the text around.
    let tables = Table::ALL.into_iter().flat_map(Table::columns);
    let mut columns: Vec<&str> = tables.map(|column| column.name).collect();
    assert!(columns.len() > 80, "{columns:?}");
    let explained = explained(&(document("README.md") + &document("docs/columns.md")));
    columns.retain(|name| !explained.contains(*name));
    assert!(
        columns.is_empty(),
        "not in README.md or docs/columns.md: {columns:?}"
    );
}

/// Help names the formats by itself; the documents do so in these lines.
#[test]
fn every_format_is_listed() {
    let lists = [
        ("docs/flags.md", "| `-f, --format LIST` |", 2),
        ("docs/formats.md", "`-f` takes a list of ", 1),
    ];
    for (name, beginning, count) in lists {
        let text = document(name);
        let lines = text.lines().filter(|line| line.starts_with(beginning));
        let lines: Vec<&str> = lines.collect();
        assert_eq!(lines.len(), count, "{name}: {lines:?}");
        for line in lines {
            for format in Format::ALL.map(Format::name) {
                assert!(
                    line.contains(&format!("`{format}`")),
                    "{name} has no {format}: {line}"
                );
            }
        }
    }
}
