//! An exchange that failed.

use crate::fetch::guard::public::Refused;
use crate::model::Outcome;

/// The fault of a failed exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::fetch) struct Fault {
    pub(in crate::fetch) outcome: Outcome,
    /// Description for people: lower case, no full stop.
    pub(in crate::fetch) words: String,
}

impl Fault {
    pub(in crate::fetch) fn new(outcome: Outcome, words: impl Into<String>) -> Fault {
        Fault {
            outcome,
            words: words.into(),
        }
    }
}

impl From<Refused> for Fault {
    fn from(refused: Refused) -> Fault {
        Fault::new(Outcome::AddressRefused, refused.to_string())
    }
}
