//! The site that every cell has: a home page that links to all others, each with words of its own.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// The paths of a site's pages, of which `#` stands for the number in its kind.
pub(super) fn paths(site: &BTreeMap<String, usize>) -> Vec<String> {
    let of_kind = |(kind, &count): (&String, &usize)| {
        let numbered = |n: usize| kind.replace('#', &n.to_string());
        (1..=count).map(numbered).collect::<Vec<_>>()
    };
    site.iter().flat_map(of_kind).collect()
}

/// The page at a path; the home page links to all of these.
pub(super) fn html(path: &str, paths: &[String]) -> String {
    let mut html = format!(
        "<!doctype html>\n<html lang=en><title>The page {path}</title>\n<h1>{path}</h1>\n\
         <p>What {path} has to say, in a sentence or two that no other page has.</p>\n\
         <nav><a href=\"/\">Home</a></nav>\n<ul>\n"
    );
    if path == "/" {
        for to in paths {
            let _ = writeln!(html, "<li><a href=\"{to}\">to {to}</a>");
        }
    }
    html.push_str("</ul>\n</html>\n");
    html
}

/// Writes the pages that have no query into a folder, for servers of files.
pub(super) fn write(www: &Path, paths: &[String]) {
    put(&www.join("index.html"), &html("/", paths));
    for path in paths.iter().filter(|path| !path.contains('?')) {
        let name = path.trim_start_matches('/');
        let name = if name.ends_with('/') {
            format!("{name}index.html")
        } else {
            name.to_owned()
        };
        put(&www.join(name), &html(path, &[]));
    }
}

/// Writes a file and the folders above it, for everybody to read.
pub(super) fn put(file: &Path, text: &str) {
    fs::create_dir_all(file.parent().expect("a folder")).expect("made");
    fs::write(file, text).expect("written");
}
