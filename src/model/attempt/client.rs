//! Presets of clients: crawlers and browsers, as they identify themselves.

use std::sync::Arc;

/// A client that requests can imitate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientPreset {
    /// Its name for people, in lower case.
    pub name: &'static str,
    /// The name by which robots.txt addresses it; browsers have none.
    pub token: Option<&'static str>,
    /// Its whole `User-Agent`.
    pub user_agent: &'static str,
    /// Further header fields of the client that differ from gatecrawl's own: name and value.
    pub headers: &'static [(&'static str, &'static str)],
}

/// The client that a request imitates, if not our own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guise {
    /// The whole `User-Agent`.
    pub user_agent: Arc<str>,
    /// Header fields that replace our own with the same name.
    pub headers: &'static [(&'static str, &'static str)],
}

/// Header fields of Chromium-based browsers on opening a page.
const CHROMIUM: &[(&str, &str)] = &[
    (
        "accept",
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,\
         */*;q=0.8",
    ),
    ("accept-language", "en-US,en;q=0.9"),
];

/// Header fields of Firefox on opening a page.
const GECKO: &[(&str, &str)] = &[
    (
        "accept",
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    ),
    ("accept-language", "en-US,en;q=0.5"),
];

/// Header fields of Safari on opening a page.
const WEBKIT: &[(&str, &str)] = &[
    (
        "accept",
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    ),
    ("accept-language", "en-US,en;q=0.9"),
];

/// Crawlers as their owners document them (developers.google.com/crawling/docs/crawlers-fetchers,
/// "Google's common crawlers"; bing.com/webmasters/help, "Which crawlers does Bing use?"), with the
/// Chrome version that their texts leave open. Browsers as they identify themselves at the end of
/// 2026: only the major version in their texts still changes.
pub const CLIENTS: [ClientPreset; 8] = [
    ClientPreset {
        name: "googlebot",
        token: Some("googlebot"),
        user_agent: "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 \
            (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36 \
            (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        headers: &[],
    },
    ClientPreset {
        name: "googlebot-desktop",
        token: Some("googlebot"),
        user_agent: "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Googlebot/2.1; \
            +http://www.google.com/bot.html) Chrome/142.0.0.0 Safari/537.36",
        headers: &[],
    },
    ClientPreset {
        name: "bingbot",
        token: Some("bingbot"),
        user_agent: "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; \
            +http://www.bing.com/bingbot.htm) Chrome/142.0.0.0 Safari/537.36",
        headers: &[],
    },
    CHROME,
    ClientPreset {
        name: "firefox",
        token: None,
        user_agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 \
            Firefox/145.0",
        headers: GECKO,
    },
    ClientPreset {
        name: "safari",
        token: None,
        user_agent: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 \
            (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
        headers: WEBKIT,
    },
    ClientPreset {
        name: "edge",
        token: None,
        user_agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 \
            (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
        headers: CHROMIUM,
    },
    ClientPreset {
        name: "opera",
        token: None,
        user_agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 \
            (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 OPR/126.0.0.0",
        headers: CHROMIUM,
    },
];

const CHROME: ClientPreset = ClientPreset {
    name: "chrome",
    token: None,
    user_agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 \
        (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    headers: CHROMIUM,
};

impl ClientPreset {
    /// The most common browser, by its user agent alone: an experiment changes one thing. With other fields, a page
    /// that needs `Accept-Language` would look like a block of crawlers.
    pub const BROWSER: ClientPreset = ClientPreset {
        headers: &[],
        ..CHROME
    };

    /// Returns the preset with this name, in any case.
    pub fn named(name: &str) -> Option<ClientPreset> {
        CLIENTS
            .into_iter()
            .find(|preset| preset.name.eq_ignore_ascii_case(name))
    }

    /// Returns whether it is a browser.
    pub const fn is_browser(self) -> bool {
        self.token.is_none()
    }
}

impl From<ClientPreset> for Guise {
    fn from(preset: ClientPreset) -> Guise {
        Guise {
            user_agent: preset.user_agent.into(),
            headers: preset.headers,
        }
    }
}

impl Guise {
    /// Creates a client that differs from us only by its `User-Agent`.
    pub fn called(user_agent: &str) -> Guise {
        Guise {
            user_agent: user_agent.into(),
            headers: &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_are_whole_user_agents_on_one_line() {
        for preset in CLIENTS {
            let ClientPreset {
                name, user_agent, ..
            } = preset;
            assert!(user_agent.starts_with("Mozilla/5.0 "), "{name}");
            assert!(!user_agent.contains("  "), "{name}");
            assert_eq!(preset.headers.is_empty(), !preset.is_browser(), "{name}");
            assert_eq!(ClientPreset::named(&name.to_uppercase()), Some(preset));
        }
        assert_eq!(ClientPreset::named("gatecrawl"), None);
    }
}
