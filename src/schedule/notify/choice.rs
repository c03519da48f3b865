//! The occasions on which people are told, and which of them a project wants.

use serde::{Deserialize, Serialize};

use crate::machine::nearest;

/// An occasion to tell people something, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Occasion {
    /// A run could not be made, or the site could not be audited at all.
    RunFailed,
    /// A gate failed.
    GateFailed,
    /// Pages that were fine answer 500-599 whenever they are asked.
    New5xx,
    /// Pages that failed are fine.
    Recovery,
    /// A run was made. Without a change it is told only with `always = true`.
    Digest,
}

impl From<Occasion> for String {
    fn from(occasion: Occasion) -> String {
        occasion.name().to_owned()
    }
}

/// A word that names no occasion is refused with the nearest one.
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

/// What a project's people want to hear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// On which occasions.
    pub on: Vec<Occasion>,
    /// Digests of runs in which nothing changed as well.
    pub always: bool,
}

impl Occasion {
    /// All of them, the most urgent first.
    pub const ALL: [Occasion; 5] = [
        Occasion::RunFailed,
        Occasion::GateFailed,
        Occasion::New5xx,
        Occasion::Recovery,
        Occasion::Digest,
    ];

    /// The name in the configuration, in the database and in what is sent.
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
    /// Of what there is to tell, what is wanted.
    pub(super) fn wanted(&self, there: &[Occasion]) -> Vec<Occasion> {
        let wanted = |occasion: &Occasion| self.on.contains(occasion) && there.contains(occasion);
        Occasion::ALL.into_iter().filter(wanted).collect()
    }
}

/// Everything, if something changed.
impl Default for Choice {
    fn default() -> Choice {
        Choice {
            on: Occasion::ALL.to_vec(),
            always: false,
        }
    }
}
