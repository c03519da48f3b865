//! The occasions of notifications, and which of them a project wants.

use serde::{Deserialize, Serialize};

use crate::machine::nearest;

/// An occasion of a notification, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Occasion {
    /// A run could not be made, or the site could not be audited at all.
    RunFailed,
    /// A gate failed.
    GateFailed,
    /// Pages that were fine answer 500-599 to every request.
    New5xx,
    /// Pages that failed are fine again.
    Recovery,
    /// A run was made. Without a change, the notification is sent only with `always = true`.
    Digest,
}

impl From<Occasion> for String {
    fn from(occasion: Occasion) -> String {
        occasion.name().to_owned()
    }
}

/// The error for an unknown word names the nearest occasion.
impl TryFrom<String> for Occasion {
    type Error = String;

    fn try_from(word: String) -> Result<Occasion, String> {
        let names = || Occasion::ALL.iter().map(|known| known.name());
        let known = Occasion::ALL.into_iter().find(|known| known.name() == word);
        known.ok_or_else(|| match nearest(names(), &word) {
            Some(near) => format!("unknown occasion {word:?}; did you mean {near:?}?"),
            None => {
                let all: Vec<&str> = names().collect();
                format!("unknown occasion {word:?}; there are {}", all.join(", "))
            }
        })
    }
}

/// The notifications that a project wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The wanted occasions.
    pub on: Vec<Occasion>,
    /// Whether digests are also sent for runs without a change.
    pub always: bool,
}

impl Occasion {
    /// All occasions, the most urgent first.
    pub const ALL: [Occasion; 5] = [
        Occasion::RunFailed,
        Occasion::GateFailed,
        Occasion::New5xx,
        Occasion::Recovery,
        Occasion::Digest,
    ];

    /// Returns the name in the configuration, in the database and in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Occasion::RunFailed => "run-failed",
            Occasion::GateFailed => "gate-failed",
            Occasion::New5xx => "new-5xx",
            Occasion::Recovery => "recovery",
            Occasion::Digest => "digest",
        }
    }
}

impl Choice {
    /// Returns those of these occasions that the project wants.
    pub(super) fn wanted(&self, there: &[Occasion]) -> Vec<Occasion> {
        let wanted = |occasion: &Occasion| self.on.contains(occasion) && there.contains(occasion);
        Occasion::ALL.into_iter().filter(wanted).collect()
    }
}

/// All occasions, but digests only after a change.
impl Default for Choice {
    fn default() -> Choice {
        Choice {
            on: Occasion::ALL.to_vec(),
            always: false,
        }
    }
}
