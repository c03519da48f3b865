//! robots.txt by RFC 9309, with the extensions that Google documents: typos and a missing colon are
//! forgiven, and `index.html` is folded. A file is parsed once into [`Robots`], a [`Group`] is
//! prepared once for our name, and each URL then costs a few lookups. Every verdict names its line.
//! Fetching, caching and waiting are absent: [`access`] only interprets an answer.

mod access;
#[cfg(test)]
mod conformance;
mod file;
mod group;
mod line;
mod pattern;
mod problem;

pub use access::{Access, access};
pub use file::{Robots, SEARCH_LIMIT, SIZE_LIMIT};
pub use group::{Group, Verdict};
pub use line::LINE_LIMIT;
pub use problem::{PROBLEM_LIMIT, Problem, ProblemKind};
