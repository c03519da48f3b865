//! Limits that count the requests in a window of time: a fixed one, which begins anew when it is over, or a sliding one,
//! the time before each request.

use std::collections::{BTreeSet, VecDeque};

use super::explained::{Explained, Window};
use super::limited::{Limited, LimitedRequests};

/// Windows that are tested, in milliseconds: a second, and the usual periods of Cloudflare's rate limiting
/// rules (Cloudflare docs, "Rate limiting parameters").
const WINDOWS: [i64; 3] = [1_000, 10_000, 60_000];

/// Moments of a window at which an outage may begin.
const MOMENTS: i64 = 50;

/// Factor by which fewer answers must be left unexplained by a window's count than by its time (ours).
const SURER: u64 = 3;

/// Beginnings of a window that are tested, evenly spread over its length.
const PHASES: i64 = 20;

/// Minimum refusals for a limit by window, and minimum windows with a refusal. Ours: with three lengths and twenty
/// beginnings, few refusals fit one by chance.
const FEWEST_BY_WINDOW: u64 = 3;
const FEWEST_WINDOWS: usize = 2;

/// Minimum 503s for a limit by window, and minimum windows with a 503. More than for 429: a 503 alone is no sign of a
/// rate limit. Ours.
const FEWEST_BY_503: u64 = 9;
const FEWEST_WINDOWS_BY_503: usize = 3;

/// Divisor of a sliding window's length; for at least the quotient its refusals must go on (ours).
const LEAST_REFUSING: i64 = 10;

impl LimitedRequests {
    /// Returns the count of requests in a fixed window that explains most answers. A 429 says that there is a limit, and
    /// only its number is open. If a 503 comes in every window from the same count on, but at different times of the
    /// window, no outage that comes again and again explains it.
    pub(super) fn by_fixed_window(&self) -> Option<Explained> {
        let says_limit = self.status() == 429;
        let fewest = if says_limit {
            FEWEST_BY_WINDOW
        } else {
            FEWEST_BY_503
        };
        if (self.refused().count() as u64) < fewest {
            return None;
        }
        let windows = WINDOWS
            .iter()
            .flat_map(|length| (0..PHASES).map(move |phase| (*length, phase * length / PHASES)));
        let explained = windows.filter_map(|(length, phase)| {
            let refusing = self.refusing(length, phase);
            if refusing < FEWEST_WINDOWS {
                return None;
            }
            let explained = self.by_count(Window::Fixed { length, phase })?;
            let is_sure = says_limit
                || (refusing >= FEWEST_WINDOWS_BY_503
                    && self.wrong_by_time(length, phase)
                        >= SURER * explained.wrong + FEWEST_BY_503 / 3);
            is_sure.then_some(explained)
        });
        explained.min_by_key(|it| it.wrong)
    }

    /// Returns the count of requests in a sliding window that explains most answers. Only a 429 says that there is a
    /// limit: the crawl pauses after a refusal, so that an outage would fit as well. The refusals must go on for a part of
    /// the window.
    pub(super) fn by_sliding_window(&self) -> Option<Explained> {
        let mut refused = self.refused().map(|request| request.started);
        let first = refused.next()?;
        let last = refused.next_back()?;
        if self.status() != 429 || (self.refused().count() as u64) < FEWEST_BY_WINDOW {
            return None;
        }
        let lasted = i64::try_from(last.since(first).as_millis()).unwrap_or(i64::MAX);
        let lengths = WINDOWS
            .into_iter()
            .filter(|length| lasted * LEAST_REFUSING >= *length);
        let explained = lengths.filter_map(|length| self.by_count(Window::Sliding { length }));
        explained.min_by_key(|it| it.wrong)
    }

    /// Returns the count of requests in such windows that explains most answers.
    fn by_count(&self, window: Window) -> Option<Explained> {
        // By the number of requests let through before in the window: how many were refused, how many were not.
        let mut after: Vec<(u64, u64)> = Vec::new();
        self.each_in(window, &mut |request, before| {
            if after.len() <= before {
                after.resize(before + 1, (0, 0));
            }
            let (refused, through) = &mut after[before];
            *(if request.is_refused() {
                refused
            } else {
                through
            }) += 1;
        });
        // Fewer than the count before: it should pass. As many or more: it should be refused.
        let mut wrong: u64 = after.iter().map(|(_, through)| through).sum();
        let mut best: Option<(u64, u32)> = None;
        for (count, (refused, through)) in (1_u32..).zip(&after) {
            wrong = wrong + refused - through;
            if best.is_none_or(|(least, _)| wrong < least) {
                best = Some((wrong, count));
            }
        }
        let (wrong, count) = best?;
        let rate = f64::from(count) * 1_000.0 / window.length() as f64;
        Some(Explained {
            wrong,
            low: rate,
            high: rate,
            burst: count,
            unsure: 0.0,
            window: Some(window),
        })
    }

    /// Returns the number of fixed windows with a refusal.
    fn refusing(&self, length: i64, phase: i64) -> usize {
        let index = |request: &Limited| (request.started.millis() - phase).div_euclid(length);
        let windows: BTreeSet<i64> = self.refused().map(index).collect();
        windows.len()
    }

    /// Returns how many answers an outage in every such window does not explain, from the best moment of the window on.
    fn wrong_by_time(&self, length: i64, phase: i64) -> u64 {
        let step = length / MOMENTS;
        let mut at = [(0_u64, 0_u64); MOMENTS as usize];
        for request in &self.requests {
            let moment = (request.started.millis() - phase).rem_euclid(length) / step;
            let (refused, through) = &mut at[(moment as usize).min(at.len() - 1)];
            if request.is_refused() {
                *refused += 1;
            } else {
                *through += 1;
            }
        }
        // From the end of the window to the first moment: what is through in the outage, and refused before it.
        let refused: u64 = at.iter().map(|(refused, _)| refused).sum();
        let (mut wrong, mut best) = (refused, refused);
        for (refused, through) in at.iter().rev() {
            wrong = wrong + through - refused;
            best = best.min(wrong);
        }
        best
    }

    /// Reports of each request whether a window with this count lets it through.
    pub(super) fn replay_window(
        &self,
        window: Window,
        count: u32,
        see: &mut dyn FnMut(&Limited, bool),
    ) {
        self.each_in(window, &mut |request, before| {
            see(request, before < count as usize);
        });
    }

    /// Reports each request with the number of those that were let through before it in its window.
    fn each_in(&self, window: Window, see: &mut dyn FnMut(&Limited, usize)) {
        let mut through: VecDeque<i64> = VecDeque::new();
        for request in &self.requests {
            let at = request.started.millis();
            let is_before = |other: &i64| match window {
                Window::Fixed { length, phase } => {
                    (other - phase).div_euclid(length) < (at - phase).div_euclid(length)
                }
                Window::Sliding { length } => at - other >= length,
            };
            while through.front().is_some_and(is_before) {
                through.pop_front();
            }
            see(request, through.len());
            if !request.is_refused() {
                through.push_back(at);
            }
        }
    }
}
