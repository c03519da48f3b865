//! Counts: by URL, by minute and hour, by crawler, by backend; and the failures themselves, up to a bound.

pub(super) mod by_hash;
pub(super) mod clients;
pub(super) mod failures;
pub(super) mod family;
pub(super) mod key;
pub(super) mod names;
pub(super) mod times;
pub(super) mod totals;
pub(super) mod urls;
