//! Memory for bodies in flight, shared by all exchanges of the process. A body takes its bytes, and those of
//! its decoders and packer, as it grows. It keeps them until its reader is done with it. The decoded size of
//! a piece is unknown beforehand, so a body holds a reservation of a reserve while it decodes one. A body
//! that finds no more room keeps its reservation and may finish, while others wait. So one body can always
//! continue.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::model::Held;

/// Bytes that bodies share. Most pages of the web fit into the bytes that each body has free (`FREE`). Ours.
pub(super) const BODY_BUDGET: usize = 32 << 20;

/// Bytes for bodies that must be finished although the budget is used up: at least the size of the largest
/// body, a sitemap of 50 MiB. Ours.
pub(super) const BODY_RESERVE: usize = 56 << 20;

/// Bytes that every body may have without using the budget. Ours: 32 MiB for 512 of them.
pub(super) const FREE: usize = 64 * 1024;

/// Maximum wait for the reserve. An exchange that holds some of it ends within the time for a whole exchange. If that
/// should ever fail, too much memory is better than a crawl that stands still. Ours.
const PATIENCE: Duration = Duration::from_mins(5);

/// The budget of the process.
static PROCESS: LazyLock<Budget> = LazyLock::new(|| Budget::new(BODY_BUDGET, BODY_RESERVE));

/// A budget of bytes for bodies.
#[derive(Clone, Debug)]
pub(in crate::fetch) struct Budget {
    shared: Arc<Semaphore>,
    reserve: Arc<Semaphore>,
    most_lent: usize,
}

/// Bytes of the reserve, held while a piece is decoded.
#[derive(Debug, Default)]
pub(in crate::fetch) struct Reservation(Option<OwnedSemaphorePermit>);

/// The bytes that one body holds of the budget.
#[derive(Debug)]
pub(in crate::fetch) struct Share {
    budget: Budget,
    taken: Option<OwnedSemaphorePermit>,
    /// The part of the reserve that it keeps because the budget was used up.
    overdrawn: Reservation,
}

impl Budget {
    fn new(shared: usize, reserve: usize) -> Budget {
        Budget {
            shared: Arc::new(Semaphore::new(shared)),
            reserve: Arc::new(Semaphore::new(reserve)),
            most_lent: reserve,
        }
    }

    /// Returns the budget that all exchanges of the process share.
    pub(in crate::fetch) fn of_process() -> Budget {
        PROCESS.clone()
    }

    /// Returns an empty share.
    pub(in crate::fetch) fn share(&self) -> Share {
        Share {
            budget: self.clone(),
            taken: None,
            overdrawn: Reservation::default(),
        }
    }
}

impl Share {
    /// Waits until the body, which has `size` bytes, may grow to `most`.
    pub(in crate::fetch) async fn reserve(&self, size: usize, most: usize) -> Reservation {
        if most <= FREE || self.overdrawn.0.is_some() {
            return Reservation::default();
        }
        let more = most.saturating_sub(size).min(self.budget.most_lent);
        let reserve = Arc::clone(&self.budget.reserve);
        let lent = reserve.acquire_many_owned(more as u32);
        let lent = tokio::time::timeout(PATIENCE, lent).await;
        Reservation(lent.ok().and_then(Result::ok))
    }

    /// Takes the bytes by which the body has grown to `size`, or returns those that it no longer needs.
    pub(super) fn settle(&mut self, size: usize, reservation: Reservation) {
        let wanted = size.saturating_sub(FREE);
        let more = wanted - trim(&mut self.taken, wanted);
        if more == 0 || self.overdrawn.0.is_some() {
            return;
        }
        let shared = Arc::clone(&self.budget.shared);
        match (shared.try_acquire_many_owned(more as u32), &mut self.taken) {
            (Ok(more), Some(taken)) => taken.merge(more),
            (Ok(more), none) => *none = Some(more),
            (Err(_), _) => self.overdrawn = reservation,
        }
    }

    /// Returns a guard for the budget of a body that has `size` bytes in the end. Keep it while the body, or
    /// data read from it, is in memory.
    pub(in crate::fetch) fn held(mut self, size: usize) -> Held {
        let wanted = size.saturating_sub(FREE);
        let more = wanted - trim(&mut self.taken, wanted);
        trim(&mut self.overdrawn.0, more);
        if self.taken.is_none() && self.overdrawn.0.is_none() {
            return Held::default();
        }
        Held::new((self.taken, self.overdrawn))
    }
}

