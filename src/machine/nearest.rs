//! Finds the word that was probably meant in a handwritten file or argument.

/// Minimum similarity of a suggested word to the one that was typed, 0..1. Less similar words are not a typing error.
const ALIKE: f64 = 0.75;

/// Returns the one of `names` that is most similar to `name`, if it is similar enough.
pub fn nearest<'n>(names: impl Iterator<Item = &'n str>, name: &str) -> Option<&'n str> {
    let likeness = |known: &str| strsim::jaro_winkler(known, name);
    let nearest = names.max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    nearest.filter(|known| likeness(known) >= ALIKE)
}
