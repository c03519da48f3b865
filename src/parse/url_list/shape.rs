use std::net::{Ipv4Addr, Ipv6Addr};

/// The form of a cell's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    /// Anything else, such as a header, a number or a mail address.
    Other,
    /// A host with a dot or a port, perhaps with a path: `example.com/a`.
    Host,
    /// A path without a host: `/shop/a`.
    Path,
    /// It begins with `http://` or `https://`.
    Absolute,
}

impl Shape {
    /// Returns the shape of a text without white space around it.
    pub fn of(text: &str) -> Shape {
        let rest = ["http://", "https://"].iter().find_map(|scheme| {
            let begins = text.get(..scheme.len())?.eq_ignore_ascii_case(scheme);
            begins.then(|| &text[scheme.len()..])
        });
        let rest = rest.map(|rest| rest.trim_start_matches('/'));
        // Bytes that are invalid in the encoding of the file were replaced, so it is not known which URL is meant.
        if text.contains(|c: char| c.is_control() || c == char::REPLACEMENT_CHARACTER) {
            Shape::Other
        } else if rest.is_some_and(|rest| !rest.is_empty()) {
            Shape::Absolute
        } else if is_host(text.strip_prefix("//").unwrap_or(text)) {
            Shape::Host
        } else if text.starts_with('/') && !text.starts_with("//") {
            Shape::Path
        } else {
            Shape::Other
        }
    }
}

/// Returns whether a text begins with a host. A single word does not: it may be a header or a number.
fn is_host(text: &str) -> bool {
    let authority = text.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.rsplit_once('@') {
        // Without a password it is an address of mail.
        Some((login, host)) if login.contains(':') && !login.starts_with("mailto:") => host,
        Some(_) => return false,
        None => authority,
    };
    if let Some((address, _)) = host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return address.parse::<Ipv6Addr>().is_ok();
    }
    let (name, port) = match host.split_once(':') {
        Some((name, port)) => (name, Some(port)),
        None => (host, None),
    };
    if port.is_some_and(|port| port.parse::<u16>().is_err()) {
        return false;
    }
    let is_label = |label: &str| {
        let fits = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        !label.is_empty() && label.chars().all(fits)
    };
    let name = name.strip_suffix('.').unwrap_or(name);
    let last = name.rsplit('.').next().unwrap_or_default();
    // Dates, versions and amounts have dots too, and times of day a colon.
    let is_word = last.chars().any(char::is_alphabetic);
    let is_name = name.split('.').all(is_label) && is_word;
    let is_long = last.chars().nth(1).is_some() && name.contains('.');
    (is_name && (is_long || port.is_some() || name == "localhost"))
        || name.parse::<Ipv4Addr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_recognised_by_their_look() {
        use Shape::{Absolute, Host, Other, Path};
        let cases = [
            ("https://example.com/a", Absolute),
            ("HTTP://example.com", Absolute),
            ("https://example.com/my file.pdf", Absolute),
            ("https://", Other),
            ("https://a\u{1}b", Other),
            ("https://a.example/m\u{fffd}tzen", Other),
            ("example.com", Host),
            ("www.example.com/a?b=c,d", Host),
            ("//example.com/a", Host),
            ("bücher.example", Host),
            ("u:secret@shop.example/x", Host),
            ("localhost", Host),
            ("localhost:8080/a", Host),
            ("intranet:8080", Host),
            ("127.0.0.1", Host),
            ("[::1]:80/a", Host),
            ("/shop/a", Path),
            ("/", Path),
            ("", Other),
            ("Address", Other),
            ("URL", Other),
            ("Top pages", Other),
            ("ftp://example.com/a", Other),
            ("mailto:ann@example.com", Other),
            ("ann@example.com", Other),
            ("(not set)", Other),
            ("N/A", Other),
            ("text/html", Other),
            ("12.5", Other),
            ("1.234,56", Other),
            ("22.11.2026", Other),
            ("12:30", Other),
            ("e.g", Other),
            ("shop.example is down", Other),
        ];
        for (text, expected) in cases {
            assert_eq!(Shape::of(text), expected, "{text}");
        }
    }
}
