//! Changes: each is typed, with its words for a subject and for a sentence.

mod gather;
mod kind;
mod words;

pub(super) use gather::news;
pub use kind::{News, Tone, UnauditedCause};
