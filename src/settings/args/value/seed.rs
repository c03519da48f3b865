use std::fmt;

use percent_encoding::percent_decode_str;
use url::{Host, ParseError, Url};

use crate::model::{CrawlUrl, EXCERPT, beginning};

use crate::settings::plan::logins::without_logins;

/// A user name, with a password or without.
pub(crate) type Login = (String, Option<String>);

/// A start URL as a person writes it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Seed {
    /// The URL without the login.
    pub(crate) url: CrawlUrl,
    /// The `user:password@` of the URL as it was written.
    pub(crate) login: Option<Login>,
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.url.fmt(f)
    }
}

/// Reads a URL as people write it. Without a scheme it is https, except on this machine and for a bare IP address,
/// where certificates are rare. No message shows a login.
pub(crate) fn seed(text: &str) -> Result<Seed, String> {
    let text = text.trim();
    let shown = without_logins(text);
    let shown = beginning(&shown, EXCERPT);
    // The URL may be longer than the text by a scheme.
    let fault = |why: &dyn fmt::Display| {
        let why = why.to_string();
        format!("{shown:?}: {}", beginning(&why, EXCERPT))
    };
    let url = if has_scheme(text) {
        Url::parse(text)
    } else {
        let rest = text.trim_start_matches('/');
        Url::parse(&format!("http://{rest}")).and_then(|url| {
            if is_local(&url) {
                Ok(url)
            } else {
                Url::parse(&format!("https://{rest}"))
            }
        })
    };
    let url = url.map_err(|why| match why {
        ParseError::IdnaError | ParseError::InvalidDomainCharacter
            if text.contains(char::is_whitespace) =>
        {
            fault(&"a host name has no spaces")
        }
        why => fault(&why),
    })?;
    if url.scheme() == "mailto" {
        return Err("a mail address is not a page; write the address of the site".to_owned());
    }
    let login = login(&url);
    Ok(Seed {
        url: CrawlUrl::from_url(url).map_err(|why| fault(&why))?,
        login,
    })
}

/// Reads a URL and ignores its login.
pub(crate) fn crawl_url(text: &str) -> Result<CrawlUrl, String> {
    seed(text).map(|seed| seed.url)
}

/// Reads `host` or `host:port` and normalises it as URLs do.
pub(crate) fn host(text: &str) -> Result<String, String> {
    let fault = || format!("{text:?} is not a host name such as shop.example.com");
    if text.contains(['/', '@', '?', '#']) {
        return Err(fault());
    }
    let url = Url::parse(&format!("http://{}", text.trim())).map_err(|_| fault())?;
    Ok(url[url::Position::BeforeHost..url::Position::AfterPort].to_owned())
}

/// Returns whether a text has a scheme. `example.com:8080/x` has none, although a colon follows its first word.
fn has_scheme(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let is_scheme = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-');
    let port = rest.bytes().take_while(u8::is_ascii_digit).count();
    let is_port = port > 0 && matches!(rest.as_bytes().get(port), None | Some(b'/' | b'?' | b'#'));
    let is_user = !rest.starts_with('/') && rest.contains('@') && scheme != "mailto";
    !scheme.is_empty() && scheme.bytes().all(is_scheme) && !is_port && !is_user
}

fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(_) => true,
        None => false,
    }
}

fn login(url: &Url) -> Option<Login> {
    let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let given = !url.username().is_empty() || url.password().is_some();
    given.then(|| (decode(url.username()), url.password().map(decode)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_scheme_is_https_except_on_this_machine() {
        let cases = [
            ("example.com", "https://example.com/"),
            ("example.com:8443/a?b", "https://example.com:8443/a?b"),
            ("//example.com/a", "https://example.com/a"),
            ("localhost:3000", "http://localhost:3000/"),
            ("127.0.0.1:8080/x", "http://127.0.0.1:8080/x"),
            ("[::1]:8080", "http://[::1]:8080/"),
            ("HTTP://Example.com", "http://example.com/"),
            ("bücher.example/ä", "https://xn--bcher-kva.example/%C3%A4"),
        ];
        for (text, expected) in cases {
            let read = seed(text).map(|seed| seed.url.as_str().to_owned());
            assert_eq!(read, Ok(expected.to_owned()));
        }
    }

    #[test]
    fn a_login_is_separated_from_the_url() {
        let full = seed("https://us%40er:p%3Aw@example.com/a").expect("a URL");
        assert_eq!(full.url.as_str(), "https://example.com/a");
        assert_eq!(
            full.login,
            Some(("us@er".to_owned(), Some("p:w".to_owned())))
        );
        let short = seed("user:pw@example.com").expect("a URL");
        assert_eq!(short.url.as_str(), "https://example.com/");
        assert_eq!(
            short.login,
            Some(("user".to_owned(), Some("pw".to_owned())))
        );
    }

    #[test]
    fn errors_show_the_text_without_its_login() {
        for text in [
            "https://u:hunter2@exa mple/",
            "u:hunter2@:1:2",
            "ftp://u:hunter2@h/",
            "https://u:pa/hunter2@h/",
            "mailto:a@b",
            "",
        ] {
            let fault = seed(text).expect_err("no URL");
            assert!(!fault.contains("hunter2"), "{fault}");
        }
    }

    #[test]
    fn errors_say_what_to_change() {
        let cases = [
            (
                "mailto:me@a.example",
                "a mail address is not a page; write the address of the site",
            ),
            (
                "my shop.example",
                "\"my shop.example\": a host name has no spaces",
            ),
            (
                "http://h:99999/a b",
                "\"http://h:99999/a b\": invalid port number",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(seed(text).expect_err("no URL"), expected);
        }
    }

    #[test]
    fn hosts_are_names_with_or_without_a_port() {
        assert_eq!(host("Shop.Example.com"), Ok("shop.example.com".to_owned()));
        assert_eq!(host("a.example:8080"), Ok("a.example:8080".to_owned()));
        for text in ["", "https://a.example", "a b", "a/b"] {
            assert!(host(text).is_err(), "{text}");
        }
    }
}
