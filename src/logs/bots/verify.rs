//! Whether a client is the crawler that its user agent names: by published IP addresses, then by look-ups of names.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::ranges::Ranges;
use super::resolve::{Lookup, Resolve};
use super::table::BOTS;
use crate::logs::error::LogsError;

/// Maximum clients that are remembered, and maximum DNS look-ups of one call. Ours.
const MOST_CLIENTS: usize = 200_000;
const MOST_LOOKUPS: u32 = 20_000;

/// Maximum size of a list of IP addresses, in bytes. Ours.
const LARGEST: u64 = 16 << 20;

/// Lists that the program contains, by their search engine.
const SHIPPED: [(&str, &str); 1] = [("google", include_str!("googlebot.json"))];

/// Whether a client is the crawler that it says to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verified {
    /// The IP address is one of the crawler.
    Yes,
    /// The IP address is not one of the crawler.
    No,
    /// Unknown: there is no list, or no look-up, or it failed.
    Unverified,
}

impl Verified {
    /// Returns its name in exports.
    pub const fn name(self) -> &'static str {
        match self {
            Verified::Yes => "yes",
            Verified::No => "no",
            Verified::Unverified => "unverified",
        }
    }
}

/// Verifies crawlers.
pub(in crate::logs) struct Verifier<'r> {
    lists: Vec<List>,
    resolver: Option<&'r dyn Resolve>,
    known: Mutex<Known>,
}

impl fmt::Debug for Verifier<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").finish_non_exhaustive()
    }
}

/// The IP addresses of the crawlers of the same number in the table.
#[derive(Debug, Default)]
struct List {
    shipped: Option<Ranges>,
    given: Option<Ranges>,
}

#[derive(Debug, Default)]
struct Known {
    clients: HashMap<(u8, IpAddr), Verified>,
    lookups: u32,
}

impl<'r> Verifier<'r> {
    /// Reads the lists.
    pub(in crate::logs) fn new(
        given: &[(Option<String>, PathBuf)],
        resolver: Option<&'r dyn Resolve>,
    ) -> Result<Verifier<'r>, LogsError> {
        let mut lists: Vec<List> = BOTS.iter().map(|_| List::default()).collect();
        for (engine, json) in SHIPPED {
            let first = BOTS.iter().position(|bot| bot.engine == engine);
            if let Some(list) = first.and_then(|at| lists.get_mut(at)) {
                list.shipped = Ranges::parse(json);
            }
        }
        for (name, path) in given {
            let fault = |why: String| LogsError::Ranges {
                path: path.clone(),
                why,
            };
            let read = |path: &PathBuf| {
                let size = std::fs::metadata(path)?.len();
                if size > LARGEST {
                    return Err(std::io::Error::other("too large"));
                }
                std::fs::read_to_string(path)
            };
            let text = read(path).map_err(|error| fault(error.to_string()))?;
            let ranges = Ranges::parse(&text)
                .ok_or_else(|| fault("no JSON list of address prefixes".to_owned()))?;
            let file = path.file_name().unwrap_or_default().to_string_lossy();
            let bots = belongs_to(name.as_deref(), &file);
            if bots.is_empty() {
                return Err(fault("name the crawler, such as googlebot=FILE".to_owned()));
            }
            for at in bots {
                lists[at].given.get_or_insert_default().add(ranges.clone());
            }
        }
        Ok(Verifier {
            lists,
            resolver,
            known: Mutex::default(),
        })
    }

    /// Returns the date of the list by which a crawler is verified.
    pub(in crate::logs) fn date(&self, bot: u8) -> Option<&str> {
        let list = self.lists.get(usize::from(bot))?;
        let ranges = list.given.as_ref().or(list.shipped.as_ref())?;
        Some(&ranges.date)
    }

    /// Returns whether a client is a crawler of the table.
    pub(in crate::logs) fn verify(&self, bot: u8, client: &[u8]) -> Verified {
        let address = std::str::from_utf8(client).ok();
        let Some(address) = address.and_then(|text| text.parse::<IpAddr>().ok()) else {
            return Verified::Unverified;
        };
        let may_look_up = {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(verified) = known.clients.get(&(bot, address)) {
                return *verified;
            }
            known.lookups += 1;
            known.lookups <= MOST_LOOKUPS
        };
        let found = self.examine(bot, address, may_look_up);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.clients.len() < MOST_CLIENTS {
            known.clients.insert((bot, address), found);
        }
        found
    }

    fn examine(&self, bot: u8, address: IpAddr, may_look_up: bool) -> Verified {
        let Some(list) = self.lists.get(usize::from(bot)) else {
            return Verified::Unverified;
        };
        let holds = |ranges: &Option<Ranges>| {
            let ranges = ranges.as_ref();
            ranges.is_some_and(|ranges| ranges.contains(address))
        };
        if holds(&list.given) || holds(&list.shipped) {
            return Verified::Yes;
        }
        // A log behind a proxy shows the IP address of the proxy, which proves nothing.
        if is_private(address) {
            return Verified::Unverified;
        }
        let by_name = match self.resolver {
            Some(resolver) if may_look_up => by_name(bot, address, resolver),
            _ => Verified::Unverified,
        };
        // The program's own list may be older than the crawler's newest IP addresses.
        if by_name == Verified::Unverified && list.given.is_some() {
            return Verified::No;
        }
        by_name
    }
}

