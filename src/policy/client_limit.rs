//! Whether a 429 limits the client, so that the crawl must pause the whole host, or one URL. By RFC 6585 the server
//! decides what it counts.

use std::collections::BTreeMap;

use crate::model::Fingerprint;

/// Good answers between two 429s of different URLs after which the second concerns its URL alone. A client
/// that is limited gets several in a row: if this is a mistake, it costs one more request. Ours.
const APART: u64 = 3;

/// Good answers since a URL's first 429 after which its 429s concern that URL alone: other URLs were fine at the same
/// speed. Ours.
const APART_OF_URL: u64 = 10;

/// Maximum URLs whose 429s are remembered; some 20 bytes each.
const MOST_URLS: usize = 1_000;

/// The 429s of one host.
#[derive(Debug, Default)]
pub struct ClientLimit {
    /// Good answers so far.
    fine: u64,
    /// Good answers before the last 429.
    before_last: Option<u64>,
    /// Good answers before the first 429 of each URL.
    before_first: BTreeMap<Fingerprint, u64>,
}

impl ClientLimit {
    /// Records a good answer of the host.
    pub fn was_fine(&mut self) {
        self.fine += 1;
    }

    /// Returns whether a URL is known to be limited by itself: its 429s say nothing about the client.
    pub fn is_own(&self, url: Fingerprint) -> bool {
        let first = self.before_first.get(&url);
        first.is_some_and(|before| self.fine >= before + APART_OF_URL)
    }

    /// Records a 429 and returns whether it limits the client. The first counts as a limit of the client. A later one
    /// counts for its URL alone if enough others were fine since the last 429.
    pub fn limits(&mut self, url: Fingerprint) -> bool {
        if self.is_own(url) {
            return false;
        }
        let is_apart = self
            .before_last
            .is_some_and(|before| self.fine >= before + APART);
        self.before_last = Some(self.fine);
        if self.before_first.len() < MOST_URLS {
            self.before_first.entry(url).or_insert(self.fine);
        }
        !is_apart
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
        assert_eq!(limiting("....1...2...3....4"), "1");
        assert_eq!(limiting("....1...2.2.2......2.2"), "1222");
    }

    #[test]
    fn a_url_that_is_limited_while_many_others_are_fine_is_limited_by_itself() {
        assert_eq!(limiting("1..2..1..2..1..2..1..2..1"), "121212");
        let mut host = ClientLimit::default();
        assert!(host.limits(url(1)) && !host.is_own(url(1)));
        (0..10).for_each(|_| host.was_fine());
        assert!(host.is_own(url(1)) && !host.is_own(url(2)));
    }

    #[test]
    fn several_429s_in_a_row_limit_the_client_each_time() {
        assert_eq!(limiting("....123....456....78"), "123568");
        assert_eq!(limiting("1..2..3..4"), "1234");
    }
}
