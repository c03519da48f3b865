//! Maps URLs of one site to another, to compare a staging site with production.

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::str::FromStr;

use regex::Regex;

use crate::model::CrawlUrl;

/// `PATTERN=>ADDRESS`: an old URL that matches becomes the right side, where `$1` is the first
/// group.
#[derive(Clone, Debug)]
pub struct AddressMap {
    pattern: Regex,
    /// The right side with every group in braces: `$1x` would be a group named `1x` otherwise.
    address: String,
    /// The map as it was written.
    text: String,
}

/// Why a text is not a map.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MapFault {
    /// It does not have two sides.
    #[error(
        "write 'OLD PATTERN=>NEW ADDRESS', such as 'https://old.example/(.*)=>https://staging.example/$1'"
    )]
    NoArrow,
    /// The left side is not a regular expression.
    #[error("{pattern:?} is no regular expression: {why}")]
    Pattern {
        /// The left side.
        pattern: String,
        /// The error.
        why: String,
    },
    /// The right side names a group that the left side does not have.
    #[error("{pattern:?} has no group {group}")]
    NoGroup {
        /// The left side.
        pattern: String,
        /// The group's number.
        group: usize,
    },
}

impl AddressMap {
    /// Returns the new site's URL for a URL of the old site. The first map that matches is
    /// used; without one the URL is the same.
    pub fn apply<'a>(maps: &[AddressMap], address: &'a str) -> Cow<'a, str> {
        let found = maps.iter().find(|map| map.pattern.is_match(address));
        let Some(map) = found else {
            return Cow::Borrowed(address);
        };
        let mapped = map.pattern.replace(address, &map.address);
        // Stored URLs are normalised.
        match CrawlUrl::parse(&mapped) {
            Ok(url) => Cow::Owned(url.as_str().to_owned()),
            Err(_) => Cow::Owned(mapped.into_owned()),
        }
    }
}

impl FromStr for AddressMap {
    type Err = MapFault;

    fn from_str(text: &str) -> Result<AddressMap, MapFault> {
        let (left, right) = text.split_once("=>").ok_or(MapFault::NoArrow)?;
        let (left, right) = (left.trim(), right.trim());
        if left.is_empty() || right.is_empty() {
            return Err(MapFault::NoArrow);
        }
        let pattern = Regex::new(left).map_err(|fault| MapFault::Pattern {
            pattern: left.to_owned(),
            // The error shows the pattern over several lines; the reason comes last.
            why: fault
                .to_string()
                .lines()
                .last()
                .unwrap_or_default()
                .trim_start_matches("error: ")
                .to_owned(),
        })?;
        let mut address = String::new();
        let mut rest = right;
        while let Some(at) = rest.find('$') {
            address.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let Ok(group) = rest[..digits].parse::<usize>() else {
                // Not a group number, so it is a literal dollar sign.
                address.push_str("$$");
                continue;
            };
            if group >= pattern.captures_len() {
                return Err(MapFault::NoGroup {
                    pattern: left.to_owned(),
                    group,
                });
            }
            // Writing to a string cannot fail.
            let _ = write!(address, "${{{group}}}");
            rest = &rest[digits..];
        }
        address.push_str(rest);
        Ok(AddressMap {
            pattern,
            address,
            text: text.to_owned(),
        })
    }
}

impl fmt::Display for AddressMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(text: &str) -> AddressMap {
        text.parse().expect("a map")
    }

    #[test]
    fn the_first_matching_map_is_used() {
        let maps = [
            map("https://old.example/shop/(.*)=>https://staging.example/store/$1"),
            map("https://old.example/([a-z]+)/(.*)=>https://staging.example/$2x/$1"),
            map("old.example => staging.example"),
        ];
        let cases = [
            (
                "https://old.example/shop/a?b=1",
                "https://staging.example/store/a?b=1",
            ),
            ("https://old.example/de/a", "https://staging.example/ax/de"),
            ("https://old.example/", "https://staging.example/"),
            ("https://other.example/", "https://other.example/"),
        ];
        for (old, new) in cases {
            assert_eq!(AddressMap::apply(&maps, old), new);
        }
    }

    #[test]
    fn an_invalid_map_is_reported_in_one_line() {
        let cases = [
            ("https://a/", "write 'OLD PATTERN=>NEW ADDRESS'"),
            ("(a=>b", "\"(a\" is no regular expression: unclosed group"),
            ("(a)=>$2", "\"(a)\" has no group 2"),
        ];
        for (text, expected) in cases {
            let fault = text.parse::<AddressMap>().expect_err("no map").to_string();
            assert!(fault.starts_with(expected), "{fault}");
            assert_eq!(fault.lines().count(), 1);
        }
        assert_eq!(AddressMap::apply(&[map("a=>$b")], "a"), "$b");
    }
}
