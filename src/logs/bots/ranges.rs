//! Published lists of IP addresses, in the JSON form of Google, Bing, Apple, OpenAI and others.

use std::net::IpAddr;

use serde_json::Value;

/// Maximum prefixes of one list. Ours.
const MOST: usize = 100_000;

/// The IP addresses of a crawler.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::logs) struct Ranges {
    /// When the list was made, as it says itself.
    pub(in crate::logs) date: String,
    /// First and last IP address of each prefix as numbers of IPv6, sorted.
    spans: Vec<(u128, u128)>,
}

impl Ranges {
    /// Reads a list: objects with `ipv4Prefix`, `ipv6Prefix`, `ipPrefix`, `prefix` or `cidr`, or texts, at any depth.
    pub(in crate::logs) fn parse(json: &str) -> Option<Ranges> {
        let value: Value = serde_json::from_str(json).ok()?;
        let date = ["creationTime", "created", "last_modified", "updated"];
        let date = date.iter().find_map(|key| value.get(key)?.as_str());
        let mut ranges = Ranges {
            date: date.unwrap_or_default().chars().take(10).collect(),
            spans: Vec::new(),
        };
        let mut open = vec![&value];
        while let Some(value) = open.pop() {
            match value {
                Value::Array(list) => open.extend(list),
                Value::Object(map) => open.extend(map.values()),
                Value::String(text) if ranges.spans.len() < MOST => ranges.spans.extend(span(text)),
                _ => {}
            }
        }
        ranges.spans.sort_unstable();
        (!ranges.spans.is_empty()).then_some(ranges)
    }

    /// Adds the IP addresses of another list. The date of the older one counts.
    pub(in crate::logs) fn add(&mut self, other: Ranges) {
        if self.spans.is_empty() || (!other.date.is_empty() && other.date < self.date) {
            self.date = other.date;
        }
        self.spans.extend(other.spans);
        self.spans.sort_unstable();
    }

    /// Returns whether an IP address is in the list.
    pub(in crate::logs) fn contains(&self, address: IpAddr) -> bool {
        let number = number(address);
        let after = self.spans.partition_point(|(first, _)| *first <= number);
        // Prefixes may be inside each other.
        let before = self.spans[..after].iter().rev().take(8);
        before.into_iter().any(|(_, last)| number <= *last)
    }
}

/// Returns an IP address as a number; those of IPv4 in their mapped form.
fn number(address: IpAddr) -> u128 {
    let address = match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    };
    u128::from(address)
}

/// Returns the first and last IP address of a prefix. Prefixes so short that they would hold much of the internet are
/// refused.
fn span(text: &str) -> Option<(u128, u128)> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length.parse::<u32>().ok()?)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let (width, shortest) = if address.is_ipv4() {
        (32, 8)
    } else {
        (128, 16)
    };
    let length = length.unwrap_or(width);
    if length < shortest || length > width {
        return None;
    }
    let hosts = u128::MAX.checked_shr(128 - (width - length)).unwrap_or(0);
    let first = number(address) & !hosts;
    Some((first, first | hosts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_says_which_addresses_it_holds() {
        let list = r#"{"creationTime": "2026-11-01T00:00:00", "prefixes": [{"ipv4Prefix": "66.249.64.0/27"},
            {"ipv6Prefix": "2001:4860:4801:10::/64"}, {"ipv4Prefix": "0.0.0.0/0"}, {"ipPrefix": "192.0.2.7"}]}"#;
        let ranges = Ranges::parse(list).expect("a list");
        assert_eq!(ranges.date, "2026-11-01");
        for (address, expected) in [
            ("66.249.64.31", true),
            ("66.249.64.32", false),
            ("2001:4860:4801:10::5", true),
            ("2001:4860:4801:11::5", false),
            ("192.0.2.7", true),
            ("192.0.2.8", false),
            ("8.8.8.8", false),
        ] {
            assert_eq!(
                ranges.contains(address.parse().expect("an address")),
                expected,
                "{address}"
            );
        }
        assert_eq!(Ranges::parse("{}"), None);
        assert_eq!(Ranges::parse("no JSON"), None);
    }
}
