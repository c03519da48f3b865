//! Addresses of one site as they are on another: a staging site is compared with production.

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::str::FromStr;

use regex::Regex;

use crate::model::CrawlUrl;

/// `PATTERN=>ADDRESS`: old addresses that match become what the right side says, where `$1` stands
/// for the first group.
#[derive(Clone, Debug)]
pub struct AddressMap {
    pattern: Regex,
    /// With every group in braces: `$1x` would be a group named `1x` otherwise.
    address: String,
    /// As it was written.
    text: String,
}

/// Why a text is no map.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MapFault {
    /// There are no two sides.
    #[error(
        "write 'OLD PATTERN=>NEW ADDRESS', such as 'https://old.example/(.*)=>https://staging.example/$1'"
    )]
    NoArrow,
    /// The left side is no regular expression.
    #[error("{pattern:?} is no regular expression: {why}")]
    Pattern {
        /// As it was written.
        pattern: String,
        /// What is wrong with it.
        why: String,
    },
    /// The right side names a group that the left one does not have.
    #[error("{pattern:?} has no group {group}")]
    NoGroup {
        /// The left side.
        pattern: String,
        /// The group's number.
        group: usize,
    },
}

impl AddressMap {
    /// The address on the new site of one on the old: the first map that matches says which. One
    /// that no map matches is the same on both.
    pub fn apply<'a>(maps: &[AddressMap], address: &'a str) -> Cow<'a, str> {
        let found = maps.iter().find(|map| map.pattern.is_match(address));
        let Some(map) = found else {
            return Cow::Borrowed(address);
        };
        let mapped = map.pattern.replace(address, &map.address);
        // As addresses are stored: normalised.
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
            // It shows the pattern over several lines; what is wrong comes last.
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
                // No number: a dollar sign that means itself.
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
    fn addresses_are_mapped_by_the_first_that_matches() {
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
    fn a_bad_map_is_named_in_one_line() {
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
