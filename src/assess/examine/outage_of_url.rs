//! The outages in which a URL failed, if they explain all of its failures.

use crate::model::Moment;

use super::courses::{Home, Together, Whole};

/// The outages of a host, or of a part of the site, in which all failures of a URL lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutageOfUrl {
    /// What went down.
    pub whole: Whole,
    /// Whether it was fine again after the last of them.
    pub(super) is_over: bool,
    /// In how many of them the URL failed.
    times: usize,
    /// Whether it went down as a whole twice or more.
    part_comes_again: bool,
}

impl OutageOfUrl {
    /// Whether the URL comes and goes: it failed in two outages of a part of the site, or the part comes and
    /// goes as a whole, and all of it shares that fate. A host that was down is another matter: its pages have recovered
    /// with it.
    pub(super) fn comes_again(self) -> bool {
        self.whole != Whole::Host && (self.times >= 2 || self.part_comes_again)
    }
}

impl Together {
    /// What went down as a whole when a URL failed, if each of its failures, given by the time of its
    /// request, was then.
    pub fn outage_of(
        &self,
        home: Home<'_>,
        failed: &mut dyn Iterator<Item = Moment>,
    ) -> Option<OutageOfUrl> {
        let (whole, outages) = self.of(home)?;
        let mut numbers = failed
            .map(|started| outages.at(started))
            .collect::<Option<Vec<usize>>>()?;
        numbers.dedup();
        let last = numbers.last()?;
        Some(OutageOfUrl {
            whole,
            is_over: outages.times[*last].is_over(),
            times: numbers.len(),
            part_comes_again: outages.comes_again(),
        })
    }
}
