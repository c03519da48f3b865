//! The commands, one file or folder each.

pub(super) mod about;
pub(super) mod audit;
pub(super) mod check;
pub(super) mod compare;
pub(super) mod demo;
pub(super) mod explain;
pub(super) mod links;
pub(super) mod logs;
pub(super) mod report;
pub(super) mod robots;
pub(super) mod runs;
pub(super) mod schedule;
pub(super) mod sitemap;
