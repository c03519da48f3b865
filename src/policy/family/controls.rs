//! Pages of one host that were fine and never failed. The crawl requests one next to a failing URL:
//! if it fails as well, the failure is not that URL's alone.

use std::collections::HashMap;
use std::time::Duration;

use crate::model::{CrawlUrl, Fingerprint, Moment};

use super::suspects::Suspects;
use super::{Families, Family};

/// Maximum number of pages kept of a host, maximum number of each of its families, and the number
/// of pages from families without failures that is enough. Ours.
const MOST: usize = 12;
const MOST_OF_FAMILY: usize = 3;
const CLEAN: usize = 3;

/// Maximum requests of one page as a companion in a run: no page is requested without end because others fail. Ours.
const MOST_AS_COMPANION: u32 = 12;

/// Number of times that a URL fails next to a companion that is fine until it is known that it fails alone. Ours.
const FAILS_ALONE: u32 = 2;

/// A family that was fine within this time is up. The test of outages uses the same time (docs/verdicts.md).
const JUST_FINE: Duration = Duration::from_secs(1);

/// The controls of one host. It stores URLs and not their families, because families change as more URLs are known.
#[derive(Debug, Default)]
pub struct Controls {
    /// The page that was fine last is at the end, recently used ones are at the front.
    pages: Vec<CrawlUrl>,
    /// Number of requests of each page as a companion.
    used: HashMap<Fingerprint, u32>,
    /// When a page of each family was fine last, in the passes.
    fine: HashMap<Family, Moment>,
    /// Number of times that each URL failed next to a companion that was fine.
    alone: HashMap<Fingerprint, u32>,
}

/// The known families of a host.
#[derive(Clone, Copy, Debug)]
pub struct FamilyKnowledge<'a> {
    /// The families learned from the paths of URLs.
    pub families: &'a Families,
    /// The families with recent failures.
    pub suspects: &'a Suspects,
}

impl Controls {
    /// Returns whether more controls would be of use.
    pub fn are_few(&self) -> bool {
        self.pages.len() < CLEAN
    }

    /// Adds a page that was fine. It replaces another if there are enough.
    pub fn was_fine(&mut self, url: &CrawlUrl, knowledge: FamilyKnowledge<'_>) {
        if self.pages.contains(url) {
            return;
        }
        let family = knowledge.of(url);
        let mut of_family =
            (0..self.pages.len()).filter(|at| knowledge.of(&self.pages[*at]) == family);
        let first = of_family.next();
        if of_family.count() + 1 >= MOST_OF_FAMILY
            && let Some(first) = first
        {
            self.pages.remove(first);
        } else if self.pages.len() == MOST {
            let clean = self
                .pages
                .iter()
                .filter(|good| knowledge.is_clean(good))
                .count();
            let oldest = self.pages.iter().position(|good| knowledge.is_clean(good));
            let oldest = oldest.filter(|_| clean > CLEAN);
            self.pages.remove(oldest.unwrap_or_default());
        }
        self.pages.push(url.clone());
    }

    /// Removes a page that failed from the controls.
    pub fn failed(&mut self, url: &CrawlUrl) {
        self.pages.retain(|good| good != url);
    }

    /// Returns the control for a URL: of a family without failures, else of another family than
    /// this URL's, else any; of another section, if there is one.
    pub fn control_for(&self, url: &CrawlUrl, knowledge: FamilyKnowledge<'_>) -> Option<CrawlUrl> {
        self.far(url, knowledge, &|_| true)
    }

    /// Records that a page of this family was fine in a pass.
    pub fn is_up(&mut self, family: Family, now: Moment) {
        self.fine.insert(family, now);
    }

    /// Records that a URL failed, and that a companion was fine.
    pub fn fails_alone(&mut self, url: &CrawlUrl) {
        *self.alone.entry(url.fingerprint()).or_default() += 1;
    }

