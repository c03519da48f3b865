//! The counts of a URL, and a request as they need it.

use crate::logs::tally::times::Times;
use crate::store::URL_COUNTS;

/// The statuses that are counted separately. The index after the last stands for all other failures.
pub(in crate::logs) const STATUSES: [u16; 4] = [500, 502, 503, 504];

/// Returns the index of a failure's status in [`STATUSES`], or the one after the last.
pub(in crate::logs) fn place(status: u16) -> usize {
    let found = STATUSES.iter().position(|known| *known == status);
    found.unwrap_or(STATUSES.len())
}

/// Who a request is from, as far as counts tell it apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::logs) struct From {
    /// A browser, or unknown.
    pub(in crate::logs) user: bool,
    /// A crawler of a search engine that is not known to be false.
    pub(in crate::logs) search: bool,
    /// Google's crawler, not known to be false.
    pub(in crate::logs) google: bool,
}

/// One request, as the count of its URL needs it.
#[derive(Clone, Copy, Debug)]
pub(in crate::logs) struct Hit {
    pub(in crate::logs) status: u16,
    pub(in crate::logs) is_failure: bool,
    /// Seconds since 1970-01-01 UTC; 0 if unknown.
    pub(in crate::logs) second: u32,
    pub(in crate::logs) millis: Option<u32>,
    pub(in crate::logs) from: From,
}

/// The counts of a URL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::logs) struct UrlTally {
    pub(in crate::logs) requests: u32,
    pub(in crate::logs) user: u32,
    pub(in crate::logs) search: u32,
    pub(in crate::logs) google: u32,
    pub(in crate::logs) not_found: u32,
    /// The last good answer; 0 if there was none.
    pub(in crate::logs) last_ok: u32,
    pub(in crate::logs) failures: Option<FailureTally>,
    pub(in crate::logs) times: Option<Times>,
}

impl UrlTally {
    /// Returns the number of failures.
    pub(in crate::logs) fn failed(&self) -> u32 {
        self.failures.as_ref().map_or(0, FailureTally::total)
    }

    /// Returns its numbers in the order in which they are stored.
    pub(in crate::logs) fn numbers(&self) -> [u32; URL_COUNTS] {
        let failures = self.failures.unwrap_or_default();
        let [of_500, of_502, of_503, of_504, other] = failures.by_status;
        [
            self.requests,
            self.user,
            self.search,
            self.google,
            self.not_found,
            self.last_ok,
            of_500,
            of_502,
            of_503,
            of_504,
            other,
            failures.user,
            failures.search,
            failures.google,
            failures.first,
            failures.last,
            failures.google_first,
        ]
    }

    /// Returns the counts with such numbers.
    pub(in crate::logs) fn of(numbers: [u32; URL_COUNTS], times: Option<Times>) -> UrlTally {
        let [
            requests,
            user,
            search,
            google,
            not_found,
            last_ok,
            of_500,
            of_502,
            of_503,
            of_504,
            other,
            failed_user,
            failed_search,
            failed_google,
            first,
            last,
            google_first,
        ] = numbers;
        let failures = FailureTally {
            by_status: [of_500, of_502, of_503, of_504, other],
            user: failed_user,
            search: failed_search,
            google: failed_google,
            first,
            last,
            google_first,
        };
        UrlTally {
            requests,
            user,
            search,
            google,
            not_found,
            last_ok,
            failures: (failures.total() > 0).then_some(failures),
            times,
        }
    }

    /// Returns requests and failures of users, and those of search engines.
    pub(in crate::logs) fn by_client(&self) -> [(u64, u64); 2] {
        let failures = self.failures.unwrap_or_default();
        [
            (self.user.into(), failures.user.into()),
            (self.search.into(), failures.search.into()),
        ]
    }
}

/// The failures of a URL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::logs) struct FailureTally {
    /// By status, with the index that [`place`] returns.
    pub(in crate::logs) by_status: [u32; STATUSES.len() + 1],
    pub(in crate::logs) user: u32,
    pub(in crate::logs) search: u32,
    pub(in crate::logs) google: u32,
    pub(in crate::logs) first: u32,
    pub(in crate::logs) last: u32,
    /// The first failure of Google's crawler.
    pub(in crate::logs) google_first: u32,
}

impl FailureTally {
    pub(in crate::logs) fn total(&self) -> u32 {
        self.by_status.iter().sum()
    }

    pub(super) fn count(&mut self, hit: &Hit) {
        self.by_status[place(hit.status)] += 1;
        self.user += u32::from(hit.from.user);
        self.search += u32::from(hit.from.search);
        if hit.from.google {
            self.google += 1;
            self.google_first = earlier(self.google_first, hit.second);
        }
        self.first = earlier(self.first, hit.second);
        self.last = self.last.max(hit.second);
    }

    pub(super) fn add(&mut self, other: &FailureTally) {
        for (count, more) in self.by_status.iter_mut().zip(other.by_status) {
            *count += more;
        }
        self.user += other.user;
        self.search += other.search;
        self.google += other.google;
        self.first = earlier(self.first, other.first);
        self.last = self.last.max(other.last);
        self.google_first = earlier(self.google_first, other.google_first);
    }
}

/// Returns the earlier of two times, of which 0 is unknown.
fn earlier(one: u32, other: u32) -> u32 {
    match (one, other) {
        (0, known) | (known, 0) => known,
        (one, other) => one.min(other),
    }
}
