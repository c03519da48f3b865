//! The start URLs of an audit, from the command line and from a list.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use crate::model::{CrawlUrl, EXCERPT, beginning};

use super::logins::without_logins;
use super::secrets::Logins;
use crate::settings::args::ScopeArgs;
use crate::settings::args::value::{Seed, seed};
use crate::settings::failure::Failure;

/// The start URLs, each once, in the order in which they were named.
pub(crate) struct Start {
    pub(crate) urls: Vec<CrawlUrl>,
    /// The logins of URLs: the first of each origin, with its URL.
    pub(crate) logins: Logins,
}

/// Reads the start URLs.
pub(crate) fn start(args: &ScopeArgs, stdin: &mut dyn Read) -> Result<Start, Failure> {
    let mut start = Start {
        urls: Vec::new(),
        logins: BTreeMap::new(),
    };
    let mut seen = HashSet::new();
    let mut add = |seed: Seed| {
        if let Some(login) = seed.login {
            let known = start.logins.entry(seed.url.host_key());
            known.or_insert_with(|| (seed.url.clone(), login));
        }
        if seen.insert(seed.url.fingerprint()) {
            start.urls.push(seed.url);
        }
    };
    for text in &args.url {
        add(seed(text.expose()).map_err(Failure::usage)?);
    }
    match args.url_list.as_deref() {
        Some(path) if path == Path::new("-") => {
            list("stdin", &mut BufReader::new(stdin), &mut add)?;
        }
        Some(path) => {
            let name = path.display().to_string();
            let file = File::open(path)
                .map_err(|fault| Failure::usage(format!("--url-list {name}: {fault}")))?;
            list(&name, &mut BufReader::new(file), &mut add)?;
        }
        None => {}
    }
    match (start.urls.is_empty(), &args.url_list) {
        (false, _) => Ok(start),
        (true, Some(path)) => Err(Failure::usage(format!(
            "--url-list {}: no URL in it",
            path.display()
        ))),
        (true, None) => Err(Failure::usage(
            "no URL to audit: name a site, such as `gatecrawl audit example.com`, or use --url-list or --resume",
        )),
    }
}

/// Maximum length of a line in bytes: longer ones are not URLs, and a file that is one endless line is not a list.
const LONGEST_LINE: u64 = 64 * 1024;

fn list(name: &str, lines: &mut dyn BufRead, add: &mut dyn FnMut(Seed)) -> Result<(), Failure> {
    let mut number = 0_u64;
    let mut line = Vec::new();
    loop {
        number += 1;
        line.clear();
        let fault = |what: &dyn std::fmt::Display| {
            Failure::usage(format!("--url-list {name}, line {number}: {what}"))
        };
        let unfit = |line: &[u8], what: &str| {
            let text = String::from_utf8_lossy(line);
            fault(&format!(
                "{:?}: {what}",
                beginning(&without_logins(text.trim()), EXCERPT)
            ))
        };
        let read = lines.take(LONGEST_LINE).read_until(b'\n', &mut line);
        if read.map_err(|error| fault(&error))? == 0 {
            return Ok(());
        }
        if line.len() as u64 == LONGEST_LINE && line.last() != Some(&b'\n') {
            return Err(unfit(&line, "too long for a URL"));
        }
        let text = std::str::from_utf8(&line).map_err(|_| unfit(&line, "not UTF-8"))?;
        // Windows editors write a byte order mark at the beginning.
        let text = text.trim_start_matches('\u{feff}');
        // Some spreadsheets end lines with it alone. A URL parser would silently drop it.
        for text in text.split('\r').map(str::trim) {
            if !text.is_empty() && !text.starts_with('#') {
                add(seed(text).map_err(|error| fault(&error))?);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn from_list(text: &str) -> Result<Vec<String>, String> {
        let args = ScopeArgs {
            url_list: Some(PathBuf::from("-")),
            ..ScopeArgs::default()
        };
        match start(&args, &mut text.as_bytes()) {
            Ok(start) => Ok(start.urls.iter().map(ToString::to_string).collect()),
            Err(fault) => Err(fault.message().unwrap_or_default()),
        }
    }

    #[test]
    fn a_list_has_comments_blank_lines_and_each_url_once() {
        let text = "\u{feff}# pages\r\n\r\nexample.com\r\n  https://example.com/a \nexample.com/\n#x\nhttp://b.example/\rhttp://c.example/\r";
        let expected = [
            "https://example.com/",
            "https://example.com/a",
            "http://b.example/",
            "http://c.example/",
        ];
        assert_eq!(from_list(text).expect("a list"), expected);
    }

    #[test]
    fn a_bad_line_is_named() {
        let fault = from_list("example.com\n\nmailto:a@b\n").expect_err("no URL");
        assert!(fault.starts_with("--url-list stdin, line 3: "), "{fault}");
        assert!(
            fault.ends_with("scheme \"mailto\" is not crawled"),
            "{fault}"
        );
        let long = format!("mailto:\u{1b}[2J\u{202e}{}", "x".repeat(60_000));
        let fault = from_list(&long).expect_err("no URL");
        assert!(fault.len() < 500, "{fault}");
        assert!(fault.contains("\\u{1b}[2J\\u{202e}xxx"), "{fault}");
        let fault = from_list(&long.repeat(2)).expect_err("no URL");
        assert!(
            fault.len() < 500 && fault.ends_with("too long for a URL"),
            "{fault}"
        );
        assert!(fault.contains("\\u{1b}[2J\\u{202e}xxx"), "{fault}");
        assert!(
            from_list("# nothing\n")
                .expect_err("empty")
                .contains("no URL in it")
        );
    }
}
