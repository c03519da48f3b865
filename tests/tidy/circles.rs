//! Imports do not go round: what two files of a room share is in a file of its own.
//!
//! A name that a `mod.rs` merely passes on counts as an import of the file that defines it, and passing it on
//! counts as none. Methods are not seen: only paths are.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::LazyLock;

use regex::Regex;

use crate::source::{Source, sources};

/// A module or a name in it: `["crawl", "visit", "page"]`.
type Name = Vec<String>;

/// The files that each file imports from.
type Imports = BTreeMap<Name, BTreeSet<Name>>;

/// More steps than any name is passed on.
const DEEPEST: usize = 20;

static USE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?m)^[ \t]*(pub(?:\([^)]*\))? )?use ([^;]+);").expect("a pattern")
});

static DEFINITION: LazyLock<Regex> = LazyLock::new(|| {
    let kinds = "struct|enum|union|fn|const|static|type|trait|macro_rules!";
    Regex::new(&format!(r"\b(?:{kinds})\s+(\w+)")).expect("a pattern")
});

static CHILD: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\bmod\s+\w+\s*;").expect("a pattern"));

static PATH: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?:^|[^\w:.])(\w+(?:::\w+)+)").expect("a pattern"));

static TEXT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r##"b?r#"[\s\S]*?"#|b?'"'|b?"(?:[^"\\]|\\[\s\S])*""##).expect("a pattern")
});

/// What a file names.
struct File {
    /// What it defines.
    defined: HashSet<String>,
    /// The names that it imports or passes on, each with its path as written.
    imported: HashMap<String, Name>,
    /// The modules of which it imports everything.
    opened: Vec<Name>,
    /// The imported names that it does not pass on.
    own: Vec<String>,
    /// The paths in its code, and the names that it passes on and uses itself.
    used: Vec<Name>,
}

fn name(path: &str) -> Name {
    path.split("::")
        .map(|part| part.trim().to_owned())
        .collect()
}

fn file(source: &Source) -> File {
    let code = TEXT.replace_all(&source.code, "\"\"");
    let body = CHILD
        .replace_all(&USE.replace_all(&code, ""), "")
        .into_owned();
    let names = DEFINITION.captures_iter(&body);
    let mut file = File {
        defined: names.map(|found| found[1].to_owned()).collect(),
        imported: HashMap::new(),
        opened: Vec::new(),
        own: Vec::new(),
        used: PATH
            .captures_iter(&body)
            .map(|path| name(&path[1]))
            .collect(),
    };
    let words: HashSet<&str> = body
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .collect();
    for found in USE.captures_iter(&code) {
        let mut leaves = Vec::new();
        spread("", &found[2], &mut leaves);
        for (alias, path) in leaves {
            if alias == "*" {
                file.opened.push(path);
                continue;
            }
            if found.get(1).is_none() {
                file.own.push(alias.clone());
            } else if words.contains(alias.as_str()) {
                file.used.push(vec![alias.clone()]);
            }
            file.imported.insert(alias, path);
        }
    }
    file
}

/// The paths of a tree of imports, each with the name that it gets; `*` for everything in it.
fn spread(before: &str, tree: &str, found: &mut Vec<(String, Name)>) {
    let tree = tree.trim();
    let Some((head, list)) = tree.split_once('{') else {
        let (path, alias) = tree.split_once(" as ").unwrap_or((tree, ""));
        let path = format!("{before}{path}");
        let path = path.strip_suffix("::self").unwrap_or(&path);
        let (above, last) = path.rsplit_once("::").unwrap_or(("", path));
        match (last, alias) {
            ("", _) => {}
            ("*", _) => found.push(("*".to_owned(), name(above))),
            (last, "") => found.push((last.to_owned(), name(path))),
            (_, alias) => found.push((alias.trim().to_owned(), name(path))),
        }
        return;
    };
    let before = format!("{before}{}", head.trim());
    let list = list.trim_end().trim_end_matches('}');
    let (mut depth, mut from) = (0, 0);
    for (at, c) in list.char_indices().chain([(list.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                spread(&before, &list[from..at], found);
                from = at + 1;
            }
            _ => {}
        }
    }
}

/// The files by their modules.
struct Tree(BTreeMap<Name, File>);

impl Tree {
    fn of(sources: &[Source]) -> Tree {
        let files = sources
            .iter()
            .map(|source| (source.module.clone(), file(source)));
        Tree(files.collect())
    }

    /// The file in which a path ends, as it stands in a file; and whether it ends at the file as a whole.
    fn end(&self, at: &Name, path: &[String], depth: usize) -> Option<(Name, bool)> {
        let (first, rest) = path.split_first()?;
        if depth > DEEPEST {
            return None;
        }
        let file = self.0.get(at)?;
        let whole = match first.as_str() {
            "crate" => rest.to_vec(),
            "self" | "super" => {
                let up = path.iter().filter(|part| *part == "super").count();
                let kept = at.len().checked_sub(up)?;
                let named = path
                    .iter()
                    .filter(|part| !["self", "super"].contains(&part.as_str()));
                at[..kept].iter().chain(named).cloned().collect()
            }
            _ if self.0.contains_key(&[&at[..], &path[..1]].concat()) => [at, path].concat(),
            _ if file.defined.contains(first) => return Some((at.clone(), false)),
            _ => return self.passed_on(at, file, path, depth),
        };
        let files = (0..=whole.len())
            .rev()
            .find(|end| self.0.contains_key(&whole[..*end]))?;
        let (module, rest) = whole.split_at(files);
        let module = module.to_vec();
        match rest.first() {
            None => Some((module, true)),
            Some(name) => {
                let file = &self.0[&module];
                let elsewhere = (!file.defined.contains(name))
                    .then(|| self.passed_on(&module, file, rest, depth))
                    .flatten();
                elsewhere.or(Some((module, false)))
            }
        }
    }

