//! Pages that the server no longer serves although it does not fail: refused, or redirected to where they are not.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::assess::start::has_login_words;
use crate::model::RedirectEnd;

use super::super::sight::{PageState, Pair, Sight, Target};
use super::group::Group;
use super::moves::{path, split};
use super::standing::{Ill, Standing};

/// Minimum pages of a run that redirect to one URL, for that URL not to be the new place of each of them. Ours: variants
/// of one product are merged in twos and threes.
const TO_ONE: u64 = 5;

/// Maximum groups that are counted.
const MOST: usize = 100;

/// How a page was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LostCause {
    /// It answers 4xx other than 404 and 410, with this status.
    Refused(u16),
    /// It redirects in a loop, or too often.
    Loop,
    /// It redirects to a URL that fails or is missing.
    DeadTarget,
    /// It redirects to a URL that was not requested.
    Away,
    /// It redirects to the home page.
    Home,
    /// It redirects to a login.
    Login,
    /// It redirects to a URL to which many others redirect too.
    OnePage,
}

/// Pages that were lost in one way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    /// How.
    pub cause: LostCause,
    /// Where they redirect to: an origin or a path; absent for loops and answers.
    pub to: Option<String>,
    /// The pages.
    pub pages: Group,
    /// Number of pages of their folder that answered so before, and do now.
    #[serde(default)]
    pub before: u64,
}

/// Missing or refused URLs that nothing named before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLinks {
    /// The status that they answer.
    pub status: u16,
    /// The URLs.
    pub pages: Group,
}

