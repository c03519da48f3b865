//! Answers that may be an accident: a page that is refused, missing or hidden now and was fine in the last run is
//! requested again before it counts as lost. A firewall that refuses one request in twenty is no news of a page.

use std::time::Duration;

/// Statuses by which a server refuses a page or says that there is none. A 429 is a failure, which passes confirm.
pub const REFUSALS: [u16; 6] = [401, 403, 404, 407, 410, 451];

/// Maximum pages that are doubted (ours): if more are lost at once, chance is not the reason.
pub const MOST_DOUBTED: usize = 200;

/// Requests beside that of the crawl. Four refusals in a row of a page that is refused one time in twenty come once
/// in 160,000 pages. Ours.
pub const FURTHER_TRIES: u8 = 3;

/// Time between two of them: the default time for which CDNs keep an error (CloudFront's, 10 s).
pub const TRY_SPACING: Duration = Duration::from_secs(10);
