//! The secrets of the site: header fields, a login, cookies. They come from flags, the environment, the config file
//! or a URL. No message and no stored plan shows them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

use http::header::{AUTHORIZATION, COOKIE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::fetch::{Confided, HostSecret, Secrets, SecretsFor};
use crate::machine;
use crate::model::{CrawlUrl, HostKey, ScopePlan};

use super::cookies;
use crate::model::Secret;
use crate::settings::args::IdentityArgs;
use crate::settings::args::value::Login;
use crate::settings::failure::Failure;
use crate::settings::parse::exposed;
use crate::settings::source::read_file;

/// Maximum size of a cookie file in bytes. Those of browsers have some hundred kilobytes.
const COOKIE_FILE: u64 = 16 << 20;

/// The logins of URLs, by origin.
pub(crate) type Logins = BTreeMap<HostKey, (CrawlUrl, Login)>;

/// Collects the secrets. Those of flags go to the whole site, a login in a URL to that URL's host, and a cookie of a
/// file to its own domain.
pub(crate) fn secrets(
    args: &IdentityArgs,
    scope: &ScopePlan,
    logins: Logins,
    stdin: &mut dyn Read,
) -> Result<Secrets, Failure> {
    let headers = headers(&args.header)?;
    let clashes = [
        (AUTHORIZATION, args.basic_auth.is_some(), "--basic-auth"),
        (COOKIE, args.cookie.is_some(), "--cookie"),
    ];
    for (field, is_given, flag) in clashes {
        if is_given && headers.contains_key(&field) {
            return Err(Failure::usage(format!(
                "--header {field}: {flag} sets it already; leave one of them out"
            )));
        }
    }
    let basic_auth = args
        .basic_auth
        .as_ref()
        .map(|text| basic_auth(text.expose()))
        .transpose()?;
    let mut of_hosts: Vec<HostSecret> = logins
        .into_values()
        .map(|(url, (user, password))| HostSecret {
            to: SecretsFor::when(move |target| shares_login(&url, target)),
            what: Confided::Login(user, password),
        })
        .collect();
    let mut pairs: Vec<String> = args
        .cookie
        .iter()
        .map(|text| text.expose().trim().to_owned())
        .collect();
    if let Some(path) = &args.cookie_file {
        refuse_cookies(path)?;
        let bytes = read_file("--cookie-file", path, COOKIE_FILE, stdin)?;
        if machine::is_exposed(path) {
            tracing::warn!("{}", exposed(path));
        }
        let hosts = hosts(scope);
        for cookie in cookies::cookies(&String::from_utf8_lossy(&bytes)) {
            match cookie.domain {
                None => pairs.push(cookie.pair),
                Some(domain) if hosts.iter().any(|host| domain.concerns(host)) => {
                    of_hosts.push(HostSecret {
                        to: SecretsFor::when(move |target| domain.admits(target)),
                        what: Confided::Cookie(cookie_value(&cookie.pair)?),
                    });
                }
                Some(_) => {}
            }
        }
    }
    let cookies = (!pairs.is_empty())
        .then(|| cookie_value(&pairs.join("; ")))
        .transpose()?;
    Ok(Secrets {
        headers,
        basic_auth,
        cookies,
        of_hosts,
        public: (scope.seeds.iter().map(ToString::to_string))
            .chain(scope.hosts.iter().cloned())
            .collect(),
    })
}

/// Returns whether a login of one URL may go to another: same host and port, and never from https to http.
fn shares_login(given: &CrawlUrl, target: &CrawlUrl) -> bool {
    let is_https = |url: &CrawlUrl| url.as_url().scheme() == "https";
    given.host() == target.host()
        && given.as_url().port() == target.as_url().port()
        && (is_https(target) || !is_https(given))
}

/// Refuses a path that is a cookie itself, and names the right flag.
fn refuse_cookies(path: &Path) -> Result<(), Failure> {
    let is_cookie = path.as_os_str().to_string_lossy().contains('=') && !path.exists();
    if is_cookie {
        return Err(Failure::usage(
            "--cookie-file: there is no such file; cookies themselves go to --cookie or GATECRAWL_COOKIE",
        ));
    }
    Ok(())
}

/// Returns the hosts of a site that the user named.
fn hosts(scope: &ScopePlan) -> BTreeSet<String> {
    let named = scope.hosts.iter().map(|host| {
        let name = host
            .rsplit_once(':')
            .map_or(host.as_str(), |(name, _)| name);
        name.to_owned()
    });
    let seeds = scope.seeds.iter().map(|seed| seed.host().to_string());
    seeds.chain(named).collect()
}

fn cookie_value(text: &str) -> Result<HeaderValue, Failure> {
    HeaderValue::from_str(text)
        .map_err(|_| Failure::usage("--cookie: has characters that no header may have"))
}

fn basic_auth(text: &str) -> Result<Login, Failure> {
    let (user, password) = match text.split_once(':') {
        Some((user, password)) => (user, Some(password.to_owned())),
        None => (text, None),
    };
    if user.is_empty() && password.is_none() {
        return Err(Failure::usage("--basic-auth: write USER:PASSWORD"));
    }
    Ok((user.to_owned(), password))
}

/// Asks for the password of a login that has none. Returns whether a login, if there is one, has a password now.
pub(super) fn complete(
    login: &mut Option<Login>,
    ask: impl FnOnce(&str) -> Option<String>,
) -> bool {
    let Some((user, password @ None)) = login else {
        return true;
    };
    *password = ask(&format!("Password of {user}: "));
    password.is_some()
}

/// Parses header fields. A text of the environment may have several, one on each line.
fn headers(texts: &[Secret]) -> Result<HeaderMap, Failure> {
    let mut map = HeaderMap::new();
    let lines = texts.iter().flat_map(|text| text.expose().lines());
    for line in lines.map(str::trim).filter(|line| !line.is_empty()) {
        let (name, value) = line
            .split_once(':')
            .ok_or_else(|| Failure::usage("--header: write 'NAME: VALUE'"))?;
        let parsed = HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| {
            Failure::usage("--header: the text before the colon is not a field name")
        })?;
        let value = HeaderValue::from_str(value.trim()).map_err(|_| {
            Failure::usage(format!(
                "--header {parsed}: its value has characters that no header may have"
            ))
        })?;
        if REFUSED.contains(&parsed) {
            return Err(Failure::usage(format!(
                "--header {parsed}: gatecrawl sets it itself"
            )));
        }
        map.append(parsed, value);
    }
    // It goes to every host: see `user_agent`.
    map.remove(USER_AGENT);
    Ok(map)
}

