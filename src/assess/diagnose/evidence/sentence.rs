//! The sentence that shows each kind of evidence to people.

use std::fmt;
use std::time::Duration;

use super::Evidence;
use crate::assess::diagnose::load_curve::Load;
use crate::assess::diagnose::outages::Lasted;
use crate::assess::history::rate_limit::RateLimit;
use crate::model::{LONG_CHAIN, MAX_REDIRECTS};

impl fmt::Display for Evidence {
    #[expect(clippy::too_many_lines, reason = "a table: one sentence a kind")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use Evidence as E;
        match self {
            E::Status { status } => write!(f, "status {status}"),
            E::Page { product, title } => match (product, title) {
                (Some(product), Some(title)) => write!(
                    f,
                    "the error page is that of {product} (\u{201c}{title}\u{201d})"
                ),
                (Some(product), None) => write!(f, "the error page is that of {product}"),
                (None, Some(title)) => write!(f, "the error page says \u{201c}{title}\u{201d}"),
                (None, None) => f.write_str("the error page is of a known kind"),
            },
            E::OwnStatus { product } => write!(f, "a status that only {product} has"),
            E::Header { name, value } => write!(f, "header {name}: {value}"),
            E::Outcome { outcome, count } => write!(f, "{count} \u{d7} {}", outcome.words()),
            E::Attempts { failed } => write!(f, "{failed} requests failed"),
            E::Urls { failing, whose } => write!(f, "{failing} URLs of {whose} fail"),
            E::Timer {
                hits,
                seconds,
                timer,
            } => {
                write!(f, "{hits} answers took {seconds:.1} s: {timer}")
            }
            E::Late { answers, from, to } => {
                let answers = count(*answers, "recheck");
                let after = match (from.round(), to.round()) {
                    (from, to) if from < to => format!("{from} to {to}"),
                    (from, _) => from.to_string(),
                };
                write!(
                    f,
                    "{answers} waited longer and got a good answer after {after} s: always too slow"
                )
            }
            E::Instant { hits, seconds } => write!(
                f,
                "{hits} answers came at once ({seconds:.3} s): no time limit ran out"
            ),
            E::Held { hits, from, to } => write!(
                f,
                "{hits} answers came after {from:.1} to {to:.1} s: a server accepted the request and \
                 gave it up"
            ),
            E::Ticked {
                hits,
                seconds,
                timer,
            } => write!(
                f,
                "{hits} answers came in the second after {seconds} s: {timer}"
            ),
            E::RetryAfter {
                count,
                longest_seconds,
            } => write!(
                f,
                "{count} answers said by Retry-After when the site is back, at most {longest_seconds} s later"
            ),
            E::DefaultRetryAfter {
                count,
                longest_seconds,
            } => write!(
                f,
                "{count} answers had a Retry-After of at most {longest_seconds} s, which is a \
                 product's default and no sign of maintenance"
            ),
            E::InvalidRetryAfter { count } => write!(
                f,
                "{count} answers had a Retry-After that is neither whole seconds nor an HTTP date"
            ),
            E::Cached { count } => write!(f, "{count} error answers came out of a cache"),
            E::Controls { fine } => {
                write!(
                    f,
                    "{fine} requests for other pages of the host were fine meanwhile"
                )
            }
            E::Sections { failing } => {
                let have = if failing.part == 1 { "has" } else { "have" };
                write!(f, "{failing} sections {have} failing URLs")
            }
            E::Load {
                load,
                from,
                below,
                above,
            } => {
                let counted = match load {
                    Load::Open => "requests open at once",
                    Load::Begun => "requests within a second",
                };
                write!(
                    f,
                    "with {from} or more {counted} {above} failed, with fewer {below}"
                )
            }
            E::Outage {
                from,
                until,
                failed,
                pages,
                before,
                after,
            } => {
                let lasted = Lasted::between((*before, *from), (*until, *after));
                let pages = match pages {
                    0 => "robots.txt or a sitemap".to_owned(),
                    pages => count(u64::from(*pages), "page"),
                };
                let requests = match failed {
                    1 => "the only request".to_owned(),
                    failed => format!("all {failed} requests"),
                };
                write!(f, "from {from} to {until} {requests} failed, at {pages}")?;
                match after {
                    Some(after) => {
                        write!(
                            f,
                            "; the first good answer came at {after}: down for {lasted}"
                        )
                    }
                    None => write!(f, ": down for {lasted}"),
                }
            }
            E::FileOutage { from, until, after } if from == until => {
                write!(
                    f,
                    "it failed at {from}; the first good answer came at {after}"
                )
            }
            E::FileOutage { from, until, after } => write!(
                f,
                "it failed from {from} to {until}; the first good answer came at {after}"
            ),
            E::HomePage => f.write_str("the home page fails"),
            E::SeeFindings { subjects, more } => {
                let what = match subjects.len() as u64 + more {
                    1 => "the finding",
                    _ => "the findings",
                };
                write!(f, "see {what} about {}", subjects.join(", "))?;
                match more {
                    0 => Ok(()),
                    more => write!(f, " and {more} more"),
                }
            }
            E::MixedOutage {
                from,
                until,
                failed,
                after,
            } => {
                let percent = failed.share() * 100.0;
                write!(
                    f,
                    "from {from} to {until} {failed} pages failed at their first request ({percent:.0} %)"
                )?;
                match after {
                    Some(after) => write!(f, "; from {after} on they were fine"),
                    None => Ok(()),
                }
            }
            E::FirstRequests { first, later } => write!(
                f,
                "{first} first requests to a page failed, and {later} later ones to these pages"
            ),
            E::Outages { count } => write!(f, "it went down {count} times in all"),
            E::NotOver => f.write_str("it was still down when the crawl ended"),
            E::Rhythm {
                every_seconds: every,
                down_seconds,
                sure,
            } => match (sure, down_seconds) {
                (true, Some(down)) => {
                    write!(
                        f,
                        "it has a rhythm: down for about {down:.0} s in every {every:.0} s"
                    )
                }
                (true, None) => write!(f, "it has a rhythm: down every {every:.0} s"),
                (false, _) => write!(
                    f,
                    "its times would fit a rhythm, down about every {every:.0} s, but that may be chance"
                ),
            },
            E::EachLasted { seconds } => {
                write!(f, "it was down for about {seconds:.0} s each time")
            }
            E::Restart => f.write_str(
                "short and whole, as in a deploy or a restart: over within 2 minutes, and nothing \
                 was fine in between",
            ),
            E::RateLimit {
                low,
                high,
                burst,
                refused,
                status,
                section,
                window,
            } => {
                let limit = RateLimit {
                    low: *low,
                    high: *high,
                    burst: *burst,
                    window: window.map(Duration::from_secs),
                    refused: refused.part,
                    requests: refused.of,
                    status: *status,
                };
                f.write_str("refuses more than ")?;
                match window {
                    Some(seconds) => write!(f, "{burst} requests in {seconds} s")?,
                    None if limit.is_known() => {
                        write!(f, "about {} requests/s", number(limit.rate()))?;
                    }
                    None => write!(f, "{} to {} requests/s", number(*low), number(*high))?,
                }
                if let Some(section) = section {
                    write!(f, " in {section}")?;
                }
                if *burst > 1 && window.is_none() {
                    write!(f, " after a burst of {burst}")?;
                }
                write!(
                    f,
                    ": {refused} requests were refused with {status}, all others kept to it"
                )
            }
            E::NoNetwork {
                from,
                until,
                silence,
            } => match until {
                Some(until) => write!(
                    f,
                    "this machine had no network from {from} to {until}: {silence}"
                ),
                None => write!(
                    f,
                    "this machine had no network from {from} until the crawl was interrupted: {silence}"
                ),
            },
            E::ClosedConnections { requests } => write!(
                f,
                "{requests} requests got no answer because the server closed the kept connection; they count against no page"
            ),
            E::NotCounted { attempts, urls } => write!(
                f,
                "{attempts} {} at {urls} {} do not count",
                if *attempts == 1 {
                    "attempt"
                } else {
                    "attempts"
                },
                if *urls == 1 { "URL" } else { "URLs" },
            ),
            E::FineWhenSlow { fine } => {
                write!(f, "{fine} failing URLs were fine when requested slowly")
            }
            E::FineByNow { fine } => {
                write!(f, "requested again at the end, {fine} requests were fine")
            }
            E::FineAsBrowser { fine } => {
                write!(
                    f,
                    "at URLs that fail for the crawler {fine} requests with a browser's user agent were fine"
                )
            }
            E::FailsAsBrowser { fine } => {
                let failed = fine.of.saturating_sub(fine.part);
                write!(
                    f,
                    "they fail for a browser's user agent too: {failed} of {} requests",
                    fine.of
                )
            }
            E::Address {
                address,
                failed,
                outcome,
            } => {
                write!(f, "at {address} {failed} requests failed")?;
                match outcome {
                    Some(outcome) => write!(f, " ({})", outcome.words()),
                    None => Ok(()),
                }
            }
            E::AddressFine { address, fine } => write!(f, "at {address} {fine} requests were fine"),
            E::AddressesDiffer { failing } => {
                write!(
                    f,
                    "{failing} addresses of the host fail, the others are fine"
                )
            }
            E::SpellingsDiffer { fine } => write!(
                f,
                "{fine} requests for other spellings of failing addresses were fine and the others \
                 failed: a hash of the address chooses the backend"
            ),
            E::FineRespelled { fine } => write!(
                f,
                "{fine} requests for other spellings of failing addresses were fine: the errors are kept \
                 for these addresses"
            ),
            E::Turns {
                backends,
                at_turn,
                sooner,
            } => {
                let nth = match backends {
                    2 => "2nd".to_owned(),
                    3 => "3rd".to_owned(),
                    more => format!("{more}th"),
                };
                write!(
                    f,
                    "of the requests that were the {nth} after a failure {at_turn} failed, of those \
                     before {sooner}: {backends} backends take turns"
                )
            }
            E::LeftOut {
                seconds,
                within,
                later,
            } => write!(
                f,
                "in the {seconds} s after a failure {within} requests failed, later {later}: a balancer \
                 leaves a backend out for a while after each failure"
            ),
            E::OneOf { backends, failed } => write!(
                f,
                "{failed} requests failed, which is the share of one backend of {backends}"
            ),
            E::FineOnFreshConnection { fine } => write!(
                f,
                "{fine} requests that failed on an open connection were fine on a new one"
            ),
            E::FineWithHttp1 { fine } => {
                write!(f, "at failing URLs {fine} requests with HTTP/1.1 were fine")
            }
            E::FineUncompressed { fine } => write!(
                f,
                "at failing URLs {fine} requests without compression (Accept-Encoding: identity) were fine"
            ),
            E::FinePastCaches { fine } => write!(
                f,
                "{fine} requests were fine with a query that no cache has seen: an old error is kept"
            ),
            E::FineWithoutQuery { fine } => {
                write!(
                    f,
                    "at failing URLs {fine} requests without the query were fine"
                )
            }
            E::FineWithoutCookies { fine } => {
                write!(
                    f,
                    "at failing URLs {fine} requests without the crawl's cookies were fine"
                )
            }
            E::Recovered { urls, whose } => {
                let noun = if *urls == 1 { "URL" } else { "URLs" };
                write!(f, "{urls} {noun} of {whose} failed and recovered")
            }
            E::Verdicts {
                persistent,
                intermittent,
                unconfirmed,
                transient,
            } => {
                let counts = [
                    (persistent, "persistent"),
                    (intermittent, "intermittent"),
                    (unconfirmed, "unconfirmed"),
                    (transient, "transient"),
                ];
                let present = counts.iter().filter(|(count, _)| **count > 0);
                let words: Vec<String> = present
                    .map(|(count, verdict)| format!("{count} {verdict}"))
                    .collect();
                write!(f, "by verdict: {}", words.join(", "))
            }
            E::Families { patterns, more } => {
                write!(f, "URLs like {}", patterns.join(", "))?;
                match more {
                    0 => Ok(()),
                    more => write!(f, " and {more} more patterns"),
                }
            }
            E::LogLine {
                cause,
                failures,
                line,
            } => write!(
                f,
                "the server's log says {} for {failures} failures, see {line}",
                cause.title()
            ),
            E::Soft { pages } => {
                write!(f, "{pages} pages with a status of success are error pages")
            }
            E::SoftSign { sign, count } => write!(f, "{count} \u{d7} {}", sign.title()),
            E::Blocks { answers } => {
                write!(
                    f,
                    "{answers} failing answers are the page of a bot protection"
                )
            }
            E::Denied { pages, sections } => {
                write!(
                    f,
                    "{pages} pages answer 403 Forbidden, in {sections} sections"
                )
            }
            E::Refused { urls, section } => {
                write!(
                    f,
                    "{urls} URLs of {section} are refused by the server itself"
                )
            }
            E::RedirectEnd {
                target,
                outcome,
                hops,
                inlinks,
            } => write!(
                f,
                "after {hops} {} it ends at {target} with {}; {inlinks} internal {} there",
                if *hops == 1 { "hop" } else { "hops" },
                outcome.words(),
                if *inlinks == 1 {
                    "link leads"
                } else {
                    "links lead"
                },
            ),
            E::EndlessRedirects {
                urls,
                inlinks,
                example,
            } => {
                let (urls, links) = (count(*urls, "redirect"), count(*inlinks, "internal link"));
                write!(
                    f,
                    "{urls} in a loop or of more than {MAX_REDIRECTS} hops, such as {example}; {links} to them"
                )
            }
            E::LongRedirects {
                urls,
                hops,
                example,
            } => {
                let urls = count(*urls, "redirect");
                write!(
                    f,
                    "{urls} of {LONG_CHAIN} hops or more, at most {hops}, such as {example}"
                )
            }
            E::SitemapProblem { address, problem } => write!(f, "{address}: {problem}"),
            E::MoreSitemaps { files } => {
                write!(f, "{} more, see sitemaps.csv", count(*files, "sitemap"))
            }
            E::EarlierRuns { urls, most } => write!(
                f,
                "{urls} URLs failed in earlier runs too, one of them in {most}"
            ),
            E::Lasts { hours } if *hours < 1.0 => {
                write!(
                    f,
                    "{:.0} s from the first failure to the last",
                    hours * 3600.0
                )
            }
            E::Lasts { hours } => write!(f, "{hours:.1} h from the first failure to the last"),
            E::FirstByte {
                median_ms,
                p95_ms,
                answers,
            } => write!(
                f,
                "first byte after {median_ms} ms (median) and {p95_ms} ms (95th percentile) of \
                 {answers} good answers"
            ),
            E::SlowPages {
                pages,
                limit_ms,
                median_ms,
                p95_ms,
            } => {
                let seconds = |ms: &u64| *ms as f64 / 1000.0;
                write!(
                    f,
                    "{pages} pages take {} s or more to the first byte; half of them all take up to {:.1} s, \
                     95 % up to {:.1} s",
                    seconds(limit_ms),
                    seconds(median_ms),
                    seconds(p95_ms)
                )
            }
            E::Unseen { urls } => {
                let percent = urls.share() * 100.0;
                write!(
                    f,
                    "{urls} known URLs of the site were not requested ({percent:.1} %)"
                )
            }
            E::LastFine { at: Some(at) } => write!(f, "the host answered well until {at}"),
            E::LastFine { at: None } => f.write_str("no request to the host was ever fine"),
            E::Waited { text } => f.write_str(text),
            E::NoStart { pages: 1, fault } => write!(f, "the start page {fault}"),
            E::NoStart { pages, fault } => write!(
                f,
                "none of {pages} start pages answers with a page: the first {fault}"
            ),
            E::DeadLinks { urls, pages } => {
                let (urls, fail) = match urls {
                    1 => ("1 external link".to_owned(), "fails"),
                    urls => (format!("{urls} external links"), "fail"),
                };
                write!(f, "{urls} on {} {fail}", count(*pages, "page"))
            }
            E::DeadLink {
                address,
                end,
                status,
                outcome,
                pages,
                examples,
            } => {
                f.write_str(address)?;
                if let Some(end) = end {
                    write!(f, " redirects to {end}, which")?;
                }
                match (status, outcome) {
                    (Some(status), _) => write!(f, " answers {status}")?,
                    (None, Some(outcome)) => {
                        write!(f, " does not answer ({})", outcome.words())?;
                    }
                    (None, None) => {
                        f.write_str(" was not requested, because its host was given up")?;
                    }
                }
                let such = match *pages {
                    pages if pages > examples.len() as u64 => "for example ",
                    _ => "",
                };
                let (pages, examples) = (count(*pages, "page"), examples.join(", "));
                write!(f, ", linked from {pages}, {such}{examples}")
            }
            E::BrokenReference {
                reference,
                urls,
                pages,
                address,
                page,
            } => {
                let (pages, urls) = (count(*pages, "page"), count(*urls, "URL"));
                write!(
                    f,
                    "{} fails on {pages} ({urls}), such as {address} on {page}",
                    reference.name()
                )
            }
            E::Scripted { pages } => write!(
                f,
                "{} of {} have almost no text and no links until scripts run",
                pages.part,
                count(pages.of, "HTML page")
            ),
            E::Forbidden {
                pages,
                listed,
                line,
            } => {
                write!(f, "robots.txt forbids all {}", count(*pages, "known page"))?;
                if !line.is_empty() {
                    write!(f, " ({line})")?;
                }
                match listed {
                    0 => Ok(()),
                    listed => write!(f, "; a sitemap lists {listed} of them"),
                }
            }
            E::Policy { text } => f.write_str(text),
            E::Example { url } => write!(f, "for example {url}"),
        }
    }
}

/// `1 page`, `12 pages`.
fn count(number: u64, noun: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{s}")
}

/// Formats a rate for people: one decimal below ten.
fn number(rate: f64) -> String {
    let text = match rate {
        rate if rate < 9.95 => format!("{rate:.1}"),
        rate => format!("{rate:.0}"),
    };
    text.trim_end_matches(".0").to_owned()
}
