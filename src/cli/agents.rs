//! As whom the crawl asks: our own user agent, a client's that can be named, or a text.

use crate::model::{CLIENTS, ClientPreset};

/// Our own `User-Agent`: who we are and where to read about us.
pub(super) const OWN: &str = concat!(
    "gatecrawl/",
    env!("CARGO_PKG_VERSION"),
    " (+https://crates.io/crates/gatecrawl)"
);

/// The name under which robots.txt addresses us.
const OWN_TOKEN: &str = "gatecrawl";

/// The name of ourselves among the clients.
pub(super) const OWN_NAME: &str = "gatecrawl";

/// As whom the crawl asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    /// The whole `User-Agent`.
    pub(super) user_agent: String,
    /// Its names in robots.txt.
    pub(super) robots_agents: Vec<String>,
}

/// Reads `--user-agent`: a preset's name, or a text of the user's own.
pub(super) fn identity(text: Option<&str>) -> Identity {
    let text = text.map_or(OWN, str::trim);
    let (user_agent, token) = match ClientPreset::named(text) {
        // Robots.txt has no name for browsers, so for them ours is kept.
        Some(preset) => (preset.user_agent, preset.token.unwrap_or(OWN_TOKEN)),
        None => (text, product_token(text)),
    };
    Identity {
        user_agent: user_agent.to_owned(),
        robots_agents: vec![token.to_owned()],
    }
}

/// Reads the name of a client: a preset's, or ours.
pub(super) fn client(text: &str) -> Result<String, String> {
    let name = text.trim().to_lowercase();
    if name == OWN_NAME || ClientPreset::named(&name).is_some() {
        return Ok(name);
    }
    let known: Vec<_> = CLIENTS.iter().map(|preset| preset.name).collect();
    Err(format!("known are {OWN_NAME}, {}", known.join(", ")))
}

/// Whether a client is a browser.
pub(super) fn is_browser(name: &str) -> bool {
    ClientPreset::named(name).is_some_and(ClientPreset::is_browser)
}

/// The first product of a `User-Agent`: what stands before its version (RFC 9309 section 2.2.1).
/// A text that begins like a browser's has no name of its own.
fn product_token(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphabetic() && !matches!(c, '-' | '_'));
    match &text[..end.unwrap_or(text.len())] {
        "" | "Mozilla" => OWN_TOKEN,
        token => token,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn robots_txt_knows_us_by_the_first_product() {
        let cases = [
            (None, "gatecrawl"),
            (Some("Googlebot"), "googlebot"),
            (Some("bingbot"), "bingbot"),
            (Some("chrome"), "gatecrawl"),
            (Some("AcmeBot/2.0 (+https://acme.example)"), "AcmeBot"),
            (Some("Mozilla/5.0 (X11)"), "gatecrawl"),
            (Some("/1"), "gatecrawl"),
        ];
        for (text, token) in cases {
            assert_eq!(identity(text).robots_agents, [token], "{text:?}");
        }
    }
}
