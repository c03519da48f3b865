//! When a notice that was not taken is sent again.

use std::time::Duration;

use crate::model::Moment;

/// Pauses after the first failures; the last one is kept to.
const PAUSES: [Duration; 5] = [
    Duration::from_mins(1),
    Duration::from_mins(5),
    Duration::from_mins(15),
    Duration::from_hours(1),
    Duration::from_hours(4),
];

/// A notice that nobody took for so long is given up: a weekend, the usual time of mail servers
/// being five days (RFC 5321, 4.5.4.1), after which the next run has more to tell.
pub const GIVE_UP: Duration = Duration::from_hours(72);

/// When a notice is tried again that was `queued` then and was refused `tries` times, this one now
/// included; none if it is given up.
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
