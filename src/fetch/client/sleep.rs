//! Detects sleep of this machine, or of this process alone (SIGSTOP). Afterwards all limits are exceeded at
//! once and connections are dead, through no fault of the site. Requests that were open meanwhile do not
//! count.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

/// Pause between two readings of the clock.
const BEAT: Duration = Duration::from_secs(1);

/// Delay of a reading that shows that the machine slept. On a busy machine a reading is late by some tenths of a
/// second.
const SLEEP: Duration = Duration::from_secs(5);

/// Maximum repetitions of one exchange. A process that sleeps more often than that makes no progress.
pub(super) const MOST_SLEEPS: u32 = 10;

/// Drives a future to its end. Returns whether a sleep happened meanwhile.
pub(super) async fn awake<T>(doing: impl Future<Output = T>) -> (T, bool) {
    detecting(doing, elapsed).await
}

/// Repeats a question until no sleep happened meanwhile, because sleep makes the answer useless. Returns
/// `None` if that happens again and again.
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
        if let (answer, false) = detecting(ask(), &clock).await {
            return Some(answer);
        }
    }
    None
}

async fn detecting<T>(doing: impl Future<Output = T>, clock: impl Fn() -> Duration) -> (T, bool) {
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

/// Returns the time since the machine was started, including sleep.
#[cfg(target_os = "linux")]
fn elapsed() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    Duration::new(now.tv_sec.unsigned_abs(), now.tv_nsec as u32)
}

/// Returns the time since some moment. Where this clock stops while the machine sleeps, only a stopped
/// process is detected.
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

    /// Returns whether a sleep is detected that starts `awake` after the start of a task of length `takes`.
    async fn check(takes: Duration, awake: Duration, sleep: Duration) -> bool {
        let slept = Cell::new(Duration::ZERO);
        let start = tokio::time::Instant::now();
        let clock = || start.elapsed() + slept.get();
        let doing = async {
            tokio::time::sleep(awake).await;
            slept.set(sleep);
            tokio::time::sleep(takes.saturating_sub(awake)).await;
        };
        detecting(doing, clock).await.1
    }

    /// Returns how often a question is put if sleep interrupts its first `sleeps` attempts, and the
    /// answer.
    async fn attempts(sleeps: u32) -> (u32, Option<u32>) {
        let (slept, attempts) = (Cell::new(Duration::ZERO), Cell::new(0));
        let start = tokio::time::Instant::now();
        let clock = || start.elapsed() + slept.get();
        let ask = || async {
            attempts.set(attempts.get() + 1);
            tokio::time::sleep(3 * SECOND).await;
            if attempts.get() <= sleeps {
                slept.set(slept.get() + 3600 * SECOND);
            }
            attempts.get()
        };
        let answer = once(ask, clock).await;
        (attempts.get(), answer)
    }

    #[tokio::test(start_paused = true)]
    async fn a_question_interrupted_by_sleep_is_repeated_but_not_forever() {
        assert_eq!(attempts(0).await, (1, Some(1)));
        assert_eq!(attempts(2).await, (3, Some(3)));
        assert_eq!(attempts(u32::MAX).await, (MOST_SLEEPS, None));
    }

    #[tokio::test(start_paused = true)]
    async fn a_sleep_is_detected_at_any_time_and_a_long_wait_is_not() {
        assert!(!check(60 * SECOND, SECOND, Duration::ZERO).await);
        assert!(!check(60 * SECOND, 30 * SECOND, 4 * SECOND).await);
        assert!(check(60 * SECOND, 30 * SECOND, 3600 * SECOND).await);
        assert!(check(SECOND / 2, SECOND / 4, 8 * SECOND).await);
        assert!(check(SECOND / 4, SECOND / 4, 8 * SECOND).await);
    }
}
