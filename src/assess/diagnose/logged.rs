//! The lines of server logs about the failures of a cluster, by the cause that they prove.

use crate::model::Cause;

/// Lines by their cause.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogLines(Vec<Logged>);

#[derive(Clone, Debug, PartialEq)]
struct Logged {
    cause: Cause,
    lines: u64,
    /// Where the first one is.
    place: String,
}

impl LogLines {
    /// Adds a line, such as `line 4711 of error.log`.
    pub fn add(&mut self, cause: Cause, place: &str) {
        self.count(cause, 1, place);
    }

    /// Adds the lines about another cluster.
    pub fn merge(&mut self, other: &LogLines) {
        for logged in &other.0 {
            self.count(logged.cause, logged.lines, &logged.place);
        }
    }

    fn count(&mut self, cause: Cause, lines: u64, place: &str) {
        match self.0.iter_mut().find(|known| known.cause == cause) {
            Some(known) => known.lines += lines,
            None => self.0.push(Logged {
                cause,
                lines,
                place: place.to_owned(),
            }),
        }
    }

    /// Returns the number of lines.
    pub fn total(&self) -> u64 {
        self.0.iter().map(|logged| logged.lines).sum()
    }

    /// Returns the cause of most lines.
    pub fn cause(&self) -> Option<Cause> {
        self.ranked().first().map(|(cause, ..)| *cause)
    }

    /// Returns causes with their number of lines and the file and line of the first, the most frequent cause first.
    pub fn ranked(&self) -> Vec<(Cause, u64, &str)> {
        let logged = self.0.iter();
        let mut ranked: Vec<(Cause, u64, &str)> = logged
            .map(|logged| (logged.cause, logged.lines, logged.place.as_str()))
            .collect();
        ranked.sort_by_key(|(cause, lines, _)| (std::cmp::Reverse(*lines), cause.id()));
        ranked
    }
}