/// Forward-confirmed reverse look-up, as Google describes it: the name of the IP address is one of the crawler's, and
/// its IP addresses include this one. A look-up that fails proves nothing.
fn by_name(bot: u8, address: IpAddr, resolver: &dyn Resolve) -> Verified {
    let Some(bot) = BOTS
        .get(usize::from(bot))
        .filter(|bot| !bot.rdns.is_empty())
    else {
        return Verified::Unverified;
    };
    let names = match resolver.names(address) {
        Lookup::Found(names) => names,
        Lookup::Nothing => return Verified::No,
        Lookup::Failed => return Verified::Unverified,
    };
    let mut result = Verified::No;
    for name in names.iter().take(4) {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        let is_theirs = bot.rdns.iter().any(|suffix| {
            name == *suffix
                || name
                    .strip_suffix(suffix.as_str())
                    .is_some_and(|it| it.ends_with('.'))
        });
        if !is_theirs {
            continue;
        }
        match resolver.addresses(&name) {
            Lookup::Found(found) if found.contains(&address) => return Verified::Yes,
            Lookup::Found(_) | Lookup::Nothing => {}
            Lookup::Failed => result = Verified::Unverified,
        }
    }
    result
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(it) => {
            it.is_private() || it.is_loopback() || it.is_link_local() || it.is_unspecified()
        }
        IpAddr::V6(it) => it.is_loopback() || it.is_unique_local() || it.is_unicast_link_local(),
    }
}

/// Returns the crawlers that a list belongs to: by name, engine or token, or by the name of the file.
fn belongs_to(name: Option<&str>, file: &str) -> Vec<usize> {
    let bots = BOTS.iter().enumerate();
    let found = bots.filter(|(_, bot)| match name {
        Some(name) => {
            bot.engine.eq_ignore_ascii_case(name)
                || bot
                    .tokens
                    .iter()
                    .any(|token| token.eq_ignore_ascii_case(name))
        }
        None => bot
            .ranges
            .iter()
            .any(|url| url.rsplit('/').next() == Some(file)),
    });
    found.map(|(at, _)| at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::bots::table::GOOGLEBOT;

    /// A name server that lies about one IP address.
    struct Names;

    impl Resolve for Names {
        fn names(&self, address: IpAddr) -> Lookup<String> {
            match address.to_string().as_str() {
                "198.51.100.1" | "198.51.100.2" => {
                    Lookup::Found(vec!["crawl-1.googlebot.com.".to_owned()])
                }
                "198.51.100.3" => Lookup::Found(vec!["evil-googlebot.com".to_owned()]),
                "198.51.100.4" => Lookup::Failed,
                _ => Lookup::Nothing,
            }
        }

        fn addresses(&self, name: &str) -> Lookup<IpAddr> {
            match name {
                "crawl-1.googlebot.com" => Lookup::Found(vec![[198, 51, 100, 1].into()]),
                _ => Lookup::Nothing,
            }
        }
    }

    #[test]
    fn names_are_confirmed_forward_and_failures_prove_nothing() {
        let verifier = Verifier::new(&[], Some(&Names)).expect("lists");
        for (client, expected) in [
            ("66.249.66.1", Verified::Yes),
            ("198.51.100.1", Verified::Yes),
            ("198.51.100.2", Verified::No),
            ("198.51.100.3", Verified::No),
            ("198.51.100.4", Verified::Unverified),
            ("198.51.100.5", Verified::No),
            ("127.0.0.1", Verified::Unverified),
            ("a-name", Verified::Unverified),
        ] {
            let found = verifier.verify(GOOGLEBOT, client.as_bytes());
            assert_eq!(found, expected, "{client}");
        }
    }

    #[test]
    fn only_a_list_of_the_user_proves_that_a_client_is_false() {
        let none = Verifier::new(&[], None).expect("lists");
        assert_eq!(
            none.verify(GOOGLEBOT, b"198.51.100.1"),
            Verified::Unverified
        );
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("googlebot.json");
        std::fs::write(
            &path,
            r#"{"prefixes": [{"ipv4Prefix": "198.51.100.0/28"}]}"#,
        )
        .expect("written");
        let given = Verifier::new(&[(None, path.clone())], None).expect("lists");
        assert_eq!(given.verify(GOOGLEBOT, b"198.51.100.1"), Verified::Yes);
        assert_eq!(given.verify(GOOGLEBOT, b"198.51.100.99"), Verified::No);
        let named = dir.path().join("list.json");
        std::fs::rename(path, &named).expect("renamed");
        assert!(Verifier::new(&[(None, named.clone())], None).is_err());
        assert!(Verifier::new(&[(Some("bingbot".to_owned()), named)], None).is_ok());
    }
}
