//! A cell that runs: its backends and servers on ports that the system chose, in folders of their own.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use regex::{Captures, Regex};
use tempfile::TempDir;

use super::backend::{self, Backend};
use super::cell::{self, Cell, Kind};
use super::fault::Behaviour;
use super::site;
use crate::server;

/// Rounds of replacement: a text that is filled in may have placeholders itself.
const ROUNDS: usize = 4;

/// Servers of a cell. They end with it, the last that started first.
#[derive(Debug)]
pub(super) struct Stand {
    /// Where the audit starts.
    pub(super) start: String,
    servers: Vec<server::Server>,
    backends: Vec<Backend>,
    dir: TempDir,
}

/// What stands for what in configurations, each between two `@`.
#[derive(Clone, Debug, Default)]
struct Names(BTreeMap<String, String>);

impl Names {
    fn add(&mut self, name: &str, value: impl Into<String>) {
        self.0.insert(name.to_owned(), value.into());
    }

    /// A place where somebody listens, whole and its port alone.
    fn add_place(&mut self, name: &str, port: u16) {
        self.add(name, format!("127.0.0.1:{port}"));
        self.add(&format!("{name}.port"), port.to_string());
    }

    fn fill(&self, text: &str) -> String {
        let pattern = Regex::new("@([a-z0-9.-]+)@").expect("a pattern");
        let value = |found: &Captures<'_>| {
            let value = self.0.get(&found[1]);
            value
                .unwrap_or_else(|| panic!("nothing is called {} in {text:?}", &found[0]))
                .clone()
        };
        let mut text = text.to_owned();
        for _ in 0..ROUNDS {
            text = pattern.replace_all(&text, value).into_owned();
        }
        text
    }
}

/// Starts the servers of a cell.
pub(super) fn start(cell: &Cell) -> Stand {
    let dir = tempfile::tempdir().expect("a directory");
    open(dir.path());
    let paths = site::paths(&cell.site);
    site::write(&dir.path().join("www"), &paths);
    let mut names = Names::default();
    for (name, text) in &cell.set {
        names.add(name, text);
    }
    names.add("www", dir.path().join("www").display().to_string());
    names.add(
        "installed",
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("target/matrix")
            .display()
            .to_string(),
    );
    let mut stand = Stand {
        start: String::new(),
        servers: Vec::new(),
        backends: Vec::new(),
        dir,
    };
    for (name, behaviour) in &cell.backends {
        let log = stand.dir.path().join(format!("{name}.log"));
        let behaviour = Behaviour::parse(behaviour);
        let backend = backend::start(behaviour, paths.clone(), &log);
        names.add_place(name, backend.address.port());
        stand.backends.push(backend);
    }
    let kinds = cell::kinds();
    for server in &cell.servers {
        let kind = kinds.get(&server.kind);
        let kind = kind.unwrap_or_else(|| panic!("no kind of server: {}", server.kind));
        let running = server::start(|dir, port| {
            let mut names = names.clone();
            names.add("dir", dir.display().to_string());
            names.add("port", port.to_string());
            names.add("config", server.config.as_str());
            names.add("global", server.global.as_str());
            prepare(dir, kind, &server.files, &names)
        });
        if !server.name.is_empty() {
            names.add_place(&server.name, running.port);
            names.add(
                &format!("{}.dir", server.name),
                running.dir.path().display().to_string(),
            );
        }
        names.add("port", running.port.to_string());
        stand.servers.push(running);
    }
    stand.start = match cell.start.strip_prefix('/') {
        Some(path) => names.fill(&format!("http://127.0.0.1:@port@/{path}")),
        None => names.fill(&cell.start),
    };
    stand
}

/// Writes a server's files; returns how it is called.
fn prepare(dir: &Path, kind: &Kind, files: &BTreeMap<String, String>, names: &Names) -> Command {
    open(dir);
    for (name, text) in kind.files.iter().chain(files) {
        site::put(&dir.join(name), &names.fill(text));
    }
    site::put(&dir.join("config"), &names.fill(&kind.config));
    let mut words = kind.command.iter().map(|word| names.fill(word));
    let mut command = Command::new(words.next().expect("a program"));
    command.args(words).current_dir(dir);
    command
}

/// Lets everybody use a folder: servers that are started as root become somebody else.
fn open(dir: &Path) {
    let everybody = PermissionsExt::from_mode(0o777);
    fs::set_permissions(dir, everybody).expect("changed");
}

impl Stand {
    /// A file for the program, in the stand's own folder.
    pub(super) fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.dir.path().join(name);
        site::put(&file, text);
        file
    }

    /// What all of its logs say, each line after the name of its file.
    pub(super) fn logs(&self) -> String {
        let folders = self.servers.iter().map(|server| server.dir.path());
        let mut text = String::new();
        for folder in folders.chain([self.dir.path()]) {
            for file in fs::read_dir(folder).expect("a folder") {
                let file = file.expect("a file").path();
                let name = file
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned();
                let is_log =
                    file.extension().is_some_and(|end| end == "log") || name == "output.txt";
                let content = fs::read(&file).unwrap_or_default();
                let content = String::from_utf8_lossy(&content);
                for line in content.lines().filter(|_| is_log) {
                    let _ = writeln!(text, "{name}: {line}");
                }
            }
        }
        text
    }
}

impl Drop for Stand {
    fn drop(&mut self) {
        while let Some(server) = self.servers.pop() {
            drop(server);
        }
        self.backends.clear();
    }
}
