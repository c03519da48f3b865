//! Secrets go to the site and come out nowhere: canaries are handed in at every door, and every byte that comes out
//! is searched for them.

mod archive;
mod echoed;
mod files;
mod messages;
mod pieced;
mod projects;
mod redirects;
mod scheduled;
mod search;
mod words;

use std::path::Path;
use std::process::Output;

use search::{contains, files};

/// A secret that is told from all others by the letters and digits it begins with; what follows is written
/// differently in URLs, HTML and JSON.
fn canary(name: &str) -> String {
    format!("{}/<&>'{name}\"", core(name))
}

/// A canary that may stand in a header field, a cookie and a URL alike.
fn plain_canary(name: &str) -> String {
    format!("{}.~{name}", core(name))
}

/// The words that add the project `shop`.
fn adding<'a>(url: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [
        &["schedule", "add", "shop", url, "--schedule", "@daily"],
        more,
    ]
    .concat()
}

/// What is searched for.
fn core(name: &str) -> String {
    format!("q7x{name}9z")
}

/// Panics if something that a program said has a canary in it.
fn assert_silent(what: &str, said: &Output, names: &[&str]) {
    for (stream, bytes) in [("stdout", &said.stdout), ("stderr", &said.stderr)] {
        for name in names {
            let text = String::from_utf8_lossy(bytes);
            assert!(
                !contains(bytes, &core(name)),
                "{what}: {name} in {stream}: {text}"
            );
        }
    }
}

/// Panics if a file below a directory has a canary in it; what the test wrote itself is left out.
fn assert_clean(dir: &Path, ours: &[&str], names: &[&str]) {
    for (path, bytes) in files(dir) {
        if ours.iter().any(|own| path.ends_with(own)) {
            continue;
        }
        for name in names {
            assert!(
                !contains(&bytes, &core(name)),
                "{name} in {}",
                path.display()
            );
        }
    }
}
