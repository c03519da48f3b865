//! Cookie files: the Netscape format that curl and browser extensions write, or header lines.

use crate::model::CrawlUrl;
use crate::policy::{is_below, without_www};

/// A cookie and the URLs that get it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Cookie {
    /// `name=value`.
    pub(super) pair: String,
    /// The URLs that get it; `None` for cookies of header lines, which go to the whole site.
    pub(super) domain: Option<Domain>,
}

/// The URLs that get a cookie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Domain {
    host: String,
    /// Whether subdomains get it too.
    subdomains: bool,
    /// The prefix of the paths that get it.
    path: String,
    /// Whether only https URLs get it.
    secure: bool,
}

impl Domain {
    /// Returns whether a URL gets the cookie.
    pub(super) fn admits(&self, url: &CrawlUrl) -> bool {
        let host = url.host().to_string();
        let is_host = host == self.host || (self.subdomains && is_below(&host, &self.host));
        let path = url.as_url().path();
        // RFC 6265 section 5.1.4.
        let is_path = path.strip_prefix(self.path.as_str()).is_some_and(|rest| {
            rest.is_empty() || rest.starts_with('/') || self.path.ends_with('/')
        });
        is_host && is_path && (!self.secure || url.as_url().scheme() == "https")
    }

    /// Returns whether the cookie may go to URLs of a site with this host.
    pub(super) fn concerns(&self, host: &str) -> bool {
        let host = without_www(host);
        host == self.host || is_below(&self.host, host) || is_below(host, &self.host)
    }
}

/// Parses the cookies of a file.
pub(super) fn cookies(text: &str) -> impl Iterator<Item = Cookie> {
    text.lines().flat_map(read)
}

fn read(line: &str) -> Vec<Cookie> {
    // curl marks cookies that scripts may not read in this way; other lines with a hash are comments.
    let line = line.strip_prefix("#HttpOnly_").unwrap_or(line).trim();
    if line.is_empty() || line.starts_with('#') {
        return Vec::new();
    }
    let fields: Vec<&str> = line.split('\t').collect();
    if let [domain, subdomains, path, secure, _, name, rest @ ..] = fields.as_slice() {
        let value = rest.first().unwrap_or(&"");
        let host = domain.trim_start_matches('.').to_ascii_lowercase();
        let cookie = Cookie {
            pair: format!("{name}={value}"),
            domain: Some(Domain {
                host,
                subdomains: subdomains.eq_ignore_ascii_case("true"),
                path: (*path).to_owned(),
                secure: secure.eq_ignore_ascii_case("true"),
            }),
        };
        let is_named = !domain.trim_start_matches('.').is_empty();
        return Some(cookie).filter(|_| is_named).into_iter().collect();
    }
    let pairs: Vec<&str> = if let Some(value) = header(line, "set-cookie:") {
        // The attributes after the first pair are for browsers.
        value.split(';').take(1).collect()
    } else {
        header(line, "cookie:").unwrap_or(line).split(';').collect()
    };
    pairs
        .into_iter()
        .map(str::trim)
        .filter(|pair| pair.contains('='))
        .map(|pair| Cookie {
            pair: pair.to_owned(),
            domain: None,
        })
        .collect()
}

fn header<'l>(line: &'l str, name: &str) -> Option<&'l str> {
    let start = line.get(..name.len())?;
    start
        .eq_ignore_ascii_case(name)
        .then(|| &line[name.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# Netscape HTTP Cookie File\n\
        .example.com\tTRUE\t/\tTRUE\t0\tsession\tabc\n\
        #HttpOnly_www.example.com\tFALSE\t/\tFALSE\t0\ttoken\tdef\n\
        shop.example.com\tFALSE\t/cart\tFALSE\t0\tcart\t1\n\
        badexample.com\tTRUE\t/\tFALSE\t0\tevil\t1\n";

    fn sent(url: &str) -> Vec<String> {
        let url = CrawlUrl::parse(url).expect("a URL");
        let is_for = |cookie: &Cookie| cookie.domain.as_ref().is_none_or(|d| d.admits(&url));
        cookies(FILE)
            .filter(is_for)
            .map(|cookie| cookie.pair)
            .collect()
    }

    #[test]
    fn a_cookie_goes_where_its_columns_say() {
        let cases: [(&str, &[&str]); 7] = [
            ("https://www.example.com/", &["session=abc", "token=def"]),
            ("http://www.example.com/", &["token=def"]),
            ("https://a.www.example.com/", &["session=abc"]),
            ("http://shop.example.com/cart/1", &["cart=1"]),
            ("http://shop.example.com/cartoons", &[]),
            ("https://other.example/", &[]),
            ("https://example.com.other.example/", &[]),
        ];
        for (url, expected) in cases {
            assert_eq!(sent(url), expected, "{url}");
        }
    }

    #[test]
    fn cookies_of_other_sites_are_ignored() {
        let concerned = |host: &str| {
            cookies(FILE)
                .filter(|cookie| cookie.domain.as_ref().is_none_or(|d| d.concerns(host)))
                .count()
        };
        assert_eq!(concerned("example.com"), 3);
        assert_eq!(concerned("www.example.com"), 3);
        assert_eq!(concerned("other.example"), 0);
    }

    #[test]
    fn a_cookie_of_a_public_suffix_goes_to_no_host_below_it() {
        let read: Vec<Cookie> = cookies(".gov.uk\tTRUE\t/\tFALSE\t0\tall\t1\n").collect();
        let domain = read[0].domain.as_ref().expect("a domain");
        let url = |text| CrawlUrl::parse(text).expect("a URL");
        assert!(!domain.admits(&url("https://www.gov.uk/")));
        assert!(!domain.concerns("www.gov.uk"));
        assert!(domain.admits(&url("https://gov.uk/")));
    }

    #[test]
    fn header_lines_are_taken_whole() {
        let file = "Cookie: a=1; b=2\nset-cookie: c=3; Path=/; Secure\nd=4\n";
        let found: Vec<_> = cookies(file).map(|cookie| cookie.pair).collect();
        assert_eq!(found, ["a=1", "b=2", "c=3", "d=4"]);
        assert!(cookies(file).all(|cookie| cookie.domain.is_none()));
    }
}
