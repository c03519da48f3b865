//! One attempt as groups see it.

use crate::model::Moment;

/// Whether an attempt is the first at its URL, or a later one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::assess) enum Nth {
    /// The first request.
    First,
    /// A later one to a URL whose first request failed.
    Again,
    /// Another: of a sample or an experiment, or to a control.
    Other,
}

/// One attempt at a URL of the group.
#[derive(Clone, Copy, Debug)]
pub(in crate::assess) struct TimedAttempt {
    /// The number of its URL.
    pub(in crate::assess) url: i64,
    /// The number of a part of the group: of a section of a host, of a family of a section.
    pub(in crate::assess) part: u32,
    /// The number of its family.
    pub(in crate::assess) family: u32,
    /// When it began.
    pub(in crate::assess) started: Moment,
    /// Whether it failed.
    pub(in crate::assess) failed: bool,
    /// Whether its URL succeeds at least sometimes.
    pub(in crate::assess) ever_fine: bool,
    /// Requests open on the host, this one included.
    pub(in crate::assess) open: u32,
    /// Whether it is the first at its URL, or a later one.
    pub(in crate::assess) nth: Nth,
}
