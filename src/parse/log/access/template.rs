//! A line format compiled into steps: a text that must be there, then a field that reaches up to the next text.

use crate::parse::log::raw::{Field, Raw};
use crate::parse::log::scan::closing;

/// A compiled line format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::parse::log) struct Template {
    steps: Vec<Step>,
    /// The text after the last field.
    tail: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Step {
    /// The text before the field.
    before: Vec<u8>,
    field: Field,
}

impl Template {
    /// Returns a template of alternating texts and fields.
    pub(in crate::parse::log) fn new(parts: Vec<(Vec<u8>, Field)>, tail: Vec<u8>) -> Template {
        let steps = parts.into_iter();
        Template {
            steps: steps
                .map(|(before, field)| Step { before, field })
                .collect(),
            tail,
        }
    }

    /// Returns whether it has a field.
    pub(in crate::parse::log) fn has(&self, field: Field) -> bool {
        self.steps.iter().any(|step| step.field == field)
    }

    /// Returns the number of fields with a use, by which one of two formats that fit is the more specific one.
    pub(in crate::parse::log) fn weight(&self) -> usize {
        let used = self.steps.iter().filter(|step| step.field != Field::Skip);
        used.count()
    }

    /// Splits a line into its fields.
    pub(in crate::parse::log) fn split<'a>(&self, line: &'a [u8]) -> Option<Raw<'a>> {
        let mut raw = Raw::new();
        let mut rest = line;
        for (at, step) in self.steps.iter().enumerate() {
            rest = after(rest, &step.before)?;
            let next = self.steps.get(at + 1);
            let stop = next.map_or(self.tail.as_slice(), |next| &next.before);
            let end = end(rest, stop, step.before.ends_with(b"\""), next.is_none())?;
            if step.field != Field::Skip {
                raw.set(step.field, &rest[..end]);
            }
            rest = &rest[end..];
        }
        // Fields that were added to the format later are after its end.
        rest.starts_with(&self.tail).then_some(raw)
    }
}

/// Returns what follows a text. A blank in it stands for any number of blanks.
fn after<'a>(text: &'a [u8], expected: &[u8]) -> Option<&'a [u8]> {
    if let Some(rest) = text.strip_prefix(expected) {
        return Some(if expected.last() == Some(&b' ') {
            text[expected.len()..].trim_ascii_start()
        } else {
            rest
        });
    }
    None
}

/// Returns the end of a field.
fn end(text: &[u8], stop: &[u8], is_quoted: bool, is_last: bool) -> Option<usize> {
    match stop {
        [] if is_last => Some(memchr::memchr(b' ', text).unwrap_or(text.len())),
        [] => None,
        [b'"', ..] if is_quoted => closing(text).filter(|end| text[*end..].starts_with(stop)),
        [byte] => memchr::memchr(*byte, text),
        _ => memchr::memmem::find(text, stop),
    }
}
