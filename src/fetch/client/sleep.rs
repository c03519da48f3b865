//! Sleep of this machine, or of this process alone (SIGSTOP): afterwards every limit is over at once
//! and connections are dead, which is nobody's fault. What was open meanwhile does not count.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

/// Between two looks at the clock.
const BEAT: Duration = Duration::from_secs(1);

/// A look that is later than this was slept through. On a busy machine one is late by some tenths of
/// a second.
const SLEEP: Duration = Duration::from_secs(5);

/// How often one exchange is made again: whoever is put to sleep more often than that gets nowhere.
pub(super) const MOST_SLEEPS: u32 = 10;

/// Drives a future to its end; tells whether something of that was slept through.
pub(super) async fn awake<T>(doing: impl Future<Output = T>) -> (T, bool) {
    noticing(doing, elapsed).await
}

/// Asks until nothing of it was slept through, which spoils the answer; none if that happens again and again.
pub(super) async fn awake_once<T, F>(ask: impl FnMut() -> F) -> Option<T>
where
    F: Future<Output = T>,
{
    once(ask, elapsed).await
}

async fn once<T, F>(mut ask: impl FnMut() -> F, clock: impl Fn() -> Duration) -> Option<T>
where
    F: Future<Output = T>,
{
    for _ in 0..MOST_SLEEPS {
        if let (answer, false) = noticing(ask(), &clock).await {
            return Some(answer);
        }
    }
    None
}

async fn noticing<T>(doing: impl Future<Output = T>, clock: impl Fn() -> Duration) -> (T, bool) {
    let mut doing = pin!(doing);
    let (mut seen, mut slept) = (clock(), false);
    loop {
        let done = tokio::select! {
            biased;
            done = &mut doing => Some(done),
            () = tokio::time::sleep(BEAT) => None,
        };
        let now = clock();
        slept |= now.saturating_sub(seen) > BEAT + SLEEP;
        seen = now;
        if let Some(done) = done {
            return (done, slept);
        }
    }
}

/// Time since the machine was started, its sleep included.
#[cfg(target_os = "linux")]
fn elapsed() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    Duration::new(now.tv_sec.unsigned_abs(), now.tv_nsec as u32)
}

/// Time since some moment. Where its clock stands still while the machine sleeps, only processes that
/// are stopped alone are noticed.
#[cfg(not(target_os = "linux"))]
fn elapsed() -> Duration {
    use std::sync::OnceLock;
    use std::time::Instant;
    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    ORIGIN.get_or_init(Instant::now).elapsed()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Whether a sleep is noticed that comes while something takes `takes`, after `awake`.
    async fn check(takes: Duration, awake: Duration, sleep: Duration) -> bool {
        let slept = Cell::new(Duration::ZERO);
        let start = tokio::time::Instant::now();
        let clock = || start.elapsed() + slept.get();
        let doing = async {
            tokio::time::sleep(awake).await;
            slept.set(sleep);
            tokio::time::sleep(takes.saturating_sub(awake)).await;
        };
        noticing(doing, clock).await.1
    }

    /// How often a question is asked that is slept through so many times, and what comes of it.
    async fn asked(sleeps: u32) -> (u32, Option<u32>) {
        let (slept, asked) = (Cell::new(Duration::ZERO), Cell::new(0));
        let start = tokio::time::Instant::now();
        let clock = || start.elapsed() + slept.get();
        let ask = || async {
            asked.set(asked.get() + 1);
            tokio::time::sleep(3 * SECOND).await;
            if asked.get() <= sleeps {
                slept.set(slept.get() + 3600 * SECOND);
            }
            asked.get()
        };
        let answer = once(ask, clock).await;
        (asked.get(), answer)
    }

    #[tokio::test(start_paused = true)]
    async fn a_question_that_was_slept_through_is_asked_again_and_not_for_ever() {
        assert_eq!(asked(0).await, (1, Some(1)));
        assert_eq!(asked(2).await, (3, Some(3)));
        assert_eq!(asked(u32::MAX).await, (MOST_SLEEPS, None));
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_wait_is_no_sleep_and_a_sleep_is_noticed_wherever_it_falls() {
        assert!(!check(60 * SECOND, SECOND, Duration::ZERO).await);
        assert!(!check(60 * SECOND, 30 * SECOND, 4 * SECOND).await);
        assert!(check(60 * SECOND, 30 * SECOND, 3600 * SECOND).await);
        assert!(check(SECOND / 2, SECOND / 4, 8 * SECOND).await);
        assert!(check(SECOND / 4, SECOND / 4, 8 * SECOND).await);
    }
}
