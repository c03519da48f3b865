//! The reason why a site could not be audited, with advice.

use std::fmt;

use crate::assess::{NoStart, StartAnswer, StartFault, Verdict, has_login_words};
use crate::fetch::NOT_TLS;
use crate::model::{Coverage, CrawlUrl, RobotsAccess, SkipReason};
use crate::report::words::{count, number};
use crate::store::{RobotsRow, RunRow, RunSummary, Store, StoreError, UrlCounts};

/// The reason why a site could not be audited although the run ended. Its text is one line with advice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unaudited {
    /// No start page was a page.
    NoStart {
        /// Why the first start page was none.
        start: NoStart,
        /// Whether the run had a login or a cookie for its site.
        had_login: bool,
    },
    /// No robots.txt of the start pages could be read.
    Robots {
        /// The first of the hosts.
        host: String,
        /// The status that robots.txt answered; absent if there was no HTTP answer.
        status: Option<u16>,
        /// The status or the failure, in words.
        text: String,
    },
    /// Less than half of the pages that should have been requested were.
    HardlyRequested {
        /// Number of those that were requested.
        requested: u64,
        /// Number of those that should have been requested.
        due: u64,
    },
}

impl Unaudited {
    /// Returns why the site of an ended run could not be audited; `None` if it was.
    pub(super) fn of(
        store: &Store,
        run: &RunRow,
        summary: &RunSummary,
    ) -> Result<Option<Unaudited>, StoreError> {
        if !run.state.has_ended() {
            return Ok(None);
        }
        let Some(start) = store.no_start(run.id)? else {
            return Ok(hardly_requested(&summary.pages));
        };
        let is_closed = matches!(
            start.fault,
            StartFault::Skipped(SkipReason::Robots | SkipReason::HostDown)
        );
        if is_closed && let Some(robots) = unreadable(store, run)? {
            return Ok(Some(robots));
        }
        // A list may be of failing pages, to see whether they still fail. A dead home page of a site that answers
        // otherwise is a finding like others.
        let is_list = run.plan.scope.coverage == Coverage::List;
        let is_of_page = start.fault.is_server_error() && (is_list || has_fine_pages(summary));
        if is_of_page {
            return Ok(hardly_requested(&summary.pages));
        }
        let had_login = had_login(run);
        Ok(Some(Unaudited::NoStart { start, had_login }))
    }
}

impl Unaudited {
    /// Returns whether the reason may pass within minutes: a robots.txt that cannot be read.
    pub const fn may_pass(&self) -> bool {
        matches!(self, Unaudited::Robots { .. })
    }
}

impl fmt::Display for Unaudited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unaudited::NoStart { start, had_login } => {
                write!(f, "{start}; {}", advice(start, *had_login))
            }
            Unaudited::Robots {
                host,
                status: None,
                text,
            } => {
                let advice = of_silence(host, text);
                write!(f, "no answer from {host} ({text}); {advice}")
            }
            Unaudited::Robots {
                host,
                status: Some(status),
                text,
            } => {
                let answer = format!("{status} {text}");
                write!(
                    f,
                    "robots.txt of {host} could not be read ({}), so nothing may be fetched; \
                     repair it first: search engines stop crawling as well",
                    answer.trim()
                )
            }
            Unaudited::HardlyRequested { requested, due } => {
                let (requested, due) = (number(*requested), count(*due, "known page"));
                write!(
                    f,
                    "only {requested} of {due} were requested, because a host or a part of it was given \
                     up or its robots.txt could not be read"
                )
            }
        }
    }
}

/// Returns whether any page of the site was fine, at least at times.
fn has_fine_pages(summary: &RunSummary) -> bool {
    let ever_fine = [
        Verdict::Ok,
        Verdict::Transient,
        Verdict::Intermittent,
        Verdict::LoadInduced,
    ];
    let pages = |verdict: &Verdict| summary.pages.with_verdict(*verdict);
    ever_fine.iter().map(pages).sum::<u64>() > 0
}

/// Returns the reason if less than half of the pages that should have been requested were.
fn hardly_requested(pages: &UrlCounts) -> Option<Unaudited> {
    let (requested, due) = (pages.requested, pages.requested + pages.not_requested);
    (requested * 2 < due).then_some(Unaudited::HardlyRequested { requested, due })
}

/// Returns whether the run had a login or a cookie for its site.
fn had_login(run: &RunRow) -> bool {
    let secrets = &run.plan.requests.reach.secrets;
    secrets.iter().any(|secret| secret != "--proxy")
}

/// Returns the advice.
fn advice(no_start: &NoStart, had_login: bool) -> String {
    let address = &no_start.address;
    let check = || format!("`gatecrawl check {address}` shows more");
    match &no_start.fault {
        StartFault::Answers(answer) | StartFault::LeadsTo(_, answer) => {
            of_answer(answer, address, had_login)
        }
        StartFault::Silent(text) => of_silence(address, text),
        StartFault::Login(_) | StartFault::LoginForm if had_login => {
            "the login or cookie that was given is not accepted".to_owned()
        }
        StartFault::Login(_) | StartFault::LoginForm => {
            "give the cookie of a session with --cookie or --cookie-file".to_owned()
        }
        StartFault::Away(target) if has_login_words(target) => {
            "if that is a login, give the cookie of a session with --cookie or --cookie-file"
                .to_owned()
        }
        StartFault::Away(target) => match CrawlUrl::parse(target) {
            Ok(url) => format!("--host {} audits that too", host(&url)),
            Err(_) => check(),
        },
        StartFault::Endless => format!("a cookie may be missing (--cookie), and {}", check()),
        StartFault::Skipped(SkipReason::Robots) => {
            "if the site is yours, --ignore-robots crawls it anyway".to_owned()
        }
        StartFault::Skipped(SkipReason::HostDown) => check(),
        StartFault::Skipped(_) => "`skipped.csv` says why (--out DIR)".to_owned(),
    }
}

