//! The sources as the rules see them: without comments and without tests.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

/// One file below `src`.
#[derive(Debug)]
pub(crate) struct Source {
    /// Its module path: `["crawl", "visit"]`; empty for the root.
    pub(crate) module: Vec<String>,
    /// What the compiler sees of it outside tests.
    pub(crate) code: String,
}

impl Source {
    /// The room it belongs to; `main` and `lib` are rooms of their own.
    pub(crate) fn room(&self) -> &str {
        self.module.first().map_or("lib", String::as_str)
    }

    pub(crate) fn name(&self) -> String {
        self.module.join("::")
    }
}

/// Every file below `src` but those that are tests.
pub(crate) fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    walk(&root, &mut files);
    let mut tests: HashSet<Vec<String>> = HashSet::new();
    let mut sources = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("a readable source");
        let module = module(file.strip_prefix(&root).expect("below src"));
        let (code, test_modules) = split(&text);
        for name in test_modules {
            tests.insert([module.clone(), vec![name]].concat());
        }
        sources.push(Source { module, code });
    }
    sources.retain(|source| !tests.iter().any(|test| source.module.starts_with(test)));
    assert!(sources.len() > 50, "the sources are elsewhere");
    sources
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            walk(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
    files.sort();
}

fn module(path: &Path) -> Vec<String> {
    let mut module: Vec<String> = path
        .with_extension("")
        .iter()
        .map(|part| part.to_string_lossy().into_owned())
        .collect();
    if matches!(module.last().map(String::as_str), Some("mod" | "lib")) {
        module.pop();
    }
    module
}

/// The code up to the tests at its end, without comments, and the names of files that are tests.
fn split(text: &str) -> (String, Vec<String>) {
    let mut code = String::new();
    let mut test_modules = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        // rustfmt puts nothing else before `cfg`, and house style puts a file's tests last.
        if line.trim() == "#[cfg(test)]" {
            let next = lines.next().unwrap_or_default().trim();
            match next.trim_start_matches("pub(crate) ").strip_prefix("mod ") {
                Some(name) if name.ends_with(';') => {
                    test_modules.push(name.trim_end_matches(';').to_owned());
                }
                Some(_) => break,
                None => {}
            }
            continue;
        }
        let end = line.find("//").filter(|at| !line[..*at].ends_with(':'));
        code.push_str(&line[..end.unwrap_or(line.len())]);
        code.push('\n');
    }
    (code, test_modules)
}
