//! The words of a change: a few for a subject, and a sentence.

use crate::assess::compare::{Group, Lost, LostCause, Noindex};
use crate::report::words::{count, number, tame};

use super::kind::{News, UnauditedCause};

impl News {
    /// Returns a few words with the count, for a subject.
    pub(in crate::report::view::brief) fn short(&self) -> String {
        let n = self.pages();
        let pages = count(n, "page");
        match self {
            News::Unaudited { cause, .. } => match cause {
                UnauditedCause::Unread => "the site could not be audited",
                UnauditedCause::Forbidden => "robots.txt forbids the start page",
                UnauditedCause::NoRobots => "robots.txt cannot be read",
            }
            .to_owned(),
            News::GivenUp { .. } => "a part of the site was given up".to_owned(),
            News::StartPage { .. } => "the start page fails".to_owned(),
            News::Broken {
                pages: more,
                folder,
                before: 1..,
            } => format!("{} failing{}", more_pages(*more), inside(folder.as_ref())),
            News::Broken { folder, .. } => {
                format!("{pages} newly failing{}", inside(folder.as_ref()))
            }
            News::Noindex(found) => match (found.whole, &found.pages.folder) {
                (true, Some(folder)) => format!("{} turned noindex", cut(folder)),
                (true, None) => "the whole site turned noindex".to_owned(),
                (false, _) => format!("{pages} turned noindex{}", sections(found)),
            },
            News::Lost(lost) => {
                let folder = inside(lost.pages.folder.as_ref());
                format!("{}{folder} {}", or_more(n, lost.before), how_lost(lost))
            }
            News::Canonical(_) => format!("{pages} with another canonical"),
            News::DeadLinks(links) => {
                format!("{} to {}", count(n, "new link"), links.status)
            }
            News::Rescoped { .. } => "another scope".to_owned(),
            News::AuditedAgain { .. } => "the site can be audited again".to_owned(),
            News::SitemapBack { more: 0, .. } => "the sitemap is back".to_owned(),
            News::SitemapBack { more, .. } => format!("{} sitemaps are back", number(more + 1)),
            News::Resolved { title, more, .. } => {
                format!("resolved: {}{}", lower(title), and_more(*more))
            }
            News::Indexable(_) => format!("{pages} indexable again"),
            News::Failing { .. } => format!("{pages} failing"),
            News::Died { .. } => format!("{pages} dead after coming and going"),
            News::Outage(outage) => outage.short(),
            News::Found {
                title, pages, more, ..
            } => {
                let pages = pages.map_or(String::new(), |n| format!(" ({})", count(n, "page")));
                format!("{}{pages}{}", lower(title), and_more(*more))
            }
            News::RefusedAtTimes { status, .. } => {
                format!("{pages} refused now and then ({status})")
            }
            News::GatesFailed { expressions } => {
                format!("{} failed", count(expressions.len() as u64, "gate"))
            }
            News::SitemapLost { more: 0, .. } => "the sitemap is gone".to_owned(),
            News::SitemapLost { more, .. } => format!("{} sitemaps are gone", number(more + 1)),
            News::Moved { from, to, .. } => format!("{pages} moved {}", way(from, to)),
            News::Worse { .. } => format!("{pages} failing more often"),
            News::Gone { folder, before, .. } => {
                format!("{} gone{}", or_more(n, *before), inside(folder.as_ref()))
            }
            News::Unlinked { .. } => format!("{pages} without links"),
            News::Recovered { pages, folder } => {
                format!("{} recovered{}", number(*pages), inside(folder.as_ref()))
            }
            News::Back(group) => {
                format!("{pages}{} served again", inside(group.folder.as_ref()))
            }
            News::Better { .. } => format!("{pages} failing less often"),
            News::Appeared { folder, .. } => format!("{pages} new{}", inside(folder.as_ref())),
        }
    }

