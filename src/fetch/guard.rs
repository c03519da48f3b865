//! Which addresses a crawl may ask. Links, redirects and name servers belong to others: none of
//! them may lead the crawler to a service that only its own machine or network can reach.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::Host;

use crate::model::CrawlUrl;

/// An address that may not be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("address {0} is not public")]
pub(super) struct NotPublic(pub(super) IpAddr);

/// Refuses a URL whose host is written as an address that is not public. Resolvers are not asked
/// about such hosts, so their filter is not enough.
pub(super) fn check_literal(url: &CrawlUrl) -> Result<(), NotPublic> {
    match url.host() {
        Host::Domain(_) => Ok(()),
        Host::Ipv4(address) => check(address.into()),
        Host::Ipv6(address) => check(address.into()),
    }
}

/// Refuses an address that is not public.
pub(super) fn check(address: IpAddr) -> Result<(), NotPublic> {
    if is_public(address) {
        Ok(())
    } else {
        Err(NotPublic(address))
    }
}

/// The public ones of a name's addresses. A name with none leads where crawls have no business.
pub(super) fn public_of(addresses: &[IpAddr]) -> Result<Vec<IpAddr>, NotPublic> {
    let (public, special): (Vec<IpAddr>, Vec<IpAddr>) =
        addresses.iter().partition(|address| is_public(**address));
    match special.first() {
        Some(first) if public.is_empty() => Err(NotPublic(*first)),
        _ => Ok(public),
    }
}

/// Whether an address is reachable from the whole internet, by the special-purpose registries of
/// IANA (RFC 6890).
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_documentation()
        || a == 0
        || a >= 224 // multicast, reserved, broadcast
        || (a == 100 && b & 0xc0 == 64) // shared by providers' customers
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && b & 0xfe == 18); // benchmarks
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, .., high, low] = address.segments();
    let embedded = |high: u16, low: u16| {
        let [[a, b], [c, d]] = [high.to_be_bytes(), low.to_be_bytes()];
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    if let Some(mapped) = address.to_ipv4_mapped() {
        return is_public_v4(mapped);
    }
    match (a, b) {
        // Addresses that carry an IPv4 address are as public as that one: NAT64 and 6to4.
        (0x64, 0xff9b) => address.segments()[2..6] == [0; 4] && embedded(high, low),
        (0x2002, _) => embedded(b, address.segments()[2]),
        // Teredo, benchmarks, ORCHID, documentation.
        (0x2001, b) if b < 0x200 || b == 0xdb8 => false,
        (0x3fff, b) if b < 0x1000 => false,
        // Everything else that is public starts with the bits 001.
        _ => a & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_open_internet_is_public() {
        let public = [
            "1.1.1.1",
            "8.8.8.8",
            "100.128.0.1",
            "172.32.0.1",
            "2606:4700::1111",
        ];
        let public = public
            .into_iter()
            .chain(["::ffff:8.8.8.8", "64:ff9b::808:808"]);
        for address in public {
            assert!(is_public(address.parse().expect("address")), "{address}");
        }
        let special = [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "172.16.0.1",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.1.1",
            "198.19.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ];
        for address in special {
            assert!(!is_public(address.parse().expect("address")), "{address}");
        }
    }

    #[test]
    fn addresses_in_urls_are_seen_in_every_spelling() {
        let refused = |text| check_literal(&CrawlUrl::parse(text).expect("a URL")).is_err();
        assert!(refused("http://2130706433/"));
        assert!(refused("http://0x7f.1/"));
        assert!(refused("http://[::1]:8080/"));
        assert!(!refused("http://1.1.1.1/"));
        assert!(!refused("http://localhost/"));
    }
}
