//! Hosts, sections and families over the time of a run: episodes, outages and rate limits.

pub(super) mod episode;
pub(super) mod group_course;
pub(super) mod host_episodes;
pub(super) mod rate_limit;
