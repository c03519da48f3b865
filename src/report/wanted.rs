//! The exports to write of a run.

use std::io::{self, Write};

use super::files::cover::Cover;
use super::files::directory::BOM;
use super::files::format::{Export, Format};
use super::tables::changes::Compared;
use super::view::brief::{Brief, JudgedRun};
use crate::assess::GateResult;
use crate::model::Zone;
use crate::store::{RunRow, RunSummary};

/// The exports to write of a run.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Their formats.
    pub formats: Vec<Format>,
    /// Whether files of an earlier run may be replaced.
    pub overwrite: bool,
    /// Whose report it is.
    pub cover: Cover,
    /// The results of the run's gates.
    pub gates: Vec<GateResult>,
    /// The comparison with the baseline, if any.
    pub compared: Option<Compared>,
    /// The time zone of times in texts for people.
    pub zone: Zone,
    /// The short account of the run, if it was composed before.
    pub brief: Option<Brief>,
}

impl Wanted {
    /// Returns a run with what the exports say of its comparison and gates, for a short account.
    pub(super) fn judged<'a>(&'a self, run: &'a RunRow, summary: &'a RunSummary) -> JudgedRun<'a> {
        JudgedRun {
            run,
            summary,
            compared: self.compared.as_ref(),
            gates: &self.gates,
            unaudited: None,
            zone: &self.zone,
        }
    }

    /// Returns a CSV file to write to, which begins with a byte order mark if its readers want one.
    pub(super) fn marked<'f, W: Write>(&self, file: &'f mut W) -> io::Result<&'f mut W> {
        if self.cover.csv_bom {
            file.write_all(BOM)?;
        }
        Ok(file)
    }

    /// Returns the files to write: those of a comparison only if there is one.
    pub(super) fn exports(&self) -> Vec<Export> {
        let mut exports = Export::of(&self.formats);
        exports.retain(|export| self.compared.is_some() || !export.is_of_comparison());
        exports
    }
}
