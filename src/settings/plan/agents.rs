//! The identity of the crawl: our own user agent, a preset, or a text of the user.

use crate::model::{CLIENTS, ClientPreset, RequestPlan};

/// Maximum length of a contact in bytes (ours): a URL fits, and header fields stay short.
const LONGEST_CONTACT: usize = 200;

/// Our own name among the clients.
pub(crate) const OWN_NAME: &str = "gatecrawl";

/// The identity of the crawl.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The whole `User-Agent`.
    pub(crate) user_agent: String,
    /// The names of the crawler in robots.txt.
    pub(crate) robots_agents: Vec<String>,
}

/// Returns our own `User-Agent`, with the contact for questions about a crawl.
pub(crate) fn own(contact: Option<&str>) -> String {
    match contact {
        Some(contact) => format!("{} (+{contact})", RequestPlan::OWN_AGENT),
        None => RequestPlan::OWN_AGENT.to_owned(),
    }
}

/// Returns whether a `User-Agent` is our own and has no contact.
pub(crate) fn has_no_contact(user_agent: &str) -> bool {
    user_agent == RequestPlan::OWN_AGENT
}

/// Reads `--contact`: a page or a mailbox.
pub(crate) fn contact(text: &str) -> Result<String, String> {
    let text = text.trim();
    let is_page = || {
        let url = url::Url::parse(text).ok();
        url.is_some_and(|url| {
            matches!(url.scheme(), "http" | "https")
                && url.username().is_empty()
                && url.password().is_none()
        })
    };
    let is_mailbox = || {
        let parts = text.strip_prefix("mailto:").unwrap_or(text).split_once('@');
        parts.is_some_and(|(name, host)| {
            !name.is_empty() && host.contains('.') && !host.contains(['@', '/', ':'])
        })
    };
    let is_plain = text
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'(' | b')' | b'"' | b'\\'));
    if is_plain && text.len() <= LONGEST_CONTACT && (is_page() || is_mailbox()) {
        Ok(text.to_owned())
    } else {
        Err("write the address of a page (https://...) or of a mailbox (name@host)".to_owned())
    }
}

/// Reads `--user-agent`: the name of a preset, or a text of the user; without it, gatecrawl's own.
pub(crate) fn identity(text: Option<&str>, contact: Option<&str>) -> Identity {
    let own = own(contact);
    let text = text.map_or(own.as_str(), str::trim);
    let (user_agent, token) = match ClientPreset::named(text) {
        // Browsers have no name in robots.txt, so our own applies to them.
        Some(preset) => (
            preset.user_agent,
            preset.token.unwrap_or(RequestPlan::OWN_TOKEN),
        ),
        None => (text, product_token(text)),
    };
    Identity {
        user_agent: user_agent.to_owned(),
        robots_agents: vec![token.to_owned()],
    }
}

/// A word counts as a mistyped preset if at most one in this many letters differs. Ours: `Googlebot-Image` is another
/// name.
const LETTERS_PER_TYPO: usize = 4;

/// Reads `--user-agent`. Refuses a word that is nearly the name of a preset: it would be sent as the whole
/// `User-Agent`.
pub(crate) fn user_agent(text: &str) -> Result<String, String> {
    let word = text.trim().to_lowercase();
    let is_near =
        |name: &&str| strsim::damerau_levenshtein(name, &word) <= name.len() / LETTERS_PER_TYPO;
    let mut names = CLIENTS.iter().map(|preset| preset.name);
    match names.find(is_near) {
        Some(near) if ClientPreset::named(text.trim()).is_none() => Err(format!(
            "did you mean {near}? A text of your own is a name with a version, such as {text}/1.0"
        )),
        _ => Ok(text.to_owned()),
    }
}

/// Reads the name of a client: a preset, or gatecrawl.
pub(crate) fn client(text: &str) -> Result<String, String> {
    let name = text.trim().to_lowercase();
    if name == OWN_NAME || ClientPreset::named(&name).is_some() {
        return Ok(name);
    }
    let known: Vec<_> = CLIENTS.iter().map(|preset| preset.name).collect();
    Err(format!("known are {OWN_NAME}, {}", known.join(", ")))
}

/// Returns the first product of a `User-Agent`, without its version (RFC 9309 section 2.2.1). A text that begins like
/// a browser's has no name of its own.
fn product_token(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphabetic() && !matches!(c, '-' | '_'));
    match &text[..end.unwrap_or(text.len())] {
        "" | "Mozilla" => RequestPlan::OWN_TOKEN,
        token => token,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_preset_is_not_sent_as_it_stands() {
        for text in ["gogglebot", "googelbot", "Fierfox"] {
            let fault = user_agent(text).expect_err("mistyped");
            assert!(fault.starts_with("did you mean "), "{fault}");
        }
        for text in [
            "googlebot",
            "Firefox",
            "Googlebot-Image",
            "gogglebot/1.0",
            "shop",
        ] {
            assert_eq!(user_agent(text), Ok(text.to_owned()));
        }
    }

    #[test]
    fn our_user_agent_names_the_contact() {
        let version = env!("CARGO_PKG_VERSION");
        let without = identity(None, None).user_agent;
        assert_eq!(without, format!("gatecrawl/{version}"));
        assert!(has_no_contact(&without));
        for text in [
            "https://shop.example/bot",
            "seo@shop.example",
            "mailto:a@b.example",
        ] {
            let named = identity(None, Some(&contact(text).expect("a contact")));
            assert_eq!(named.user_agent, format!("gatecrawl/{version} (+{text})"));
            assert_eq!(named.robots_agents, ["gatecrawl"]);
            assert!(!has_no_contact(&named.user_agent));
        }
        for text in [
            "",
            "shop",
            "ftp://shop.example/",
            "https://me:hush@shop.example/",
            "a@b",
            "a b@shop.example",
            "https://shop.example/)\r\nX-Evil: 1",
            "https://shop.example/(",
        ] {
            assert!(contact(text).is_err(), "{text}");
        }
        assert!(contact(&format!("https://h/{}", "x".repeat(LONGEST_CONTACT))).is_err());
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
            assert_eq!(identity(text, None).robots_agents, [token], "{text:?}");
        }
    }
}
