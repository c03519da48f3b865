//! What is broken, in the words of the site: which pages fail, how, and when.

use crate::assess::diagnose::rules::Rule;
use crate::model::{Moment, Zone};
use crate::report::words::{count, number};
use crate::store::{FindingUrls, RunScores, StoredPart};

/// Maximum statuses that a sentence names.
const STATUSES: usize = 3;

/// The failures of a problem.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Failures {
    /// The statuses with the number of pages, the most frequent first; 0 without an answer.
    statuses: Vec<(u16, u64)>,
    /// When the first request failed, and when the last did.
    pub(super) times: Option<(Moment, Moment)>,
    /// Whether every request failed.
    always: bool,
    /// The narrowest folder or page that has all its URLs; empty if there is none below its host.
    pub(super) place: String,
    /// Number of its URLs.
    urls: u64,
    /// Pages that it is about.
    pub(super) pages: u64,
}

impl Failures {
    /// Adds up the failures of several places.
    pub(super) fn of<'a>(urls: impl Iterator<Item = &'a FindingUrls>) -> Failures {
        let mut all = Failures {
            always: true,
            ..Failures::default()
        };
        for (at, found) in urls.enumerate() {
            for (status, pages) in &found.statuses {
                match all.statuses.iter_mut().find(|(known, _)| known == status) {
                    Some((_, sum)) => *sum += pages,
                    None => all.statuses.push((*status, *pages)),
                }
            }
            if let Some((from, until)) = found.failed {
                let known = all.times.unwrap_or((from, until));
                all.times = Some((known.0.min(from), known.1.max(until)));
            }
            all.always &= found.always;
            all.urls += found.total;
            all.pages += found.total;
            all.place = if at == 0 {
                narrowest(found)
            } else {
                String::new()
            };
        }
        all.always &= all.times.is_some();
        // No answer comes last.
        all.statuses
            .sort_by_key(|(status, pages)| (std::cmp::Reverse(*pages), status.wrapping_sub(1)));
        all
    }

    /// Returns when they failed, such as `21:53:56 to 21:55:26 UTC`; empty if none did. The day is named unless it is
    /// that of the run.
    pub(super) fn when(&self, started: Moment, zone: &Zone) -> String {
        let Some((from, until)) = self.times else {
            return String::new();
        };
        let first = if zone.day(from) == zone.day(started) {
            zone.clock(from)
        } else {
            zone.seconds(from)
        };
        let name = zone.name(from);
        if from == until {
            return format!("{first} {name}");
        }
        match zone.later(from, until) {
            clock if clock == zone.clock(until) => format!("{first} to {clock} {name}"),
            other => format!("{first} {name} to {other}"),
        }
    }

    /// Returns the sentence about pages at a place, such as `All 20 pages of /checkout/ answer 502, in every request from
    /// 21:53:56 to 21:55:26 UTC`; `None` for a rule that is not about pages that fail.
    pub(super) fn sentence(
        &self,
        rule: Rule,
        place: &str,
        (scores, when): (&RunScores, &str),
    ) -> Option<String> {
        let one = self.pages == 1;
        let verb = |many: &str, single: &str| if one { single } else { many }.to_owned();
        let how = match rule {
            Rule::SoftError => verb(
                "show an error page, and say 200",
                "shows an error page, and says 200",
            ),
            Rule::IntermittentCluster => match self.codes() {
                codes if codes.is_empty() => verb("fail at times", "fails at times"),
                codes => format!("{} ({codes})", verb("fail at times", "fails at times")),
            },
            Rule::SectionDown | Rule::PersistentCluster => match self.statuses.as_slice() {
                [(0, _)] => verb("do not answer", "does not answer"),
                [(status, _)] if *status >= 400 => {
                    format!("{} {status}", verb("answer", "answers"))
                }
                _ => match self.codes() {
                    codes if codes.is_empty() => verb("fail", "fails"),
                    codes => format!("{} ({codes})", verb("fail", "fails")),
                },
            },
            Rule::UnconfirmedCluster => match self.codes() {
                codes if codes.is_empty() => {
                    "failed, with too few requests to say how often".to_owned()
                }
                codes => format!("failed ({codes}), with too few requests to say how often"),
            },
            _ => return None,
        };
        let path = path(place);
        // On a site of one host, sections are named by their paths alone.
        let is_here = |section: &&StoredPart| {
            section.name == place || (scores.hosts.len() <= 1 && section.name == path)
        };
        let who = match scores.sections.iter().find(is_here) {
            _ if self.urls == 1 => path.to_owned(),
            Some(section) if section.urls == self.pages => {
                format!("All {} of {path}", count(self.pages, "page"))
            }
            Some(section) if section.urls > self.pages => {
                let of = number(self.pages);
                format!("{of} of {} of {path}", count(section.urls, "page"))
            }
            _ => format!("{} of {path}", count(self.pages, "page")),
        };
        let when = match (self.times, when) {
            (_, "") | (None, _) => String::new(),
            (Some((from, until)), when) if from == until => format!(", at {when}"),
            (_, when) if self.always => format!(", in every request from {when}"),
            (_, when) => format!(", from {when}"),
        };
        Some(format!("{who} {how}{when}"))
    }

    /// Returns the statuses of the failures; empty if they tell nothing.
    fn codes(&self) -> String {
        let codes = self.statuses.iter().filter(|(status, _)| *status != 200);
        let codes = codes.take(STATUSES).map(|(status, _)| match status {
            0 => "no answer".to_owned(),
            status => status.to_string(),
        });
        codes.collect::<Vec<_>>().join(", ")
    }
}