    /// Returns the same as a sentence.
    pub(in crate::report::view::brief) fn sentence(&self) -> String {
        let n = self.pages();
        let pages = count(n, "page");
        let verb = |one: &'static str, many: &'static str| if n == 1 { one } else { many };
        match self {
            News::Unaudited { why, cause } => match cause {
                UnauditedCause::Unread | UnauditedCause::NoRobots => {
                    format!("The site could not be audited: {why}.")
                }
                UnauditedCause::Forbidden => format!(
                    "Crawlers are locked out, those of search engines too, so nothing was audited: {why}."
                ),
            },
            News::StartPage { why, others } => {
                let others = were(*others, "other page");
                format!("The start page fails: {why}. {others} audited.")
            }
            News::GivenUp { urls } => {
                let urls = were(*urls, "URL");
                format!("A part of the site was given up, and {urls} not requested.")
            }
            News::Broken {
                folder,
                before: before @ 1..,
                ..
            } => format!(
                "{} {}{}, beside {} that failed before.",
                more_pages(n),
                verb("fails", "fail"),
                inside(folder.as_ref()),
                number(*before)
            ),
            News::Broken { folder, .. } => format!(
                "{pages}{} {} that did not before.",
                inside(folder.as_ref()),
                verb("fails", "fail")
            ),
            News::Noindex(_)
            | News::Lost(_)
            | News::Canonical(_)
            | News::DeadLinks(_)
            | News::Back(_)
            | News::Indexable(_) => self.of_group(),
            News::Failing { .. }
            | News::Died { .. }
            | News::RefusedAtTimes { .. }
            | News::Worse { .. }
            | News::Gone { .. }
            | News::Unlinked { .. }
            | News::Recovered { .. }
            | News::Better { .. }
            | News::Appeared { .. } => self.of_count(),
            News::Rescoped { how } => format!(
                "The scope of the audit changed ({how}): pages that only one of the two scopes has are not compared."
            ),
            News::AuditedAgain { since } => {
                format!("The site could be audited again, after it could not on {since}.")
            }
            News::SitemapBack { address, more: 0 } => format!("The sitemap {address} is back."),
            News::SitemapBack { address, more } => format!(
                "The sitemap {address} and {} are back.",
                count(*more, "other sitemap")
            ),
            News::Resolved {
                title,
                subject,
                more,
            } => format!("Resolved: {} ({subject}){}.", lower(title), and_more(*more)),
            News::Outage(outage) => outage.sentence(),
            News::Found {
                title,
                subject,
                pages,
                more,
            } => {
                let pages = pages.map_or(String::new(), |n| format!(", {}", count(n, "page")));
                format!(
                    "New finding: {} ({subject}{pages}){}.",
                    lower(title),
                    and_more(*more)
                )
            }
            News::GatesFailed { expressions } => match expressions.as_slice() {
                [gate] => format!("A gate failed: {gate}."),
                gates => format!("{} gates failed.", number(gates.len() as u64)),
            },
            News::SitemapLost { address, more: 0 } => {
                format!("The sitemap {address} is gone.")
            }
            News::SitemapLost { address, more } => format!(
                "The sitemap {address} and {} are gone.",
                count(*more, "other sitemap")
            ),
            News::Moved { from, to, .. } => format!("{pages} moved {}.", way(from, to)),
        }
    }

    /// Returns the sentence of a change that is mainly a number of pages; empty for others.
    fn of_count(&self) -> String {
        let n = self.pages();
        let pages = count(n, "page");
        let verb = |one: &'static str, many: &'static str| if n == 1 { one } else { many };
        match self {
            News::Failing { .. } => format!("{pages} {}.", verb("fails", "fail")),
            News::Died { .. } => format!(
                "{pages} that came and went {} now to every request.",
                verb("fails", "fail")
            ),
            News::RefusedAtTimes { status, .. } => format!(
                "{pages} {} refused now and then ({status}), and {} when asked again{}",
                verb("is", "are"),
                verb("answers", "answer"),
                match status {
                    401 | 403 | 407 => ": is it a firewall that takes the crawl for an attack?",
                    _ => ".",
                }
            ),
            News::Worse { .. } => format!("{pages} {} more often.", verb("fails", "fail")),
            News::Gone { folder, before, .. } => format!(
                "{}{} {} gone{}.",
                or_more(n, *before),
                inside(folder.as_ref()),
                verb("is", "are"),
                beside(*before)
            ),
            News::Unlinked { .. } => format!(
                "No link leads to {pages} any more, and no sitemap lists {}.",
                verb("it", "them")
            ),
            News::Recovered { folder, .. } => {
                format!("{pages}{} recovered.", inside(folder.as_ref()))
            }
            News::Better { .. } => format!("{pages} {} less often.", verb("fails", "fail")),
            News::Appeared { folder, .. } => {
                let folder = inside(folder.as_ref());
                format!("{pages}{folder} {} new.", verb("is", "are"))
            }
            _ => String::new(),
        }
    }

    /// Returns the sentence of a change that names a group of pages; empty for others.
    fn of_group(&self) -> String {
        let n = self.pages();
        let pages = count(n, "page");
        match self {
            News::Noindex(found) => {
                let what = match (found.whole, &found.pages.folder) {
                    (true, Some(folder)) => format!("The whole section {} turned", cut(folder)),
                    (true, None) => "The whole site turned".to_owned(),
                    (false, folder) => {
                        let place = format!("{}{}", sections(found), inside(folder.as_ref()));
                        format!("{pages}{place} turned")
                    }
                };
                let examples = if found.whole {
                    format!(" ({pages})")
                } else {
                    examples(&found.pages)
                };
                format!("{what} noindex{examples}: search engines leave such pages out.")
            }
            News::Lost(lost) => {
                format!(
                    "{}{} now {}{}{}.",
                    or_more(n, lost.before),
                    inside(lost.pages.folder.as_ref()),
                    how_lost(lost),
                    examples(&lost.pages),
                    beside(lost.before)
                )
            }
            News::Canonical(found) => {
                let to = found.to.as_deref().map(cut);
                let to = to.unwrap_or_else(|| "other pages".to_owned());
                format!(
                    "The canonical of {pages}{} now names {to}{}.",
                    inside(found.pages.folder.as_ref()),
                    examples(&found.pages)
                )
            }
            News::DeadLinks(links) => format!(
                "{}{} that nothing named before {} {}{}.",
                count(n, "URL"),
                inside(links.pages.folder.as_ref()),
                if n == 1 { "answers" } else { "answer" },
                links.status,
                examples(&links.pages)
            ),
            News::Back(group) => format!(
                "{pages}{} {} served again{}.",
                inside(group.folder.as_ref()),
                if n == 1 { "is" } else { "are" },
                examples(group)
            ),
            News::Indexable(group) => format!(
                "{pages}{} may be indexed again: noindex is gone{}.",
                inside(group.folder.as_ref()),
                examples(group)
            ),
            _ => String::new(),
        }
    }
}

