//! A run of failures within a history.

use std::time::Duration;

use crate::assess::diagnose::Outage;
use crate::assess::history::timed_attempt::TimedAttempt;
use crate::model::Moment;

/// A run of failures that has not ended.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) outage: Outage,
    pub(super) pages: Vec<i64>,
    pub(super) part: u32,
    pub(super) has_parts: bool,
    pub(super) family: u32,
    pub(super) has_families: bool,
    pub(super) files: Vec<i64>,
    /// Failures at files.
    pub(super) of_files: u64,
    pub(super) open: u64,
}

impl Run {
    pub(super) fn new(first: TimedAttempt, before: Option<Moment>) -> Run {
        Run {
            outage: Outage {
                from: first.started,
                until: first.started,
                before,
                after: None,
                unseen: Duration::ZERO,
                failed: 0,
                pages: 0,
            },
            pages: Vec::new(),
            part: first.part,
            has_parts: false,
            family: first.family,
            has_families: false,
            files: Vec::new(),
            of_files: 0,
            open: 0,
        }
    }

    pub(super) fn add(&mut self, seen: TimedAttempt, unseen: Duration) {
        self.count(seen, unseen);
        let has_room = self.pages.len() < Outage::MOST_PAGES as usize;
        if has_room && !self.pages.contains(&seen.url) {
            self.pages.push(seen.url);
        }
    }

    pub(super) fn add_file(&mut self, seen: TimedAttempt) {
        self.count(seen, Duration::ZERO);
        self.of_files += 1;
        let has_room = self.files.len() < Outage::MOST_PAGES as usize;
        if has_room && !self.files.contains(&seen.url) {
            self.files.push(seen.url);
        }
    }

    fn count(&mut self, seen: TimedAttempt, unseen: Duration) {
        let outage = &mut self.outage;
        if outage.failed > 0 {
            outage.unseen = outage.unseen.max(unseen);
        }
        outage.failed += 1;
        outage.until = seen.started;
        self.has_parts |= self.part != seen.part;
        self.has_families |= self.family != seen.family;
        self.open += u64::from(seen.open);
    }
}