    /// The same for a path that begins with a name which a file imports.
    fn passed_on(
        &self,
        at: &Name,
        file: &File,
        path: &[String],
        depth: usize,
    ) -> Option<(Name, bool)> {
        let (first, rest) = path.split_first()?;
        if let Some(import) = file.imported.get(first) {
            // A crate of this name, not a module.
            if import.first() == Some(first) && import.len() == 1 {
                return None;
            }
            return self.end(at, &[&import[..], rest].concat(), depth + 1);
        }
        file.opened.iter().find_map(|opened| {
            let (module, _) = self
                .end(at, opened, depth + 1)
                .filter(|(_, whole)| *whole)?;
            let file = &self.0[&module];
            let inner: Name = [&module[..], &path[..1]].concat();
            let is_there = file.defined.contains(first)
                || file.imported.contains_key(first)
                || self.0.contains_key(&inner);
            let crated: Vec<String> = ["crate".to_owned()].into_iter().chain(module).collect();
            is_there.then(|| self.end(at, &[&crated[..], path].concat(), depth + 1))?
        })
    }

    /// Which files import from which of their room. A folder that is named as a whole is a door, not a file.
    fn imports(&self) -> Imports {
        let is_folder = |module: &Name| {
            let mut below = self.0.keys();
            below.any(|file| file.len() == module.len() + 1 && file.starts_with(module))
        };
        let of = |at: &Name, file: &File| -> BTreeSet<Name> {
            let own = file.own.iter().map(|name| &file.imported[name]);
            let opened = file.opened.iter();
            own.chain(opened)
                .chain(&file.used)
                .filter_map(|path| self.end(at, path, 0))
                .filter(|(module, whole)| !(*whole && is_folder(module)))
                .map(|(module, _)| module)
                .filter(|module| module != at && module.first() == at.first())
                .collect()
        };
        self.0
            .iter()
            .map(|(at, file)| (at.clone(), of(at, file)))
            .collect()
    }
}

/// The shortest way from a file back to itself.
fn circle(imports: &Imports, from: &Name) -> Option<Vec<Name>> {
    let mut came: BTreeMap<&Name, &Name> = BTreeMap::new();
    let mut open = VecDeque::from([from]);
    while let Some(at) = open.pop_front() {
        for next in imports.get(at).into_iter().flatten() {
            if next == from {
                let mut way = vec![from.clone()];
                let mut at = at;
                while at != from {
                    way.push(at.clone());
                    at = came[at];
                }
                way.push(from.clone());
                way.reverse();
                return Some(way);
            }
            if !came.contains_key(next) {
                came.insert(next, at);
                open.push_back(next);
            }
        }
    }
    None
}

/// The circles, each once and as text.
fn circles(sources: &[Source]) -> Vec<String> {
    let imports = Tree::of(sources).imports();
    let mut seen = HashSet::new();
    let found = imports.keys().filter_map(|file| circle(&imports, file));
    found
        .filter(|way| seen.insert(way.iter().cloned().collect::<BTreeSet<Name>>()))
        .map(|way| {
            let names: Vec<String> = way.iter().map(|name| name.join("::")).collect();
            names.join(" -> ")
        })
        .collect()
}

#[test]
fn imports_do_not_go_round() {
    let found = circles(&sources());
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn circles_are_seen_through_doors_and_not_where_there_are_none() {
    let source = |module: &str, code: &str| Source {
        module: module
            .split("::")
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect(),
        code: code.to_owned(),
    };
    let found = |files: &[(&str, &str)]| {
        let files = files.iter().chain(&[("", "mod a;")]);
        circles(
            &files
                .map(|(module, code)| source(module, code))
                .collect::<Vec<_>>(),
        )
    };
    let door = (
        "a",
        "mod b;\nmod c;\npub use b::B;\npub(crate) use self::c::{C as D, c};\n",
    );
    let round = [
        door,
        ("a::b", "use super::D;\npub struct B;"),
        ("a::c", "use super::B;\npub struct C;"),
    ];
    assert_eq!(found(&round), ["a::b -> a::c -> a::b"]);
    let straight = [
        door,
        ("a::b", "use super::D;\npub struct B;"),
        ("a::c", "pub struct C;"),
    ];
    assert_eq!(found(&straight), [""; 0]);
    let by_path = [
        door,
        ("a::b", "fn b() { super::c::c() }\nstruct B;"),
        ("a::c", "use crate::a::*;\nfn c() { B::b() }"),
    ];
    assert_eq!(found(&by_path), ["a::b -> a::c -> a::b"]);
    let with_door = [
        ("a", "mod b;\npub use b::B;\nfn f() {}\nfn g() { B::b() }"),
        ("a::b", "struct B;\nfn b() { super::f() }"),
    ];
    assert_eq!(found(&with_door), ["a -> a::b -> a"]);
    let in_a_text = [
        door,
        ("a::b", "use super::D;"),
        ("a::c", "const C: &str = \"super::b::B\";"),
    ];
    assert_eq!(found(&in_a_text), [""; 0]);
}
