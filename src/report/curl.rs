//! A request as a `curl` line, with which a developer can repeat it.

use crate::fetch::HostOverride;
use crate::model::CrawlUrl;
use crate::store::RunRow;

/// The timings that the line prints besides the header, as in `gatecrawl explain check.curl`.
const WRITE_OUT: &str = "code=%{http_code} dns=%{time_namelookup} connect=%{time_connect} \
    tls=%{time_appconnect} ttfb=%{time_starttransfer} total=%{time_total}\\n";

/// A request without secrets: it has neither headers nor cookies of the user.
#[derive(Clone, Debug)]
pub struct Curl<'a> {
    /// The URL to request.
    pub url: &'a CrawlUrl,
    /// The `User-Agent`.
    pub user_agent: Option<&'a str>,
    /// Whether HTTP/2 is off.
    pub http1: bool,
    /// IP addresses of `--resolve`.
    pub resolve: &'a [HostOverride],
    /// Whether the request had a user and a password. The line has placeholders for them.
    pub login: bool,
}

impl Curl<'_> {
    /// Returns the line. It discards the body and shows the header. It does not follow redirects, because the
    /// failing hop counts.
    pub fn line(&self) -> String {
        let mut words = vec!["curl".to_owned(), "-sS".to_owned()];
        let mut add = |flag: &str, value: &str| {
            words.push(flag.to_owned());
            words.push(shell_word(value));
        };
        add("-o", "/dev/null");
        add("-D", "-");
        add("-w", WRITE_OUT);
        if let Some(user_agent) = self.user_agent {
            add("-A", user_agent);
        }
        if self.login {
            add("-u", "USER:PASSWORD");
        }
        let url = self.url.as_url();
        let port = url.port_or_known_default();
        let concerns = |given: &&HostOverride| {
            url.host_str() == Some(given.host.as_str()) && port == Some(given.port)
        };
        for given in self.resolve.iter().filter(concerns) {
            let address = match given.address {
                std::net::IpAddr::V4(address) => address.to_string(),
                std::net::IpAddr::V6(address) => format!("[{address}]"),
            };
            add(
                "--resolve",
                &format!("{}:{}:{address}", given.host, given.port),
            );
        }
        if self.http1 {
            words.push("--http1.1".to_owned());
        }
        // Otherwise curl reads brackets and braces in a URL as a pattern.
        if self.url.as_str().contains(['[', ']', '{', '}']) {
            words.push("-g".to_owned());
        }
        words.push(shell_word(self.url.as_str()));
        words.join(" ")
    }
}

/// Returns the line that requests a URL as a run did; `None` for a text that is not a URL.
pub(super) fn line_of(run: &RunRow, encoded: &str) -> Option<String> {
    let requests = &run.plan.requests;
    let resolve: Vec<HostOverride> = (requests.reach.resolve.iter())
        .filter_map(|given| given.parse().ok())
        .collect();
    let url = CrawlUrl::parse(encoded).ok()?;
    let mut starts = run.plan.scope.seeds.iter();
    let is_of_site = starts.any(|start| start.host() == url.host());
    let curl = Curl {
        user_agent: Some(&requests.user_agent),
        http1: requests.reach.http1,
        resolve: &resolve,
        login: is_of_site && requests.reach.has_login(),
        url: &url,
    };
    Some(curl.line())
}

/// Quotes a word for a POSIX shell. Removes control characters.
pub fn shell_word(word: &str) -> String {
    let word: String = word.chars().filter(|c| !c.is_control()).collect();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@,+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(url: &str, user_agent: Option<&str>, http1: bool, resolve: &[&str]) -> String {
        let url = CrawlUrl::parse(url).expect("a URL");
        let resolve: Vec<_> = resolve
            .iter()
            .map(|text| text.parse().expect("valid"))
            .collect();
        let curl = Curl {
            url: &url,
            user_agent,
            http1,
            resolve: &resolve,
            login: false,
        };
        let line = curl.line();
        let (start, rest) = line.split_once(WRITE_OUT).expect("what it prints");
        assert_eq!(start, "curl -sS -o /dev/null -D - -w '");
        rest.strip_prefix("' ").expect("the end of it").to_owned()
    }

    #[test]
    fn the_line_has_everything_that_matters() {
        assert_eq!(
            line("https://a.example/x", None, false, &[]),
            "https://a.example/x"
        );
        assert_eq!(
            line(
                "https://user:word@a.example/x?a=1&b=$(rm)",
                Some("It's a bot; (x)"),
                true,
                &[
                    "a.example:443:::1",
                    "b.example:443:10.0.0.1",
                    "a.example:80:10.0.0.2"
                ],
            ),
            "-A 'It'\\''s a bot; (x)' --resolve 'a.example:443:[::1]' --http1.1 \
             'https://a.example/x?a=1&b=$(rm)'"
        );
        assert_eq!(
            line("http://a.example/?q[]=1", Some("a\u{1b}b\nc"), false, &[]),
            "-A abc -g 'http://a.example/?q[]=1'"
        );
    }

    #[test]
    fn a_login_is_a_placeholder() {
        let curl = Curl {
            url: &CrawlUrl::parse("https://a.example/").expect("a URL"),
            user_agent: None,
            http1: false,
            resolve: &[],
            login: true,
        };
        assert!(
            curl.line()
                .ends_with(" -u USER:PASSWORD https://a.example/")
        );
    }

    #[test]
    fn a_shell_reads_the_original_word() {
        for word in [
            "", "a b", "$HOME", "`id`", "a'b", "\"x\"", "!!", "*", "~", "a\\b", "a;b&c.db", "=ls",
        ] {
            let output = std::process::Command::new("sh")
                .args(["-c", &format!("printf %s {}", shell_word(word))])
                .output()
                .expect("a shell");
            assert_eq!(String::from_utf8_lossy(&output.stdout), word);
        }
    }
}