    /// Returns pages to request at once when a URL fails that was fine before: one of its family,
    /// and one of another if there is one. If both are fine, the failure is the URL's own. Pages
    /// for which `best` returns true are preferred. There are none if that is known without them.
    pub fn companions(
        &mut self,
        url: &CrawlUrl,
        knowledge: FamilyKnowledge<'_>,
        now: Moment,
        best: &dyn Fn(&CrawlUrl) -> bool,
    ) -> Vec<CrawlUrl> {
        let family = knowledge.of(url);
        let fine = self.fine.get(&family);
        let is_up = fine.is_some_and(|at| now.since(*at) <= JUST_FINE);
        let alone = self.alone.get(&url.fingerprint());
        if is_up || alone.is_some_and(|times| *times >= FAILS_ALONE) {
            return Vec::new();
        }
        let others = self.pages.iter().rev().filter(|good| *good != url);
        let others = others.filter(|good| self.is_unspent(good));
        let mut near: Vec<&CrawlUrl> = others.filter(|good| knowledge.of(good) == family).collect();
        near.sort_by_key(|good| !best(good));
        let far = self.far(url, knowledge, best);
        let far = far.filter(|far| knowledge.of(far) != family && self.is_unspent(far));
        let mut near = near.into_iter().cloned();
        let first = near.next();
        let second = far.or_else(|| near.next());
        let chosen: Vec<CrawlUrl> = first.into_iter().chain(second).collect();
        // In turn, so that no page is requested much more often than others.
        self.pages.sort_by_key(|good| !chosen.contains(good));
        chosen
    }

    /// Records that a page was requested as a companion.
    pub fn was_companion(&mut self, url: &CrawlUrl) {
        *self.used.entry(url.fingerprint()).or_default() += 1;
    }

    fn is_unspent(&self, url: &CrawlUrl) -> bool {
        let used = self.used.get(&url.fingerprint());
        used.is_none_or(|used| *used < MOST_AS_COMPANION)
    }

    fn far(
        &self,
        url: &CrawlUrl,
        knowledge: FamilyKnowledge<'_>,
        best: &dyn Fn(&CrawlUrl) -> bool,
    ) -> Option<CrawlUrl> {
        let family = knowledge.of(url);
        let others = self.pages.iter().rev().filter(|good| *good != url);
        let found = others.min_by_key(|good| {
            let is_near = knowledge.of(good) == family || !self.is_unspent(good);
            // A page of another section shows whether the host is down, or this section alone.
            let is_of_section = good.section() == url.section();
            (
                is_near,
                !knowledge.is_clean(good),
                is_of_section,
                !best(good),
            )
        });
        found.cloned()
    }
}

