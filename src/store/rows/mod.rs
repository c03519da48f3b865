//! Encodings of values in rows, for all readers and writers: numbers for URLs and texts, packed links and log
//! runs, merge joins.

pub(super) mod codes;
pub(super) mod host_ids;
pub(super) mod ids;
pub(super) mod links;
pub(super) mod log_parts;
pub(super) mod merge_join;
pub(super) mod row;
pub(super) mod telling;
pub(super) mod url_state;
