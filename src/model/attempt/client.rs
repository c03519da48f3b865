//! Clients that can be named: crawlers and browsers, as they announce themselves.

use std::sync::Arc;

/// A client that can be asked as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientPreset {
    /// What people call it, in lower case.
    pub name: &'static str,
    /// The name by which robots.txt addresses it; browsers have none.
    pub token: Option<&'static str>,
    /// Its whole `User-Agent`.
    pub user_agent: &'static str,
    /// Header fields in which it differs from us, besides: name and value.
    pub headers: &'static [(&'static str, &'static str)],
}

/// As which client a request is made, if not in our own way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guise {
    /// The whole `User-Agent`.
    pub user_agent: Arc<str>,
    /// Header fields in place of our own of the same name.
    pub headers: &'static [(&'static str, &'static str)],
}

/// What browsers made from Chromium send when a page is opened.
const CHROMIUM: &[(&str, &str)] = &[
    (
        "accept",
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,\
         */*;q=0.8",
    ),
    ("accept-language", "en-US,en;q=0.9"),
];

/// What Firefox sends when a page is opened.
const GECKO: &[(&str, &str)] = &[
    (
        "accept",
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    ),
    ("accept-language", "en-US,en;q=0.5"),
];

/// What Safari sends when a page is opened.
const WEBKIT: &[(&str, &str)] = &[
    (
        "accept",
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    ),
    ("accept-language", "en-US,en;q=0.9"),
];

/// Crawlers as their owners document them (developers.google.com/crawling/docs/crawlers-fetchers,
/// "Google's common crawlers"; bing.com/webmasters/help, "Which crawlers does Bing use?"), with the
/// Chrome version that their texts leave open. Browsers as they announce themselves at the end of
/// 2026: their texts are frozen but for the major version.
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
    /// The browser that most people have.
    pub const BROWSER: ClientPreset = CHROME;

    /// The preset with a name, in whatever case.
    pub fn named(name: &str) -> Option<ClientPreset> {
        CLIENTS
            .into_iter()
            .find(|preset| preset.name.eq_ignore_ascii_case(name))
    }

    /// Whether people use it.
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
    /// A client that differs from us by its `User-Agent` alone.
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