impl FamilyKnowledge<'_> {
    fn of(&self, url: &CrawlUrl) -> Family {
        self.families.of(url)
    }

    fn is_clean(&self, url: &CrawlUrl) -> bool {
        !self.suspects.knows(self.of(url))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::suspects::FirstAttempt;
    use super::*;
    use crate::model::Moment;

    fn url(path: &str) -> CrawlUrl {
        CrawlUrl::parse(&format!("http://site.test{path}")).expect("a URL")
    }

    fn learned() -> Families {
        let mut families = Families::default();
        for section in ["shop", "blog", "help"] {
            for n in 0..20 {
                families.learn(&url(&format!("/{section}/{n}")));
            }
        }
        families
    }

    fn controls(paths: &[&str], knowledge: FamilyKnowledge<'_>) -> Controls {
        let mut controls = Controls::default();
        for path in paths {
            controls.was_fine(&url(path), knowledge);
        }
        controls
    }

    #[test]
    fn a_control_is_of_a_family_without_failures_else_of_another_family_else_any() {
        let (families, mut suspects) = (learned(), Suspects::default());
        let failed = FirstAttempt {
            failed: true,
            took: Duration::ZERO,
            hung: false,
            announced: None,
        };
        suspects.note(families.of(&url("/blog/1")), failed, Moment::default());
        let knowledge = FamilyKnowledge {
            families: &families,
            suspects: &suspects,
        };
        let cases = [
            (&["/help/1", "/blog/1", "/shop/2"][..], Some("/help/1")),
            (&["/blog/1", "/shop/2"], Some("/blog/1")),
            (&["/shop/1", "/shop/2"], Some("/shop/2")),
            (&["/shop/1"], None),
        ];
        for (good, expected) in cases {
            let found = controls(good, knowledge).control_for(&url("/shop/1"), knowledge);
            assert_eq!(found, expected.map(url), "{good:?}");
        }
    }

    #[test]
    fn a_control_is_of_another_section_if_there_is_one() {
        let families = learned();
        let suspects = Suspects::default();
        let knowledge = FamilyKnowledge {
            families: &families,
            suspects: &suspects,
        };
        let controls = controls(&["/blog/3", "/shop/list/", "/shop/"], knowledge);
        let control = controls.control_for(&url("/shop/7"), knowledge);
        assert_eq!(control, Some(url("/blog/3")));
    }

    #[test]
    fn companions_are_one_of_the_family_and_one_of_another_in_turn() {
        let (families, suspects) = (learned(), Suspects::default());
        let knowledge = FamilyKnowledge {
            families: &families,
            suspects: &suspects,
        };
        let good = ["/blog/1", "/blog/2", "/shop/1", "/shop/2"];
        let mut controls = controls(&good, knowledge);
        let now = Moment::default();
        let mut chosen = || controls.companions(&url("/shop/9"), knowledge, now, &|_| true);
        let (first, second) = (chosen(), chosen());
        assert_eq!(first, [url("/shop/2"), url("/blog/2")]);
        assert_eq!(second, [url("/shop/1"), url("/blog/1")]);
        let best = |good: &CrawlUrl| *good == url("/shop/1") || *good == url("/blog/1");
        let best = controls.companions(&url("/shop/9"), knowledge, now, &best);
        assert_eq!(best, second);
    }

    #[test]
    fn companions_are_requested_only_while_they_show_something() {
        let (families, suspects) = (learned(), Suspects::default());
        let knowledge = FamilyKnowledge {
            families: &families,
            suspects: &suspects,
        };
        let mut controls = controls(&["/blog/1", "/shop/1"], knowledge);
        let at = |seconds| Moment::default() + Duration::from_secs(seconds);
        let count = |controls: &mut Controls, path: &str, second| {
            let chosen = controls.companions(&url(path), knowledge, at(second), &|_| true);
            chosen.len()
        };
        controls.is_up(families.of(&url("/shop/3")), at(10));
        assert_eq!(count(&mut controls, "/shop/9", 11), 0, "its family is up");
        assert_eq!(count(&mut controls, "/blog/9", 11), 2, "another family");
        assert_eq!(count(&mut controls, "/shop/9", 12), 2);
        controls.fails_alone(&url("/shop/9"));
        assert_eq!(count(&mut controls, "/shop/9", 12), 2, "perhaps by chance");
        controls.fails_alone(&url("/shop/9"));
        assert_eq!(count(&mut controls, "/shop/9", 12), 0, "it fails alone");
        for _ in 0..MOST_AS_COMPANION {
            controls.was_companion(&url("/shop/1"));
        }
        assert_eq!(count(&mut controls, "/shop/8", 20), 1, "only the other one");
    }

    #[test]
    fn few_controls_of_each_family_are_kept_and_none_that_failed() {
        let (families, suspects) = (learned(), Suspects::default());
        let knowledge = FamilyKnowledge {
            families: &families,
            suspects: &suspects,
        };
        let paths: Vec<String> = (0..9).map(|n| format!("/shop/{n}")).collect();
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        let mut controls = controls(&paths, knowledge);
        assert_eq!(controls.pages, ["/shop/6", "/shop/7", "/shop/8"].map(url));
        controls.failed(&url("/shop/7"));
        assert_eq!(controls.pages, ["/shop/6", "/shop/8"].map(url));
    }

    #[test]
    fn families_learned_later_count() {
        let suspects = Suspects::default();
        let before = Families::default();
        let nothing = FamilyKnowledge {
            families: &before,
            suspects: &suspects,
        };
        // Before anything is known of the site, both seem to be of one family.
        let controls = controls(&["/blog/1", "/shop/1"], nothing);
        let after = learned();
        let knowledge = FamilyKnowledge {
            families: &after,
            suspects: &suspects,
        };
        let found = controls.control_for(&url("/shop/2"), knowledge);
        assert_eq!(found, Some(url("/blog/1")));
    }
}
