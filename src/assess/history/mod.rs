//! Hosts, sections and families over the time of a run: episodes, outages, limits of the rate, backends in turn.

pub(super) mod episode;
pub(super) mod first_requests;
pub(super) mod group_history;
pub(super) mod host_episodes;
pub(super) mod mixed_outage;
pub(super) mod rate_limit;
pub(super) mod recurrence;
pub(super) mod timed_attempt;
pub(super) mod unusual_runs;
