//! User agents: our own, and those that can be named by a preset.

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

struct Preset {
    name: &'static str,
    /// The name in robots.txt; browsers have none, so for them ours is kept.
    token: &'static str,
    user_agent: &'static str,
}

/// Crawlers as their owners document them (developers.google.com/crawling/docs/crawlers-fetchers,
/// "Google's common crawlers"; bing.com/webmasters/help, "Which crawlers does Bing use?"), with the
/// Chrome version that their texts leave open. Browsers as they announce themselves at the end of
/// 2026: their texts are frozen but for the major version.
const PRESETS: [Preset; 8] = [
    Preset {
        name: "googlebot",
        token: "googlebot",
        user_agent: "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 \
            (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36 \
            (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    },
    Preset {
        name: "googlebot-desktop",
        token: "googlebot",
        user_agent: "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Googlebot/2.1; \
            +http://www.google.com/bot.html) Chrome/142.0.0.0 Safari/537.36",
    },
    Preset {
        name: "bingbot",
        token: "bingbot",
        user_agent: "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; \
            +http://www.bing.com/bingbot.htm) Chrome/142.0.0.0 Safari/537.36",
    },
    Preset {
        name: "chrome",
        token: OWN_TOKEN,
        user_agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 \
            (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    },
    Preset {
        name: "firefox",
        token: OWN_TOKEN,
        user_agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 \
            Firefox/145.0",
    },
    Preset {
        name: "safari",
        token: OWN_TOKEN,
        user_agent: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 \
            (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
    },
    Preset {
        name: "edge",
        token: OWN_TOKEN,
        user_agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 \
            (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
    },
    Preset {
        name: "opera",
        token: OWN_TOKEN,
        user_agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 \
            (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 OPR/126.0.0.0",
    },
];

/// Reads `--user-agent`: a preset's name, or a text of the user's own.
pub(super) fn identity(text: Option<&str>) -> Identity {
    let text = text.map_or(OWN, str::trim);
    let preset = PRESETS
        .iter()
        .find(|preset| preset.name.eq_ignore_ascii_case(text));
    let (user_agent, token) = match preset {
        Some(preset) => (preset.user_agent, preset.token),
        None => (text, product_token(text)),
    };
    Identity {
        user_agent: user_agent.to_owned(),
        robots_agents: vec![token.to_owned()],
    }
}

/// The `User-Agent` of a client by name: a preset, or ourselves.
pub(super) fn named(name: &str) -> Option<&'static str> {
    let preset = PRESETS.iter().find(|preset| preset.name == name);
    let own = (name == OWN_NAME).then_some(OWN);
    preset.map(|preset| preset.user_agent).or(own)
}

/// Reads the name of a client.
pub(super) fn client(text: &str) -> Result<String, String> {
    let name = text.trim().to_lowercase();
    match named(&name) {
        Some(_) => Ok(name),
        None => {
            let known: Vec<_> = PRESETS.iter().map(|preset| preset.name).collect();
            Err(format!("known are {OWN_NAME}, {}", known.join(", ")))
        }
    }
}

/// Whether a client is a browser: of the presets, those without a name in robots.txt.
pub(super) fn is_browser(name: &str) -> bool {
    let preset = PRESETS.iter().find(|preset| preset.name == name);
    preset.is_some_and(|preset| preset.token == OWN_TOKEN)
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
    fn presets_are_whole_user_agents_on_one_line() {
        for preset in PRESETS {
            let identity = identity(Some(preset.name));
            assert!(
                identity.user_agent.starts_with("Mozilla/5.0 "),
                "{}",
                preset.name
            );
            assert!(!identity.user_agent.contains("  "), "{}", preset.name);
        }
    }

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
