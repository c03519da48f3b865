//! Whether a 429 limits the client, so that its whole host has to be left alone, or one URL. RFC 6585
//! leaves it to the server what it counts.

use std::collections::BTreeMap;

use crate::model::Fingerprint;

/// Good answers between two 429s after which the second concerns its URL alone: a client that is limited
/// gets several in a row. Ours.
const APART: u64 = 10;

/// Maximum URLs whose 429s are remembered; some 20 bytes each.
const MOST_URLS: usize = 1_000;

/// The 429s of one host.
#[derive(Debug, Default)]
pub struct ClientLimit {
    /// Good answers so far.
    fine: u64,
    /// Good answers before the last 429.
    before_last: Option<u64>,
    /// Good answers before the first 429 of each URL; 0 for one that is known to be limited by itself.
    before_first: BTreeMap<Fingerprint, u64>,
}

impl ClientLimit {
    /// Records a good answer of the host.
    pub fn was_fine(&mut self) {
        self.fine += 1;
    }

    /// Records a 429 and returns whether it limits the client. The first does, as far as anybody knows. A
    /// later one counts for its URL if many others were fine since the last 429, or since the first of
    /// this URL. If it was meant for the client after all, the next request shows it.
    pub fn limits(&mut self, url: Fingerprint) -> bool {
        let is_apart = |before: u64| self.fine >= before + APART;
        let first = self.before_first.get(&url).copied();
        let was_known = first.is_some_and(is_apart);
        let is_own = was_known || self.before_last.is_some_and(is_apart);
        // What is known to concern its URL says nothing about the client.
        if !was_known {
            self.before_last = Some(self.fine);
        }
        if self.before_first.len() < MOST_URLS {
            let before = self.before_first.entry(url).or_insert(self.fine);
            if is_own {
                *before = 0;
            }
        }
        !is_own
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::CrawlUrl;

    fn url(number: usize) -> Fingerprint {
        let text = format!("https://example.com/{number}");
        CrawlUrl::parse(&text).expect("a URL").fingerprint()
    }

    /// Returns which 429s limit the client. `.` is a good answer, a digit the 429 of the URL of this number.
    fn limiting(answers: &str) -> String {
        let mut host = ClientLimit::default();
        let mut limiting = String::new();
        for mark in answers.chars() {
            match mark.to_digit(10) {
                None => host.was_fine(),
                Some(number) if host.limits(url(number as usize)) => limiting.push(mark),
                Some(_) => {}
            }
        }
        limiting
    }

    #[test]
    fn a_429_among_good_answers_counts_for_its_url_once_a_pause_was_tried() {
        assert_eq!(limiting("............1............2............3"), "1");
        assert_eq!(
            limiting("............1............2.2.2.2"),
            "1",
            "known by then"
        );
    }

    #[test]
    fn several_429s_in_a_row_limit_the_client_each_time() {
        assert_eq!(limiting("....123...........456............78"), "123568");
        assert_eq!(limiting("12..1..2..1..2..1..2.."), "121212");
        assert_eq!(limiting("1..2..3..4"), "1234");
    }
}
