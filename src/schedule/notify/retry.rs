//! The times at which a refused notification is sent again.

use std::time::Duration;

use crate::model::Moment;

/// Pauses after the first failures; the last one repeats.
const PAUSES: [Duration; 5] = [
    Duration::from_mins(1),
    Duration::from_mins(5),
    Duration::from_mins(15),
    Duration::from_hours(1),
    Duration::from_hours(4),
];

/// Time after which a refused notification is given up: longer than a weekend, but less than the five days of mail
/// servers (RFC 5321, 4.5.4.1), because the next run has newer results.
pub const GIVE_UP: Duration = Duration::from_hours(72);

/// Time after which a notification is given up if only a person can end its error: a deploy of the receiver, during which it
/// answers 404, is over by then. Ours.
pub const GIVE_UP_FINAL: Duration = Duration::from_hours(1);

/// Returns when to try again after `tries` refusals, including the one at `now`. Returns `None` to give up: the next try
/// would be later than `patience` after the notification was queued.
pub fn next_try(queued: Moment, tries: u32, now: Moment, patience: Duration) -> Option<Moment> {
    let at = tries.saturating_sub(1) as usize;
    let pause = PAUSES[at.min(PAUSES.len() - 1)];
    let next = now + pause;
    (next.since(queued) <= patience).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the pauses between all tries in minutes, and the time of the last one after the first.
    fn pauses(patience: Duration) -> (Vec<u64>, Duration) {
        let queued = Moment::from_millis(1_000);
        let (mut now, mut pauses) = (queued, Vec::new());
        while let Some(next) = next_try(queued, pauses.len() as u32 + 1, now, patience) {
            pauses.push(next.since(now).as_secs() / 60);
            now = next;
        }
        (pauses, now.since(queued))
    }

    #[test]
    fn pauses_grow_and_end() {
        let (pauses, last) = pauses(GIVE_UP);
        assert_eq!(&pauses[..6], [1, 5, 15, 60, 240, 240]);
        assert_eq!(pauses.len(), 21, "{pauses:?}");
        assert!(last <= GIVE_UP);
    }

    #[test]
    fn an_error_that_only_a_person_can_end_is_given_up_within_the_hour() {
        assert_eq!(pauses(GIVE_UP_FINAL).0, [1, 5, 15]);
    }
}
