//! Suggests a topic for a misspelt one.

use super::book::normal;
use super::groups::topics;

/// Returns the topic, or the other name, that was probably meant.
pub fn nearest(topic: &str, others: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let key = normal(topic);
    let likeness = |known: &str| {
        let known = &normal(known);
        let tail = known.rsplit('.').next().unwrap_or(known);
        strsim::jaro_winkler(&key, known).max(strsim::jaro_winkler(&key, tail) - 0.01)
    };
    let known = topics().into_iter().chain(others);
    let scored = known.map(|known| (likeness(known), known));
    let best = scored.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 >= 0.8).then_some(best.1)
}