/// Returns how a page was lost that both runs requested and that was fine or failed in the older one; `None` if it was
/// not.
pub(in crate::assess::compare) fn cause(
    old: &PageState,
    new: &PageState,
    (address, target): (&str, Option<Target<'_>>),
) -> Option<LostCause> {
    if !old.is_fine() && !old.fails() {
        return None;
    }
    loss(new, (address, target))
}

/// Returns how a page is lost in a run, whatever it was before; `None` if it is not.
pub fn loss(new: &PageState, (address, target): (&str, Option<Target<'_>>)) -> Option<LostCause> {
    if new.is_refused() {
        return Some(LostCause::Refused(new.status));
    }
    let target = target.filter(|_| new.is_redirect())?;
    let leads_home = path(target.address) == "/" && path(address) != "/";
    match target.end {
        RedirectEnd::Loop | RedirectEnd::TooMany => Some(LostCause::Loop),
        // A login is often on a host that is not audited.
        _ if target.is_login || has_login_words(target.address) => Some(LostCause::Login),
        RedirectEnd::NotFetched => Some(LostCause::Away),
        RedirectEnd::Final if target.fails => Some(LostCause::DeadTarget),
        RedirectEnd::Final if leads_home => Some(LostCause::Home),
        RedirectEnd::Final => (target.shared >= TO_ONE).then_some(LostCause::OnePage),
    }
}

/// Gathers lost pages, in bounded memory.
#[derive(Clone, Debug, Default)]
pub(in crate::assess::compare) struct Losses {
    lost: BTreeMap<(LostCause, Option<String>), Group>,
    dead_links: BTreeMap<u16, Group>,
}

impl Losses {
    /// Adds a page that was lost.
    pub(in crate::assess::compare) fn lost(&mut self, pair: &Pair<'_>) {
        let (Sight::Seen(old), Sight::Seen(new)) = (&pair.old, &pair.new) else {
            return;
        };
        let Some(cause) = cause(old, new, (pair.address, pair.target)) else {
            return;
        };
        let to = pair
            .target
            .map(|target| place(cause, pair.address, target.address));
        let key = (cause, to.flatten());
        if self.lost.len() < MOST || self.lost.contains_key(&key) {
            self.lost.entry(key).or_default().add(pair.address);
        }
    }

    /// Adds a pair, if only the new run knows it and it is missing or refused.
    pub(in crate::assess::compare) fn dead_link(&mut self, pair: &Pair<'_>) {
        if let (Sight::Absent, Sight::Seen(new)) = (&pair.old, &pair.new)
            && (new.is_missing() && !new.fails() || new.is_refused())
        {
            let group = self.dead_links.entry(new.status).or_default();
            group.add(pair.address);
        }
    }

    /// Returns what was lost, and the links that were dead from the start, the most pages first.
    pub(in crate::assess::compare) fn finish(
        self,
        standing: &Standing,
    ) -> (Vec<Lost>, Vec<DeadLinks>) {
        let all = self.lost.into_iter();
        let mut lost: Vec<Lost> = all
            .map(|((cause, to), pages)| Lost {
                before: match cause {
                    LostCause::Refused(status) => {
                        standing.pages(Ill::Refused(status), pages.folder.as_deref())
                    }
                    _ => 0,
                },
                cause,
                to,
                pages,
            })
            .collect();
        lost.sort_by_key(|lost| std::cmp::Reverse(lost.pages.pages));
        let all = self.dead_links.into_iter();
        let mut dead: Vec<DeadLinks> = all
            .map(|(status, pages)| DeadLinks { status, pages })
            .collect();
        dead.sort_by_key(|dead| std::cmp::Reverse(dead.pages.pages));
        (lost, dead)
    }
}

/// Returns the target of a redirect for people: its origin if that is another one, its path if it is one page.
fn place(cause: LostCause, address: &str, target: &str) -> Option<String> {
    let (origin, path) = split(target);
    let is_elsewhere = split(address).0 != origin;
    match cause {
        LostCause::Home | LostCause::Away | LostCause::DeadTarget if is_elsewhere => {
            Some(origin.to_owned())
        }
        LostCause::Refused(_) | LostCause::Loop | LostCause::Home => None,
        LostCause::Away | LostCause::DeadTarget => Some(super::moves::folder(path).to_owned()),
        // A login is often told where to return to.
        LostCause::Login | LostCause::OnePage => {
            let path = path.split(['?', '#']).next().unwrap_or(path);
            let origin = if is_elsewhere { origin } else { "" };
            Some(format!("{origin}{path}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::{Interval, Verdict};

    fn answers(status: u16) -> PageState {
        PageState {
            verdict: Verdict::Ok,
            status,
            attempts: 1,
            failed: 0,
            passes: 1,
            error_rate: Interval::clustered(0, 1, 1),
            priority: 0.0,
            assumed: false,
        }
    }

    fn target(address: &str, end: RedirectEnd) -> Target<'_> {
        Target {
            address,
            end,
            fails: false,
            is_login: false,
            shared: 1,
        }
    }

    fn lost(status: u16, target: Option<Target<'_>>) -> Option<LostCause> {
        cause(
            &answers(200),
            &answers(status),
            ("https://a.test/b/1", target),
        )
    }

    #[test]
    fn a_page_is_lost_if_nobody_can_read_it_any_more() {
        for status in [401, 403, 407, 451] {
            assert_eq!(lost(status, None), Some(LostCause::Refused(status)));
        }
        for status in [200, 404, 410] {
            assert_eq!(lost(status, None), None, "{status}");
        }
        let to = |address, end| lost(301, Some(target(address, end)));
        let (new, home) = ("https://a.test/c/1", "https://a.test/");
        assert_eq!(to(new, RedirectEnd::Final), None);
        assert_eq!(to(new, RedirectEnd::Loop), Some(LostCause::Loop));
        assert_eq!(to(new, RedirectEnd::TooMany), Some(LostCause::Loop));
        assert_eq!(to(new, RedirectEnd::NotFetched), Some(LostCause::Away));
        assert_eq!(to(home, RedirectEnd::Final), Some(LostCause::Home));
        let login = "https://sso.test/login?back=/b/1";
        assert_eq!(to(login, RedirectEnd::NotFetched), Some(LostCause::Login));
        let with = |change: fn(&mut Target<'_>)| {
            let mut target = target(new, RedirectEnd::Final);
            change(&mut target);
            lost(301, Some(target))
        };
        assert_eq!(with(|to| to.fails = true), Some(LostCause::DeadTarget));
        assert_eq!(with(|to| to.is_login = true), Some(LostCause::Login));
        assert_eq!(with(|to| to.shared = 5), Some(LostCause::OnePage));
        assert_eq!(with(|to| to.shared = 4), None);
    }

    #[test]
    fn what_was_not_fine_cannot_be_lost() {
        let was = answers(302);
        assert_eq!(cause(&was, &answers(403), ("https://a.test/", None)), None);
    }

    #[test]
    fn lost_pages_are_grouped_by_the_place_that_they_redirect_to() {
        let mut losses = Losses::default();
        let login = target("https://sso.test/login?back=/b/1", RedirectEnd::NotFetched);
        for address in ["https://a.test/b/1", "https://a.test/b/2"] {
            losses.lost(&Pair {
                address,
                old_address: address,
                old: Sight::Seen(answers(200)),
                new: Sight::Seen(answers(302)),
                unlinked: false,
                target: Some(login),
                marks: None,
                states: &[],
            });
        }
        let (lost, dead) = losses.finish(&Standing::default());
        let expected = Lost {
            cause: LostCause::Login,
            to: Some("https://sso.test/login".to_owned()),
            pages: Group::of(&["https://a.test/b/1", "https://a.test/b/2"]),
            before: 0,
        };
        assert_eq!((lost, dead), (vec![expected], vec![]));
    }
}
