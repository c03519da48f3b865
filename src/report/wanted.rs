//! What is to be written of a run.

use super::files::format::{Export, Format};
use super::tables::changes::Compared;
use super::view::brief::Brief;
use crate::assess::GateResult;

/// What is to be written of a run.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// In which formats.
    pub formats: Vec<Format>,
    /// Whether files of an earlier run may be replaced.
    pub overwrite: bool,
    /// What became of the gates that the run had to pass.
    pub gates: Vec<GateResult>,
    /// What the run is compared with, if anything.
    pub compared: Option<Compared>,
    /// What the run has to say, if that was gathered before.
    pub brief: Option<Brief>,
}

impl Wanted {
    /// The files to write: those of a comparison only if there is one.
    pub(super) fn exports(&self) -> Vec<Export> {
        let mut exports = Export::of(&self.formats);
        exports.retain(|export| self.compared.is_some() || !export.is_of_comparison());
        exports
    }
}
