//! Clients that can be named: crawlers and browsers, as they announce themselves.

/// A client that can be asked as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientPreset {
    /// What people call it, in lower case.
    pub name: &'static str,
    /// The name by which robots.txt addresses it; browsers have none.
    pub token: Option<&'static str>,
    /// Its whole `User-Agent`.
    pub user_agent: &'static str,
}

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
    },
    ClientPreset {
        name: "googlebot-desktop",
        token: Some("googlebot"),
        user_agent: "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Googlebot/2.1; \
            +http://www.google.com/bot.html) Chrome/142.0.0.0 Safari/537.36",
    },
    ClientPreset {
        name: "bingbot",
        token: Some("bingbot"),
        user_agent: "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; \
            +http://www.bing.com/bingbot.htm) Chrome/142.0.0.0 Safari/537.36",
    },
    CHROME,
    ClientPreset {
        name: "firefox",
        token: None,
        user_agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 \
            Firefox/145.0",
    },
    ClientPreset {
        name: "safari",
        token: None,
        user_agent: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 \
            (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
    },
    ClientPreset {
        name: "edge",
        token: None,
        user_agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 \
            (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
    },
    ClientPreset {
        name: "opera",
        token: None,
        user_agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 \
            (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 OPR/126.0.0.0",
    },
];

const CHROME: ClientPreset = ClientPreset {
    name: "chrome",
    token: None,
    user_agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 \
        (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
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

    /// Whether people use it: its requests carry what a browser's do.
    pub const fn is_browser(self) -> bool {
        self.token.is_none()
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
            assert_eq!(ClientPreset::named(&name.to_uppercase()), Some(preset));
        }
        assert_eq!(ClientPreset::named("gatecrawl"), None);
    }
}