fn of_answer(answer: &StartAnswer, address: &str, had_login: bool) -> String {
    match answer.status {
        None => of_silence(address, &answer.text),
        Some(401 | 407) if had_login => {
            "the login that was given is not accepted: check --basic-auth, or try --cookie"
                .to_owned()
        }
        Some(401 | 407) => "give a login with --basic-auth USER:PASSWORD, or --cookie".to_owned(),
        Some(403) => "let the crawler through the firewall, try another --user-agent, or give a \
             login with --basic-auth or --cookie"
            .to_owned(),
        Some(404 | 410) => "check the URL, and start from a page that exists".to_owned(),
        Some(206 | 304) => {
            "the crawler requested the whole page: a cache in front of the site may be at fault"
                .to_owned()
        }
        Some(429) => "the site limits requests: try again later, with --rate 1".to_owned(),
        Some(_) => format!("`gatecrawl check {address}` shows more"),
    }
}

fn of_silence(address: &str, text: &str) -> String {
    if text.contains(NOT_TLS)
        && let Some(rest) = address.strip_prefix("https://")
    {
        return format!("the server speaks plain HTTP there: start from http://{rest}");
    }
    let plain = if address.starts_with("https://") {
        ", or try http:// instead of https://"
    } else {
        ""
    };
    format!("check the name and the port{plain}")
}

/// Returns the host with its port, as `--host` takes it.
pub(super) fn host(url: &CrawlUrl) -> &str {
    &url.as_url()[url::Position::BeforeHost..url::Position::AfterPort]
}

/// Returns the reason if a robots.txt is unreachable, with the first such host.
fn unreadable(store: &Store, run: &RunRow) -> Result<Option<Unaudited>, StoreError> {
    let mut found = None;
    store.typed_rows(run.id, &mut |row: RobotsRow| {
        if found.is_none() && row.access == RobotsAccess::Unreachable {
            found = Some(row);
        }
        Ok::<(), StoreError>(())
    })?;
    Ok(found.map(|row| Unaudited::Robots {
        host: row.host,
        status: Some(row.status).filter(|status| *status != 0),
        text: row.status_text,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advised(address: &str, fault: StartFault, had_login: bool) -> String {
        let no_start = NoStart {
            address: address.to_owned(),
            pages: 1,
            fault,
        };
        advice(&no_start, had_login)
    }

    #[test]
    fn each_answer_of_a_start_page_has_advice() {
        let answers = |status| {
            StartFault::Answers(StartAnswer {
                status: Some(status),
                text: String::new(),
            })
        };
        let cases = [
            (answers(401), false, "--basic-auth USER:PASSWORD"),
            (answers(401), true, "not accepted"),
            (answers(403), false, "--user-agent"),
            (answers(404), false, "check the URL"),
            (answers(410), false, "check the URL"),
            (answers(206), false, "a cache in front of the site"),
            (answers(429), false, "--rate 1"),
            (answers(502), false, "gatecrawl check https://a.test/"),
            (
                StartFault::Silent("x".into()),
                false,
                "http:// instead of https://",
            ),
            (StartFault::Login("x".into()), false, "--cookie"),
            (StartFault::Login("x".into()), true, "not accepted"),
            (
                StartFault::Away("https://b.test:81/".into()),
                false,
                "--host b.test:81 audits",
            ),
            (
                StartFault::Away("https://sso.b.test/".into()),
                false,
                "--cookie",
            ),
            (StartFault::Endless, false, "--cookie"),
        ];
        for (fault, had_login, expected) in cases {
            let said = advised("https://a.test/", fault.clone(), had_login);
            assert!(said.contains(expected), "{fault:?}: {said}");
        }
        let not_tls = StartFault::Silent(NOT_TLS.to_owned());
        assert_eq!(
            advised("https://shop.test:18080/", not_tls, false),
            "the server speaks plain HTTP there: start from http://shop.test:18080/"
        );
        let plain = advised("http://a.test/", StartFault::Silent("x".into()), false);
        assert_eq!(plain, "check the name and the port");
    }

    #[test]
    fn less_than_half_of_the_pages_is_no_audit() {
        let pages = |requested, not_requested| UrlCounts {
            requested,
            not_requested,
            ..UrlCounts::default()
        };
        assert_eq!(hardly_requested(&pages(43, 43)), None);
        assert_eq!(hardly_requested(&pages(0, 0)), None);
        let said = hardly_requested(&pages(19, 67)).expect("a reason");
        assert_eq!(
            said.to_string(),
            "only 19 of 86 known pages were requested, because a host or a part of it was given \
             up or its robots.txt could not be read"
        );
    }
}
