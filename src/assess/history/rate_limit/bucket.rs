//! Limits that count with a token bucket.

use super::explained::{Bucket, Explained};
use super::limited::{Limited, LimitedRequests};

/// Rates that are tested: from one in five seconds to two hundred per second, in steps of 3 %.
const SLOWEST: f64 = 0.2;
const FASTEST: f64 = 200.0;
pub(super) const STEP: f64 = 1.03;

/// Bucket sizes that are tested: no burst, and the usual values in configurations.
const BUCKETS: [u32; 10] = [1, 2, 3, 5, 6, 10, 11, 20, 21, 51];

/// Maximum tokens in a bucket after a refusal: a whole token would have let the request through.
const JUST_NONE: f64 = 0.999;

impl LimitedRequests {
    /// Returns the token bucket that explains most answers.
    pub(super) fn by_bucket(&self, unsure: f64) -> Option<Explained> {
        let mut best: Option<Explained> = None;
        for burst in BUCKETS {
            let mut rate = SLOWEST;
            while rate <= FASTEST {
                let bucket = Bucket {
                    rate,
                    burst,
                    unsure,
                };
                let wrong = self.wrong(bucket);
                match &mut best {
                    // Rates that explain equally many requests form a range.
                    Some(best)
                        if wrong == best.wrong
                            && burst == best.burst
                            && best.high * STEP >= rate =>
                    {
                        best.high = rate;
                    }
                    Some(best) if wrong >= best.wrong => {}
                    _ => {
                        best = Some(Explained {
                            wrong,
                            low: rate,
                            high: rate,
                            burst,
                            unsure,
                            window: None,
                        });
                    }
                }
                rate *= STEP;
            }
        }
        best
    }

    /// Returns the number of answers that a bucket of this size and rate does not explain.
    fn wrong(&self, bucket: Bucket) -> u64 {
        let mut wrong = 0;
        self.replay_bucket(bucket, &mut |request, lets_through| {
            wrong += u64::from(lets_through == request.is_refused());
        });
        wrong
    }

    /// Reports of each request whether a bucket of this size and rate lets it through.
    pub(super) fn replay_bucket(&self, bucket: Bucket, see: &mut dyn FnMut(&Limited, bool)) {
        let Bucket { rate, unsure, .. } = bucket;
        let full = f64::from(bucket.burst);
        let mut tokens = full;
        let mut last = self.requests.first().map(|request| request.started);
        for request in &self.requests {
            let since = last.map_or(0.0, |last| request.started.since(last).as_secs_f64());
            last = Some(request.started);
            tokens = (tokens + since * rate).min(full);
            // A full bucket lets every request through.
            let is_unsure = tokens < full && (tokens - 1.0).abs() < unsure;
            let lets_through = tokens >= 1.0;
            see(
                request,
                if is_unsure {
                    !request.is_refused()
                } else {
                    lets_through
                },
            );
            // The answer shows how many tokens there were.
            tokens = if request.is_refused() {
                tokens.min(JUST_NONE)
            } else {
                (tokens - 1.0).max(0.0)
            };
        }
    }
}
