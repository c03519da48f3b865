//! Imports go down the floors; rooms of one floor do not know each other.

use crate::source::{Source, sources};

/// The floor of every room (ARCHITECTURE.md, "The rooms").
const FLOORS: &[(&str, u8)] = &[
    ("main", 7),
    ("lib", 7),
    ("cli", 6),
    ("schedule", 5),
    ("settings", 5),
    ("audit", 4),
    ("check", 4),
    ("terminal", 4),
    ("crawl", 3),
    ("report", 3),
    ("logs", 3),
    ("measure", 3),
    ("demo", 3),
    ("fetch", 2),
    ("frontier", 2),
    ("store", 2),
    ("machine", 2),
    ("parse", 1),
    ("policy", 1),
    ("assess", 1),
    ("model", 0),
];

fn floor(room: &str) -> u8 {
    let row = FLOORS.iter().find(|(name, _)| *name == room);
    let Some((_, floor)) = row else {
        panic!("room {room:?} has no floor: give it one here and in ARCHITECTURE.md");
    };
    *floor
}

pub(crate) fn is_below(room: &str, ceiling: u8) -> bool {
    floor(room) < ceiling
}

/// The rooms that a file names.
fn named(source: &Source) -> Vec<String> {
    let mut rooms = Vec::new();
    for (at, _) in source.code.match_indices("crate::") {
        rooms.extend(heads(&source.code[at + "crate::".len()..]));
    }
    for (at, _) in source.code.match_indices("super::") {
        if source.code[..at].ends_with("super::") {
            continue;
        }
        let mut rest = &source.code[at..];
        let mut up = 0;
        while let Some(further) = rest.strip_prefix("super::") {
            up += 1;
            rest = further;
        }
        // From a file `super` leaves it for its folder; what is left of the path decides whose
        // names follow.
        if up == source.module.len() {
            rooms.extend(heads(rest));
        }
    }
    rooms
}

/// The first names of a path: one, or those in braces.
fn heads(path: &str) -> Vec<String> {
    let name = |text: &str| -> String {
        text.chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect()
    };
    let Some(list) = path.strip_prefix('{') else {
        return vec![name(path)];
    };
    let mut depth = 0;
    let mut heads = vec![name(list.trim_start())];
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => heads.push(name(list[at + 1..].trim_start())),
            _ => {}
        }
    }
    heads.retain(|head| !head.is_empty());
    heads
}

#[test]
fn every_floor_has_its_room() {
    let sources = sources();
    let is_there = |room: &str| sources.iter().any(|source| source.room() == room);
    let empty: Vec<_> = FLOORS.iter().filter(|(room, _)| !is_there(room)).collect();
    assert!(empty.is_empty(), "{empty:?}");
}

fn may_use(room: &str, used: &str) -> bool {
    room == used || is_below(used, floor(room))
}

#[test]
fn imports_go_down_the_floors() {
    let mut faults = Vec::new();
    for source in sources() {
        let room = source.room();
        for used in named(&source) {
            if !may_use(room, &used) {
                faults.push(format!("{} uses {used}", source.name()));
            }
        }
    }
    faults.sort();
    faults.dedup();
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn paths_are_read_in_all_their_forms() {
    let cases = [
        ("use crate::model::Link;", vec!["model"]),
        (
            "use crate::{fetch::{self, A}, store};",
            vec!["fetch", "store"],
        ),
        ("let x = super::super::policy::after();", vec!["policy"]),
        ("use super::site::Site;", vec![]),
    ];
    for (code, expected) in cases {
        let source = Source {
            module: vec!["crawl".to_owned(), "visit".to_owned()],
            code: code.to_owned(),
        };
        assert_eq!(named(&source), expected, "{code}");
    }
    assert!(!may_use("fetch", "store"));
    assert!(!may_use("parse", "crawl"));
    assert!(may_use("cli", "audit"));
    assert!(!may_use("crawl", "audit"));
}
