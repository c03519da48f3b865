//! What a cell is: servers, a fault, and the truth about it. A file holds the cells of a product:
//! its `[defaults]` are overlaid with what each `[[cell]]` says.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::{Table, Value};

/// A small site with servers in front of it, one of which has a fault.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Cell {
    /// The file's name and the cell's own.
    pub(super) name: String,
    /// What is wrong, in a sentence.
    pub(super) fault: String,
    /// The servers in the order of their start; the last is the one that is audited.
    pub(super) servers: Vec<Server>,
    /// The backends that are no real servers, and what they do (`fault.rs`).
    #[serde(default)]
    pub(super) backends: BTreeMap<String, String>,
    /// Texts for placeholders of the configurations.
    #[serde(default)]
    pub(super) set: BTreeMap<String, String>,
    /// How many pages of each kind: `#` stands for their number.
    pub(super) site: BTreeMap<String, usize>,
    /// The page that the audit starts from: a path, or an address with placeholders.
    #[serde(default = "home")]
    pub(super) start: String,
    /// The hosts file that the program reads, if not the system's own.
    #[serde(default)]
    pub(super) hosts: String,
    /// Flags without which a site on loopback cannot be audited.
    #[serde(default)]
    pub(super) flags: Vec<String>,
    /// Whether its audit takes many minutes: it is started first.
    #[serde(default)]
    pub(super) slow: bool,
    /// Whether it runs with all other tests.
    #[serde(default)]
    pub(super) quick: bool,
    /// What the paths of the pages that fail begin with.
    pub(super) fails: Vec<String>,
    /// Whether only some of them fail: then those count that failed at least once.
    #[serde(default)]
    pub(super) some: bool,
    /// Right verdicts, and those that are right in part.
    pub(super) verdict: Vec<String>,
    #[serde(default = "unconfirmed")]
    pub(super) verdict_partly: Vec<String>,
    /// The true causes, and those that cannot be told from them from outside: named alone they are
    /// right in part, named with a true one they are as it should be.
    pub(super) cause: Vec<String>,
    #[serde(default)]
    pub(super) cause_partly: Vec<String>,
    /// Names of the product that answered, and those that are right in part.
    pub(super) product: Vec<String>,
    #[serde(default)]
    pub(super) product_partly: Vec<String>,
    /// Rules of which one must be among the findings.
    #[serde(default)]
    pub(super) finding: Vec<String>,
    /// Patterns that are in the servers' logs if the fault is what the cell says.
    pub(super) log: Vec<String>,
}

/// A server of a kind that `servers.toml` describes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Server {
    pub(super) kind: String,
    /// What other configurations call it.
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) config: String,
    /// Configuration outside of the site's own.
    #[serde(default)]
    pub(super) global: String,
    /// Other files in its directory.
    #[serde(default)]
    pub(super) files: BTreeMap<String, String>,
}

/// How a server of a kind is started.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kind {
    /// The program and its arguments.
    pub(super) command: Vec<String>,
    /// Its configuration, `@dir@/config`.
    pub(super) config: String,
    /// Other files in its directory.
    #[serde(default)]
    pub(super) files: BTreeMap<String, String>,
}

fn home() -> String {
    "/".to_owned()
}

fn unconfirmed() -> Vec<String> {
    vec!["unconfirmed".to_owned()]
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real/matrix")
}

/// The kinds of servers, by name.
pub(super) fn kinds() -> BTreeMap<String, Kind> {
    let text = fs::read_to_string(folder().join("servers.toml")).expect("a readable file");
    toml::from_str(&text).unwrap_or_else(|fault| panic!("servers.toml: {fault}"))
}

/// Every cell of every file.
pub(super) fn all() -> Vec<Cell> {
    let files = fs::read_dir(folder().join("cells")).expect("a folder");
    let mut files: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    files.sort();
    files.iter().flat_map(|file| of_file(file)).collect()
}

fn of_file(file: &Path) -> Vec<Cell> {
    let text = fs::read_to_string(file).expect("a readable file");
    let parsed = text.parse::<Table>();
    let mut parsed = parsed.unwrap_or_else(|fault| panic!("{}: {fault}", file.display()));
    let defaults = match parsed.remove("defaults") {
        Some(Value::Table(table)) => table,
        _ => Table::new(),
    };
    let Some(Value::Array(cells)) = parsed.remove("cell") else {
        panic!("{} has no cells", file.display());
    };
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let cells = cells.into_iter().map(|own| {
        let Value::Table(own) = own else {
            panic!("{}: a cell is a table", file.display());
        };
        let merged = overlaid(defaults.clone(), own);
        let cell = Value::Table(merged).try_into::<Cell>();
        let mut cell = cell.unwrap_or_else(|fault| panic!("{}: {fault}", file.display()));
        cell.name = format!("{stem}-{}", cell.name);
        cell
    });
    cells.collect()
}

/// A table over another: tables within it are overlaid in turn, and anything else replaced.
fn overlaid(mut below: Table, above: Table) -> Table {
    for (key, value) in above {
        let value = match (below.remove(&key), value) {
            // Pages are listed whole, or as in the file's defaults.
            (Some(Value::Table(old)), Value::Table(new)) if key != "site" => {
                Value::Table(overlaid(old, new))
            }
            (_, value) => value,
        };
        below.insert(key, value);
    }
    below
}