/// Returns the narrowest folder or page that has all URLs of a finding; empty if there is none below the host.
fn narrowest(found: &FindingUrls) -> String {
    let common = found.common.as_str();
    let all_are_shown = found.worst.len() as u64 == found.total;
    let is_path = |url: &str| {
        url == common
            || url
                .strip_prefix(common)
                .is_some_and(|rest| rest.starts_with('?'))
    };
    if all_are_shown && found.worst.iter().all(|url| is_path(&url.address)) {
        return common.to_owned();
    }
    let end = common.rfind('/').map_or(0, |at| at + 1);
    let folder = &common[..end];
    match path(folder) {
        "" | "/" => String::new(),
        _ => folder.to_owned(),
    }
}

/// Returns a URL without scheme and host; another text as it is.
pub(super) fn path(address: &str) -> &str {
    let Some(start) = address.find("://").map(|at| at + 3) else {
        return address;
    };
    let slash = address[start..].find('/').map(|at| start + at);
    slash.map_or("", |at| &address[at..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::Verdict;
    use crate::store::FindingUrl;

    fn urls(addresses: &[&str], common: &str, total: u64) -> FindingUrls {
        let url = |address: &&str| FindingUrl {
            address: (*address).to_owned(),
            encoded: (*address).to_owned(),
            status: 502,
            verdict: Verdict::Persistent,
            attempts: 3,
            failed: 3,
        };
        FindingUrls {
            worst: addresses.iter().map(url).collect(),
            total,
            statuses: vec![(502, total)],
            failed: Some((Moment::from_millis(0), Moment::from_millis(90_000))),
            always: true,
            common: common.to_owned(),
        }
    }

    #[test]
    fn a_finding_is_where_all_its_urls_are() {
        for (addresses, common, total, place) in [
            (
                &["http://a/l/1", "http://a/l/2"][..],
                "http://a/l/",
                2,
                "http://a/l/",
            ),
            (
                &["http://a/l/item-1", "http://a/l/item-2"],
                "http://a/l/item-",
                2,
                "http://a/l/",
            ),
            (&["http://a/x"], "http://a/x", 1, "http://a/x"),
            (
                &["http://a/s", "http://a/s?q=1"],
                "http://a/s",
                2,
                "http://a/s",
            ),
            (&["http://a/s"], "http://a/s", 9, ""),
            (&["http://a/x", "http://b/x"], "http://", 2, ""),
        ] {
            assert_eq!(
                narrowest(&urls(addresses, common, total)),
                place,
                "{addresses:?}"
            );
        }
    }

    #[test]
    fn a_sentence_says_which_pages_fail_how_and_when() {
        let scores = |urls| RunScores {
            sections: vec![StoredPart {
                name: "/x/".to_owned(),
                urls,
                ..StoredPart::default()
            }],
            ..RunScores::default()
        };
        let said = |rule, found: &FindingUrls, place: &str, pages| {
            let failures = Failures::of([found].into_iter());
            let when = failures.when(Moment::from_millis(0), &Zone::default());
            failures.sentence(rule, place, (&scores(pages), &when))
        };
        let mut found = urls(&["http://a/x/1", "http://a/x/2"], "http://a/x/", 2);
        let all = "All 2 pages of /x/ answer 502, in every request from 00:00:00 to 00:01:30 UTC";
        assert_eq!(
            said(Rule::SectionDown, &found, "http://a/x/", 2).as_deref(),
            Some(all)
        );
        found.always = false;
        let some = "2 of 9 pages of /x/ fail at times (502), from 00:00:00 to 00:01:30 UTC";
        assert_eq!(
            said(Rule::IntermittentCluster, &found, "http://a/x/", 9).as_deref(),
            Some(some)
        );
        found.statuses = vec![(502, 1), (0, 1)];
        let mixed = "2 pages of /x/y/ fail (502, no answer), from 00:00:00 to 00:01:30 UTC";
        assert_eq!(
            said(Rule::PersistentCluster, &found, "http://a/x/y/", 9).as_deref(),
            Some(mixed)
        );
        let mut one = urls(&["http://a/x/1"], "http://a/x/1", 1);
        one.failed = Some((Moment::from_millis(0), Moment::from_millis(0)));
        one.statuses = vec![(0, 1)];
        let single = "/x/1 does not answer, at 00:00:00 UTC";
        assert_eq!(
            said(Rule::PersistentCluster, &one, "http://a/x/1", 9).as_deref(),
            Some(single)
        );
        assert_eq!(
            said(Rule::SitemapListsFailing, &one, "http://a/x/1", 9),
            None
        );
    }
}
