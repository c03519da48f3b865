//! The start URLs of an audit, from the command line and from a list.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use crate::model::CrawlUrl;

use super::list::{self, Listed};
use super::secrets::Logins;
use crate::settings::args::ScopeArgs;
use crate::settings::args::value::{Seed, seed};
use crate::settings::failure::Failure;

/// The start URLs, each once, in the order in which they were named.
pub(crate) struct Start {
    pub(crate) urls: Vec<CrawlUrl>,
    /// The logins of URLs: the first of each origin, with its URL.
    pub(crate) logins: Logins,
    /// The messages about the list.
    pub(crate) listed: Listed,
}

/// Reads the start URLs.
pub(crate) fn start(args: &ScopeArgs, stdin: &mut dyn Read) -> Result<Start, Failure> {
    let mut start = Start {
        urls: Vec::new(),
        logins: BTreeMap::new(),
        listed: Listed::default(),
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
    // Read first, because a list may have paths of the only site that is named.
    let named = args.url.iter().map(|text| seed(text.expose()));
    let named: Vec<Seed> = named.collect::<Result<_, _>>().map_err(Failure::usage)?;
    let site = match &*named {
        [only] => Some(only.url.clone()),
        _ => None,
    };
    named.into_iter().for_each(&mut add);
    let listed = match args.url_list.as_deref() {
        Some(path) if path == Path::new("-") => {
            list::read("stdin", BufReader::new(stdin), site.as_ref(), &mut add)?
        }
        Some(path) => {
            let name = path.display().to_string();
            let file = File::open(path)
                .map_err(|fault| Failure::usage(format!("--url-list {name}: {fault}")))?;
            list::read(&name, BufReader::new(file), site.as_ref(), &mut add)?
        }
        None => Listed::default(),
    };
    start.listed = listed;
    if start.urls.is_empty() {
        return Err(Failure::usage(
            "no URL to audit: name a site, such as `gatecrawl audit example.com`, or use --url-list or --resume",
        ));
    }
    Ok(start)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::model::Secret;

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
    fn what_is_no_url_is_named_and_left_out() {
        let text = "example.com\n\nmailto:a@b\n";
        assert_eq!(from_list(text).expect("a list"), ["https://example.com/"]);
        let fault = from_list("Query\nshoes\nbags\nftp://a.example\nx\n").expect_err("no URL");
        let expected = "--url-list stdin: no URL in it; give one URL per line, or an export with a column of URLs: \
            line 1 \"Query\", line 2 \"shoes\", line 3 \"bags\" and 2 more";
        assert_eq!(fault, expected);
        let long = format!("mailto:\u{1b}[2J\u{202e}{}", "x".repeat(60_000));
        let fault = from_list(&long).expect_err("no URL");
        assert!(fault.len() < 500, "{fault}");
        assert!(fault.contains("\\u{1b}[2J\\u{202e}xxx"), "{fault}");
        assert!(
            from_list("# nothing\n")
                .expect_err("empty")
                .contains("an empty file")
        );
    }

    #[test]
    fn paths_belong_to_the_only_site_that_is_named() {
        let list = "Landing page,Sessions\n/shop/a,3\n/shop/b?c=d,2\n";
        let with = |urls: &[&str]| {
            let args = ScopeArgs {
                url: urls
                    .iter()
                    .map(|&url| Secret::from(url.to_owned()))
                    .collect(),
                url_list: Some(PathBuf::from("-")),
                ..ScopeArgs::default()
            };
            let found = start(&args, &mut list.as_bytes());
            found.map_err(|fault| fault.message().unwrap_or_default())
        };
        let found = with(&["a.example/x/y"]).map(|start| start.urls);
        let found: Vec<String> = found
            .expect("URLs")
            .iter()
            .map(ToString::to_string)
            .collect();
        let expected = [
            "https://a.example/x/y",
            "https://a.example/shop/a",
            "https://a.example/shop/b?c=d",
        ];
        assert_eq!(found, expected);
        for urls in [&[][..], &["a.example", "b.example"]] {
            let fault = with(urls).err().expect("no site");
            let expected = "--url-list stdin, line 2: \"/shop/a\" is a path without a site; \
                name one site too, such as `gatecrawl audit https://example.com --url-list stdin`";
            assert_eq!(fault, expected);
        }
    }
}