/// Maximum characters of a place in a subject.
const PLACE: usize = 60;

fn cut(place: &str) -> String {
    let place = tame(place);
    match place.char_indices().nth(PLACE) {
        Some((end, _)) => format!("{}…", &place[..end]),
        None => place.into_owned(),
    }
}

/// Returns how pages were lost, after their number.
fn how_lost(lost: &Lost) -> String {
    let one = lost.pages.pages == 1;
    let verb = |one_page, many| if one { one_page } else { many };
    let redirect = verb("redirects", "redirect");
    let to = lost.to.as_deref().map(cut);
    match (lost.cause, to) {
        (LostCause::Refused(status @ (401 | 407)), _) => {
            format!("{} for a login ({status})", verb("asks", "ask"))
        }
        (LostCause::Refused(403), _) => format!("{} access (403)", verb("refuses", "refuse")),
        (LostCause::Refused(status), _) => format!("{} {status}", verb("answers", "answer")),
        (LostCause::Loop, _) => format!("{redirect} in a loop"),
        (LostCause::DeadTarget, to) => {
            format!("{redirect} to {}, which fails", to.unwrap_or_default())
        }
        (LostCause::Away, to) => format!(
            "{redirect} to {}, which was not requested",
            to.unwrap_or_default()
        ),
        (LostCause::Home, None) => format!("{redirect} to the home page"),
        (LostCause::Home, Some(host)) => format!("{redirect} to the home page of {host}"),
        (LostCause::Login, to) => format!("{redirect} to the login {}", to.unwrap_or_default()),
        (LostCause::OnePage, to) => format!("{redirect} to one page, {}", to.unwrap_or_default()),
    }
}

/// Returns in how many sections pages turned noindex, if in several.
fn sections(found: &Noindex) -> String {
    match found.sections {
        0 => String::new(),
        many => format!(" in {}", count(many, "section")),
    }
}

/// Returns the number of pages: how many more, if some were so before.
fn or_more(pages: u64, before: u64) -> String {
    match before {
        0 => count(pages, "page"),
        _ => more_pages(pages),
    }
}

fn beside(before: u64) -> String {
    match before {
        0 => String::new(),
        before => format!(", beside {} before", number(before)),
    }
}

fn more_pages(pages: u64) -> String {
    match pages {
        1 => "1 more page".to_owned(),
        many => format!("{} more pages", number(many)),
    }
}

fn inside(folder: Option<&String>) -> String {
    folder.map_or(String::new(), |folder| format!(" in {}", cut(folder)))
}

/// Returns some of the pages in brackets, after a space.
fn examples(pages: &Group) -> String {
    let all: Vec<String> = pages.examples.iter().map(|path| cut(path)).collect();
    match all.as_slice() {
        [] => String::new(),
        all if pages.pages as usize == all.len() => format!(" ({})", all.join(", ")),
        all => format!(" (such as {})", all.join(", ")),
    }
}

/// Returns in words between which folders redirects move pages: `from /a/ to /b/`, or `within /a/`.
fn way(from: &str, to: &str) -> String {
    if from == to {
        format!("within {}", cut(from))
    } else {
        format!("from {} to {}", cut(from), cut(to))
    }
}

/// Returns a title within a sentence: its first letter is small unless it begins an abbreviation or a name.
fn lower(title: &str) -> String {
    let is_word = title.chars().nth(1).is_some_and(char::is_lowercase);
    let mut chars = title.chars();
    match chars.next() {
        Some(first) if is_word => first.to_lowercase().chain(chars).collect(),
        _ => title.to_owned(),
    }
}

fn and_more(more: u64) -> String {
    match more {
        0 => String::new(),
        more => format!(" and {}", count(more, "other finding")),
    }
}

/// Returns a count with its verb: `1 URL was`, `2 URLs were`.
fn were(n: u64, what: &str) -> String {
    let verb = if n == 1 { "was" } else { "were" };
    format!("{} {verb}", count(n, what))
}
