//! The outages in which a URL failed, if they explain all of its failures.

use crate::model::Moment;

use super::histories::{Home, Together, Whole};

/// The outages of a host, or of a part of the site, in which all failures of a URL lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutageOfUrl {
    /// The group that went down.
    pub whole: Whole,
    /// Whether it succeeded again after the last outage.
    pub(super) is_over: bool,
    /// Number of those in which the URL failed.
    times: usize,
    /// Whether the group went down as a whole at least twice.
    part_comes_again: bool,
    /// Whether the outages of the group have a rhythm that chance hardly explains.
    pub(super) has_rhythm: bool,
}

impl OutageOfUrl {
    /// Returns whether the URL is intermittent: it failed in two outages of a part of the site, or that
    /// part goes down repeatedly as a whole. After an outage of a whole host its pages have recovered
    /// with it, unless the host goes down in a rhythm and the URL failed in two of its outages.
    pub(super) fn comes_again(self) -> bool {
        match self.whole {
            Whole::Host => self.times >= 2 && self.has_rhythm,
            Whole::Section | Whole::Family => self.times >= 2 || self.part_comes_again,
        }
    }
}

impl Together {
    /// Returns the outages in which a URL failed, if each of its failures was in one: all in those of one group, or of a
    /// wider one. `failed` has the start times of its failed requests, and `experiments` those of experiments in the
    /// crawl's own way: they prove nothing about a page by itself, but it failed in the outages in which they did.
    pub fn outage_of(
        &self,
        home: Home<'_>,
        failed: &mut dyn Iterator<Item = Moment>,
        experiments: &mut dyn Iterator<Item = Moment>,
    ) -> Option<OutageOfUrl> {
        let mut unexplained: Vec<Moment> = failed.collect();
        let experiments: Vec<Moment> = experiments.collect();
        for (whole, outages) in self.of(home) {
            let mut numbers = Vec::new();
            unexplained.retain(|started| {
                let number = outages.at(*started);
                numbers.extend(number);
                number.is_none()
            });
            if numbers.is_empty() || !unexplained.is_empty() {
                continue;
            }
            numbers.extend(experiments.iter().filter_map(|at| outages.at(*at)));
            numbers.sort_unstable();
            numbers.dedup();
            if let Some(last) = numbers.last() {
                return Some(OutageOfUrl {
                    whole,
                    is_over: outages.times[*last].is_over(),
                    times: numbers.len(),
                    part_comes_again: outages.comes_again(),
                    has_rhythm: outages.goes_on(),
                });
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_comes_again_with_its_part_or_with_the_rhythm_of_its_host() {
        let failed_in = |whole, times, has_rhythm| {
            let outage = OutageOfUrl {
                whole,
                is_over: true,
                times,
                part_comes_again: false,
                has_rhythm,
            };
            outage.comes_again()
        };
        let cases = [
            (Whole::Host, 1, true, false),
            (Whole::Host, 2, false, false),
            (Whole::Host, 2, true, true),
            (Whole::Section, 1, true, false),
            (Whole::Section, 2, false, true),
        ];
        for (whole, times, has_rhythm, expected) in cases {
            let found = failed_in(whole, times, has_rhythm);
            assert_eq!(found, expected, "{whole:?} {times} {has_rhythm}");
        }
    }
}