/// Releases all but `most` bytes of a permit. Returns how many are left.
fn trim(permit: &mut Option<OwnedSemaphorePermit>, most: usize) -> usize {
    let Some(held) = permit else {
        return 0;
    };
    drop(held.split(held.num_permits().saturating_sub(most)));
    let left = held.num_permits();
    if left == 0 {
        *permit = None;
    }
    left
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    const MIB: usize = 1 << 20;

    /// Grows a body from nothing to `size` bytes, in one piece.
    fn grow(budget: &Budget, size: usize, most: usize) -> Option<Share> {
        let mut share = budget.share();
        let reservation = share.reserve(0, most).now_or_never()?;
        share.settle(size, reservation);
        Some(share)
    }

    fn left(budget: &Budget) -> (usize, usize) {
        let (shared, reserve) = (&budget.shared, &budget.reserve);
        (shared.available_permits(), reserve.available_permits())
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_holds_its_bytes_until_it_is_dropped() {
        let budget = Budget::new(8 * MIB, 8 * MIB);
        let held = grow(&budget, 3 * MIB, 5 * MIB).expect("room");
        let held = held.held(3 * MIB);
        assert_eq!(left(&budget), (5 * MIB + FREE, 8 * MIB));
        let copy = held.clone();
        drop(held);
        assert_eq!(left(&budget).0, 5 * MIB + FREE);
        drop(copy);
        assert_eq!(left(&budget), (8 * MIB, 8 * MIB));
    }

    #[tokio::test(start_paused = true)]
    async fn a_packed_body_returns_the_bytes_that_it_no_longer_needs() {
        let budget = Budget::new(8 * MIB, 8 * MIB);
        let mut share = grow(&budget, 3 * MIB, 5 * MIB).expect("room");
        share.settle(MIB, Reservation::default());
        assert_eq!(left(&budget).0, 7 * MIB + FREE);
        share.settle(FREE / 2, Reservation::default());
        assert_eq!(left(&budget).0, 8 * MIB);
    }

    #[tokio::test(start_paused = true)]
    async fn small_bodies_use_no_budget_and_never_wait() {
        let budget = Budget::new(MIB, MIB);
        let _full = grow(&budget, 2 * MIB, 2 * MIB).expect("room");
        assert_eq!(left(&budget).1, 0, "overdrawn");
        assert!(grow(&budget, FREE, FREE).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_without_room_finishes_on_the_reserve_while_others_wait() {
        let budget = Budget::new(2 * MIB, 5 * MIB);
        let first = grow(&budget, 2 * MIB, 5 * MIB).expect("room");
        let mut second = grow(&budget, 2 * MIB, 5 * MIB).expect("room");
        assert_eq!(
            left(&budget).1,
            0,
            "the second one continues with its reservation"
        );
        let reservation = second.reserve(2 * MIB, 5 * MIB).now_or_never();
        second.settle(5 * MIB, reservation.expect("it has what it needs"));
        assert!(grow(&budget, MIB, 5 * MIB).is_none(), "the third waits");
        let held = second.held(3 * MIB);
        assert_eq!(
            left(&budget).1,
            2 * MIB + FREE,
            "the rest of the reservation"
        );
        drop(held);
        assert!(grow(&budget, MIB, 5 * MIB).is_some(), "and continues");
        drop(first);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_larger_than_the_reserve_takes_all_of_it() {
        let budget = Budget::new(MIB, 2 * MIB);
        let share = grow(&budget, 9 * MIB, 9 * MIB).expect("room");
        assert_eq!(left(&budget).1, 0);
        drop(share);
        assert_eq!(left(&budget).1, 2 * MIB);
    }

    #[tokio::test(start_paused = true)]
    async fn no_body_waits_forever() {
        let budget = Budget::new(MIB, MIB);
        let _never_ends = grow(&budget, 2 * MIB, 2 * MIB).expect("room");
        let share = budget.share();
        share.reserve(0, 2 * MIB).await;
    }
}
