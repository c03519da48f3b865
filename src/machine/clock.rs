use std::time::{SystemTime, UNIX_EPOCH};

use crate::model::Moment;

/// The time of day. The only place where the wall clock is read.
pub fn wall_clock() -> Moment {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Moment::from_millis(since.as_millis() as i64)
}
