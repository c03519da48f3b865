//! Colours of the parts of a report.

use serde::{Deserialize, Serialize};

/// A colour, from good to bad. The style sheet of `report.html` has a class of each name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say what they are")]
pub enum Color {
    #[default]
    Fine,
    Moved,
    Mild,
    Other,
    Bad,
    /// An experiment.
    Probe,
    /// There is too little evidence.
    Unknown,
}
