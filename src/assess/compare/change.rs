//! The change of a page from one run to another, in a word.

use serde::Serialize;

/// The change of a page. A page *fails* if its verdict says that its last looks failed or that it is
/// intermittent ([`super::PageState::fails`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It was fine and fails now.
    New,
    /// It failed and fails more often now.
    Worse,
    /// It answered with a page or failed, and is refused now (4xx other than 404 and 410), or redirects in a loop, to a
    /// URL that fails, or with many others to one page.
    Lost,
    /// It changed between failing and fine at least three times over the last five runs.
    Flapping,
    /// Only the new run has it.
    Appeared,
    /// It fails in only one of the runs, with too little evidence to call it a change, or one of the
    /// runs did not request it.
    Unclear,
    /// It now answers 404 or 410, or is out of the new run's scope.
    Gone,
    /// It answered with a page and now redirects to another URL.
    Moved,
    /// It answers as before, but no link and no sitemap leads to it any more.
    Unlinked,
    /// It fails, and less often than before.
    Better,
    /// It was refused, missing or redirected, and answers with a page now.
    Back,
    /// It failed and is fine now.
    Fixed,
}

/// Exact numbers of pages by their change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ChangeCounts {
    /// Fine before, failing now.
    pub new: u64,
    /// Failing before, fine now.
    pub fixed: u64,
    /// Failing more often.
    pub worse: u64,
    /// Failing less often.
    pub better: u64,
    /// Refused now, or redirected to where they are not.
    pub lost: u64,
    /// Alternating over the last five runs.
    pub flapping: u64,
    /// Refused, missing or redirected before, answering with a page now.
    pub back: u64,
    /// Only in the new run.
    pub appeared: u64,
    /// Answering 404 or 410 now, or out of scope.
    pub gone: u64,
    /// Redirecting now, but not before.
    pub moved: u64,
    /// Answering as before, but nothing leads to it any more.
    pub unlinked: u64,
    /// Different, with too little evidence.
    pub unclear: u64,
}

impl Change {
    /// Every change, the worst first.
    pub const ALL: [Change; 12] = [
        Change::New,
        Change::Worse,
        Change::Lost,
        Change::Flapping,
        Change::Appeared,
        Change::Unclear,
        Change::Gone,
        Change::Moved,
        Change::Unlinked,
        Change::Better,
        Change::Back,
        Change::Fixed,
    ];

    /// Returns the name in exports.
    pub const fn name(self) -> &'static str {
        match self {
            Change::New => "new",
            Change::Worse => "worse",
            Change::Lost => "lost",
            Change::Flapping => "flapping",
            Change::Appeared => "appeared",
            Change::Unclear => "unclear",
            Change::Gone => "gone",
            Change::Moved => "moved",
            Change::Unlinked => "unlinked",
            Change::Better => "better",
            Change::Back => "back",
            Change::Fixed => "fixed",
        }
    }
}

impl ChangeCounts {
    /// Counts one page.
    pub fn add(&mut self, change: Change) {
        *self.slot(change) += 1;
    }

    /// Returns the number of pages with this change.
    pub fn of(mut self, change: Change) -> u64 {
        *self.slot(change)
    }

    fn slot(&mut self, change: Change) -> &mut u64 {
        match change {
            Change::New => &mut self.new,
            Change::Worse => &mut self.worse,
            Change::Lost => &mut self.lost,
            Change::Flapping => &mut self.flapping,
            Change::Appeared => &mut self.appeared,
            Change::Unclear => &mut self.unclear,
            Change::Gone => &mut self.gone,
            Change::Moved => &mut self.moved,
            Change::Unlinked => &mut self.unlinked,
            Change::Better => &mut self.better,
            Change::Back => &mut self.back,
            Change::Fixed => &mut self.fixed,
        }
    }
}
