use std::time::{SystemTime, UNIX_EPOCH};

use crate::model::Moment;

/// Returns the time of day. The wall clock is read nowhere else.
pub fn wall_clock() -> Moment {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Moment::from_millis(since.as_millis() as i64)
}
