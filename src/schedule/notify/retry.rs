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

/// Returns when to try again after `tries` refusals, including the one at `now`; `None` to give up.
pub fn next_try(queued: Moment, tries: u32, now: Moment) -> Option<Moment> {
    let at = tries.saturating_sub(1) as usize;
    let pause = PAUSES[at.min(PAUSES.len() - 1)];
    let next = now + pause;
    (next.since(queued) <= GIVE_UP).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        let queued = Moment::from_millis(1_000);
        let (mut now, mut tries, mut pauses) = (queued, 0, Vec::new());
        loop {
            tries += 1;
            let Some(next) = next_try(queued, tries, now) else {
                break;
            };
            pauses.push(next.since(now).as_secs() / 60);
            now = next;
        }
        assert_eq!(&pauses[..6], [1, 5, 15, 60, 240, 240]);
        assert_eq!(pauses.len(), 21, "{pauses:?}");
        assert!(now.since(queued) <= GIVE_UP);
    }
}
