//! A file is found at the first guess: folders are small, and a folder's own file is in it.

use std::fs;
use std::path::{Path, PathBuf};

/// Most entries of a folder, its `mod.rs` among them.
const MOST: usize = 13;

/// Lists of things that are alike, one file each.
const LISTS: [&str; 3] = ["assess/diagnose/rules", "cli/command", "crawl/tests"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every folder below `src` by its path from there, with the names in it.
fn folders() -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    let mut open = vec![root()];
    while let Some(folder) = open.pop() {
        let mut names = Vec::new();
        for entry in fs::read_dir(&folder).expect("a readable folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().unwrap_or_default();
            names.push(name.to_string_lossy().into_owned());
            if path.is_dir() && name != "snapshots" {
                open.push(path);
            }
        }
        names.sort();
        let below = folder.strip_prefix(root()).expect("below src");
        found.push((below.display().to_string(), names));
    }
    found.sort();
    found
}

#[test]
fn folders_are_small() {
    let mut faults = Vec::new();
    for (folder, names) in folders() {
        // `src` itself has the rooms.
        if names.len() > MOST && !folder.is_empty() && !LISTS.contains(&folder.as_str()) {
            faults.push(format!("{folder}: {} entries", names.len()));
        }
    }
    assert!(faults.is_empty(), "more than {MOST}: {faults:#?}");
}

#[test]
fn the_file_of_a_folder_is_in_it() {
    let mut faults = Vec::new();
    let folders = folders();
    let has = |folder: &str, file: &str| {
        let found = folders.iter().find(|(name, _)| name == folder);
        found.is_some_and(|(_, names)| names.iter().any(|name| name == file))
    };
    for (folder, _) in folders.iter().filter(|(name, _)| !name.is_empty()) {
        let (above, name) = folder.rsplit_once('/').unwrap_or(("", folder));
        if has(above, &format!("{name}.rs")) {
            faults.push(format!("{folder}.rs is beside {folder}/"));
        }
        if !has(folder, "mod.rs") {
            faults.push(format!("{folder} has no mod.rs"));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}
