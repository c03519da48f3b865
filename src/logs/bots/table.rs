//! The crawlers that are worth recognising: `bots.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

/// A crawler, or several of one operator.
#[derive(Debug, Deserialize)]
pub(in crate::logs) struct Bot {
    /// Its name.
    pub(in crate::logs) name: String,
    /// Its search engine or operator.
    pub(in crate::logs) engine: String,
    /// Parts of user agents.
    pub(super) tokens: Vec<String>,
    /// Host names that its IP addresses resolve to end in one of these.
    pub(super) rdns: Vec<String>,
    /// URLs of its published lists of IP addresses.
    pub(super) ranges: Vec<String>,
    /// Whether its pages go into a search index.
    pub(in crate::logs) search: bool,
}

#[derive(Debug, Deserialize)]
struct File {
    bot: Vec<Bot>,
}

/// All known crawlers.
pub(in crate::logs) static BOTS: LazyLock<Vec<Bot>> = LazyLock::new(|| {
    let file: Result<File, _> = toml::from_str(include_str!("bots.toml"));
    file.map(|file| file.bot).unwrap_or_default()
});

/// Number of the crawlers of Google's index, whose failures `googlebot-5xx` counts.
pub(in crate::logs) const GOOGLEBOT: u8 = 0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_and_begins_with_googlebot() {
        assert!(BOTS.len() >= 17);
        let first = &BOTS[usize::from(GOOGLEBOT)];
        assert!(first.search && first.tokens.iter().any(|token| token == "Googlebot"));
    }
}
