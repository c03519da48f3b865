//! Why a site could not be audited, in one line: what its start page answered, and what to try.

use crate::assess::{NoStart, StartAnswer, StartFault, has_login_words};
use crate::model::{CrawlUrl, RobotsAccess, SkipReason};
use crate::store::{PageCounts, RobotsRow, RunRow, RunSummary, Store, StoreError};

use super::text::{count, number};

/// Why a run that came to its end says nothing about its site; none if it does.
pub(super) fn why(
    store: &Store,
    run: &RunRow,
    summary: &RunSummary,
) -> Result<Option<String>, StoreError> {
    if !run.state.has_ended() {
        return Ok(None);
    }
    let Some(no_start) = store.no_start(run.id)? else {
        return Ok(hardly_requested(&summary.pages));
    };
    if no_start.fault == StartFault::Skipped(SkipReason::Robots)
        && let Some(robots) = unreadable(store, run)?
    {
        return Ok(Some(said(&robots)));
    }
    let advice = advice(&no_start, had_login(run));
    Ok(Some(format!("{no_start}; {advice}")))
}

/// Whether less than half of the pages that should have been requested were.
fn hardly_requested(pages: &PageCounts) -> Option<String> {
    let due = pages.requested + pages.not_requested;
    (pages.requested * 2 < due).then(|| {
        format!(
            "only {} of {} were requested, because a host was given up or its robots.txt could not be \
             read",
            number(pages.requested),
            count(due, "known page")
        )
    })
}

/// Whether the run had a login or a cookie for its site.
fn had_login(run: &RunRow) -> bool {
    let secrets = &run.plan.requests.reach.secrets;
    secrets.iter().any(|secret| secret != "--proxy")
}

/// What to try.
fn advice(no_start: &NoStart, had_login: bool) -> String {
    let address = &no_start.address;
    let check = || format!("`gatecrawl check {address}` shows more");
    match &no_start.fault {
        StartFault::Answers(answer) | StartFault::LeadsTo(_, answer) => {
            of_answer(answer, address, had_login)
        }
        StartFault::Silent(_) => of_silence(address),
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
            "--ignore-robots crawls a site of your own all the same".to_owned()
        }
        StartFault::Skipped(SkipReason::HostDown) => check(),
        StartFault::Skipped(_) => "`skipped.csv` says why (--out DIR)".to_owned(),
    }
}

fn of_answer(answer: &StartAnswer, address: &str, had_login: bool) -> String {
    match answer.status {
        None => of_silence(address),
        Some(401 | 407) if had_login => {
            "the login that was given is not accepted: check --basic-auth, or try --cookie"
                .to_owned()
        }
        Some(401 | 407) => "give a login with --basic-auth USER:PASSWORD, or --cookie".to_owned(),
        Some(403) => "let the crawler through the firewall, try another --user-agent, or give a \
             login with --basic-auth or --cookie"
            .to_owned(),
        Some(404 | 410) => "check the URL, and start from a page that is there".to_owned(),
        Some(429) => "the site limits requests: try again later, with --rate 1".to_owned(),
        Some(_) => format!("`gatecrawl check {address}` shows more"),
    }
}

fn of_silence(address: &str) -> String {
    let plain = if address.starts_with("https://") {
        ", or try http:// instead of https://"
    } else {
        ""
    };
    format!("check the name and the port{plain}")
}

/// A warning about a start URL that leads to another site.
pub(super) fn redirected(from: &CrawlUrl, to: &CrawlUrl) -> String {
    let host = host(to);
    format!("{from} redirects to another site, {to}; --host {host} audits that too")
}

/// The host with its port, as `--host` takes it.
fn host(url: &CrawlUrl) -> &str {
    &url.as_url()[url::Position::BeforeHost..url::Position::AfterPort]
}

/// Why nothing may be fetched, and what to try.
fn said(robots: &RobotsRow) -> String {
    let (host, status, text) = (&robots.host, robots.status, &robots.status_text);
    if status == 0 {
        let advice = of_silence(host);
        return format!("no answer from {host} ({text}); {advice}");
    }
    let answer = format!("{status} {text}");
    format!(
        "robots.txt of {host} could not be read ({}), so nothing may be fetched; \
         --ignore-robots crawls a site of your own all the same",
        answer.trim()
    )
}

/// The robots.txt of the first host of which it is unreachable.
fn unreadable(store: &Store, run: &RunRow) -> Result<Option<RobotsRow>, StoreError> {
    let mut found = None;
    store.typed_rows(run.id, &mut |row: RobotsRow| {
        found = Some(row).filter(|row| row.access == RobotsAccess::Unreachable);
        found.is_none()
    })?;
    Ok(found)
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
    fn each_answer_of_a_start_page_has_something_to_try() {
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
        let plain = advised("http://a.test/", StartFault::Silent("x".into()), false);
        assert_eq!(plain, "check the name and the port");
    }

    #[test]
    fn less_than_half_of_the_pages_is_no_audit() {
        let pages = |requested, not_requested| PageCounts {
            requested,
            not_requested,
            ..PageCounts::default()
        };
        assert_eq!(hardly_requested(&pages(43, 43)), None);
        assert_eq!(hardly_requested(&pages(0, 0)), None);
        assert_eq!(
            hardly_requested(&pages(19, 67)).as_deref(),
            Some(
                "only 19 of 86 known pages were requested, because a host was given up or its \
                 robots.txt could not be read"
            )
        );
    }
}