/// Returns the user agent: `--user-agent`, or a `--header` of that name.
pub(crate) fn user_agent(args: &IdentityArgs) -> Result<Option<String>, Failure> {
    let lines = args.header.iter().flat_map(|text| text.expose().lines());
    let mut named = lines
        .filter_map(|line| line.split_once(':'))
        .filter(|(name, _)| name.trim().eq_ignore_ascii_case(USER_AGENT.as_str()))
        .map(|(_, value)| value.trim().to_owned());
    let (first, second) = (named.next(), named.next());
    if first.is_some() && (second.is_some() || args.user_agent.is_some()) {
        return Err(Failure::usage(
            "--header user-agent: it is given twice; leave one of them out",
        ));
    }
    Ok(args.user_agent.clone().or(first))
}

/// Header fields that `--header` refuses: those that frame a message, and those that request a part of a page or make
/// the request conditional. With the latter no answer would show the state of the page.
const REFUSED: [HeaderName; 11] = [
    http::header::CONNECTION,
    http::header::CONTENT_LENGTH,
    http::header::TRANSFER_ENCODING,
    http::header::TE,
    http::header::UPGRADE,
    http::header::RANGE,
    http::header::IF_RANGE,
    http::header::IF_MATCH,
    http::header::IF_NONE_MATCH,
    http::header::IF_MODIFIED_SINCE,
    http::header::IF_UNMODIFIED_SINCE,
];

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::plan;
    use super::*;
    use crate::settings::args::{Cli, Command};

    #[test]
    fn a_login_without_a_password_is_asked_for_one() {
        let completed = |text, typed: Option<&str>| {
            let mut login = Some(basic_auth(text).expect("a login"));
            let ask = |prompt: &str| {
                assert_eq!(prompt, "Password of ann: ");
                typed.map(str::to_owned)
            };
            let is_complete = complete(&mut login, ask);
            (is_complete, login.and_then(|(_, password)| password))
        };
        assert_eq!(completed("ann:x", None), (true, Some("x".to_owned())));
        assert_eq!(completed("ann:", None), (true, Some(String::new())));
        assert_eq!(completed("ann", Some("y")), (true, Some("y".to_owned())));
        assert_eq!(completed("ann", None), (false, None));
        assert!(complete(&mut None, |_| None));
    }

    fn read(args: &IdentityArgs) -> Result<Secrets, String> {
        secrets(args, &scope(&[]), Logins::new(), &mut std::io::empty())
            .map_err(|fault| fault.message().unwrap_or_default())
    }

    #[test]
    fn no_header_requests_a_part_of_a_page_or_a_conditional_answer() {
        for header in [
            "Range: bytes=0-",
            "if-none-match: \"a\"",
            "Connection: close",
        ] {
            let line = [
                "gatecrawl",
                "audit",
                "https://site.test/",
                "--header",
                header,
            ];
            let Command::Audit(args) = Cli::parse_from(line).command else {
                panic!("an audit");
            };
            let fault = read(&args.identity).expect_err(header);
            assert!(fault.contains("gatecrawl sets it itself"), "{fault}");
        }
    }

    fn url(text: &str) -> CrawlUrl {
        CrawlUrl::parse(text).expect("a URL")
    }

    fn scope(seeds: &[&str]) -> ScopePlan {
        let args = ["gatecrawl", "audit", "placeholder.example"];
        let seeds: Vec<CrawlUrl> = seeds.iter().map(|text| url(text)).collect();
        match Cli::try_parse_from(args).expect("valid").command {
            Command::Audit(args) => plan(&args, &seeds).expect("a plan").scope,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_login_of_a_url_is_for_its_host_and_stays_encrypted() {
        let cases = [
            ("https://a.example/x", "https://a.example/y", true),
            ("https://a.example/", "http://a.example/", false),
            ("http://a.example/", "https://a.example/", true),
            ("https://a.example/", "https://b.example/", false),
            ("https://a.example/", "https://a.example:8443/", false),
            ("https://a.example/", "https://www.a.example/", false),
        ];
        for (given, target, expected) in cases {
            let login = ("ann".to_owned(), None);
            let logins = Logins::from([(url(given).host_key(), (url(given), login))]);
            let args = IdentityArgs::default();
            let found = secrets(&args, &scope(&[given]), logins, &mut std::io::empty());
            let found = found.expect("secrets");
            assert_eq!(found.basic_auth, None);
            let admits = found.of_hosts[0].to.admits(&url(target));
            assert_eq!(admits, expected, "{given} {target}");
        }
    }

    #[test]
    fn cookies_of_a_file_go_to_the_domains_it_names() {
        let mut file = "a.example\tFALSE\t/\tFALSE\t0\ta\t1\n\
            c.example\tFALSE\t/\tFALSE\t0\tc\t1\nCookie: d=1\n"
            .as_bytes();
        let args = IdentityArgs {
            cookie_file: Some("-".into()),
            ..IdentityArgs::default()
        };
        let scope = scope(&["https://a.example/", "https://b.example/"]);
        let found = secrets(&args, &scope, Logins::new(), &mut file).expect("secrets");
        assert_eq!(found.cookies.expect("for all"), "d=1");
        assert_eq!(found.of_hosts.len(), 1, "the third site is none of ours");
        assert!(found.of_hosts[0].to.admits(&url("https://a.example/")));
        assert!(!found.of_hosts[0].to.admits(&url("https://b.example/")));
    }

    #[test]
    fn a_password_may_have_colons() {
        let args = IdentityArgs {
            basic_auth: Some("user:pass:word".into()),
            ..IdentityArgs::default()
        };
        let login = read(&args).expect("secrets").basic_auth.expect("a login");
        assert_eq!(login, ("user".to_owned(), Some("pass:word".to_owned())));
    }

    #[test]
    fn several_headers_may_come_on_lines_of_one_text() {
        let args = IdentityArgs {
            header: vec!["X-A: 1\nX-B:2\n".into(), "x-a: 3".into()],
            ..IdentityArgs::default()
        };
        let headers = read(&args).expect("secrets").headers;
        assert_eq!(headers.get_all("x-a").iter().count(), 2);
        assert_eq!(headers["x-b"], "2");
    }

    #[test]
    fn nothing_may_be_given_twice() {
        let args = |words: &str| {
            let words = format!("gatecrawl|audit|a.example|{words}");
            match Cli::try_parse_from(words.split('|'))
                .expect("valid")
                .command
            {
                Command::Audit(args) => args.identity,
                other => panic!("{other:?}"),
            }
        };
        for words in [
            "-H|authorization: x|--basic-auth|a:b",
            "-H|Cookie: a=1|--cookie|b=2",
        ] {
            let fault = read(&args(words)).expect_err("twice");
            assert!(fault.ends_with("leave one of them out"), "{fault}");
        }
        let agent = args("-H|user-agent: Bot/1|-H|X-A: 1");
        assert_eq!(user_agent(&agent).ok().flatten().as_deref(), Some("Bot/1"));
        assert_eq!(read(&agent).expect("secrets").headers.len(), 1);
        for words in ["-H|User-Agent: X|-A|Y", "-H|User-Agent: X|-H|User-Agent: Y"] {
            assert!(user_agent(&args(words)).is_err(), "{words}");
        }
    }

    #[test]
    fn no_error_shows_a_secret() {
        let header = |text: &str| IdentityArgs {
            header: vec![text.into()],
            ..IdentityArgs::default()
        };
        let cookie = IdentityArgs {
            cookie: Some("hunter2\n".repeat(2).into()),
            ..IdentityArgs::default()
        };
        let texts = [
            "hunter2",
            "X-A\u{1}: hunter2",
            "X-A: hunter2\u{1}",
            "Upgrade: hunter2",
        ];
        for args in texts.map(header).into_iter().chain([cookie]) {
            let fault = read(&args).expect_err("unusable");
            assert!(!fault.contains("hunter2"), "{fault}");
        }
    }
}
