//! The requests to pages of a host that are open, and which of them take much longer than usual: pages that hang
//! are recognised before their time limit, while other pages still have room.

use std::time::Duration;

use crate::frontier::Ticket;
use crate::model::Moment;
use crate::policy::Family;

/// Factor of the usual time after which an open request is overdue, and the minimum. Ours: at the default pace all
/// places of a host are taken within eight tenths of a second, so a second would be too late.
const OF_USUAL: u32 = 4;
const SHORTEST: Duration = Duration::from_millis(300);

/// Divisor of a host's places: if so many of them are taken by overdue requests, these move to the slow lanes. Ours.
const PART: usize = 4;

/// The open requests of one host, the oldest first.
#[derive(Debug, Default)]
pub(super) struct OpenRequests(Vec<OpenRequest>);

#[derive(Debug)]
struct OpenRequest {
    ticket: Ticket,
    family: Family,
    since: Moment,
    /// Whether it is in the slow lane of its family.
    aside: bool,
}

impl OpenRequests {
    /// Records a request that begins.
    pub(super) fn begins(&mut self, ticket: Ticket, family: Family, since: Moment) {
        self.0.push(OpenRequest {
            ticket,
            family,
            since,
            aside: false,
        });
    }

    /// Records the end of a request.
    pub(super) fn ends(&mut self, ticket: Ticket) {
        self.0.retain(|open| open.ticket != ticket);
    }

    /// Returns the number of requests of a family that have been open for this time.
    pub(super) fn waiting(&self, family: Family, time: Duration, now: Moment) -> u32 {
        let of_family = self.0.iter().filter(|open| open.family == family);
        let waiting = of_family.filter(|open| now.since(open.since) >= time);
        waiting.count() as u32
    }

    /// Returns the overdue requests that move to slow lanes now, if they take a part of the host's places.
    pub(super) fn overdue(
        &mut self,
        usual: Duration,
        places: u32,
        now: Moment,
    ) -> Vec<(Ticket, Family)> {
        let limit = SHORTEST.max(usual * OF_USUAL);
        let is_overdue = |open: &&mut OpenRequest| now.since(open.since) > limit;
        let overdue: Vec<&mut OpenRequest> = self.0.iter_mut().filter(is_overdue).collect();
        if overdue.len() < (places as usize / PART).max(1) {
            return Vec::new();
        }
        let moved = overdue.into_iter().filter(|open| !open.aside);
        moved
            .map(|open| {
                open.aside = true;
                (open.ticket, open.family)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::CrawlUrl;
    use crate::policy::Families;

    #[test]
    fn requests_that_take_long_move_aside_before_they_occupy_all_places() {
        let url = CrawlUrl::parse("http://site.test/export/1").expect("a URL");
        let family = Families::default().of(&url);
        let at = |millis| Moment::from_millis(millis);
        let usual = Duration::from_millis(60);
        let mut open = OpenRequests::default();
        let mut moved = Vec::new();
        for n in 0..6 {
            let now = at(i64::try_from(n).expect("few") * 100);
            open.begins(Ticket(n), family, now);
            moved.push(open.overdue(usual, 8, now).len());
        }
        // Four tenths of a second after the first: two are overdue.
        assert_eq!(moved, [0, 0, 0, 0, 0, 2]);
        open.ends(Ticket(2));
        let later: Vec<Ticket> = open
            .overdue(usual, 8, at(900))
            .iter()
            .map(|it| it.0)
            .collect();
        assert_eq!(later, [Ticket(3), Ticket(4), Ticket(5)]);
        let slow = Duration::from_millis(500);
        open.begins(Ticket(9), family, at(1_000));
        assert_eq!(open.overdue(slow, 8, at(2_900)), [], "usual for this host");
    }
}
