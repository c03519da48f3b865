//! Look-ups of names for programs other than the HTTP client: from an IP address to its names, and from a name to its
//! IP addresses.

use std::fmt::{self, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_resolver::Resolver;
use hickory_resolver::net::NetError;
use hickory_resolver::proto::rr::{RData, RecordType};
use tokio::runtime::Handle;

use super::resolver::{DnsFault, fault_of, resolver};
use super::sockets::Sockets;
use crate::fetch::client::settings::DnsSource;

/// Maximum wait for the answer of a name server.
const PATIENCE: Duration = Duration::from_secs(4);

/// Looks names up. Calls wait for the answer, so they belong on threads of their own.
pub struct NameLookups {
    resolver: Resolver<Sockets>,
    runtime: Handle,
}

impl fmt::Debug for NameLookups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NameLookups").finish_non_exhaustive()
    }
}

/// A look-up failed, so that nothing is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the name server did not answer")]
pub struct LookupFailed;

impl NameLookups {
    /// Returns look-ups by these name servers, or by those of the operating system if there are none.
    pub fn new(servers: Vec<SocketAddr>, runtime: Handle) -> Result<NameLookups, NetError> {
        let source = if servers.is_empty() {
            DnsSource::System
        } else {
            DnsSource::Servers(servers)
        };
        Ok(NameLookups {
            resolver: resolver(&source, PATIENCE, Sockets::default())?,
            runtime,
        })
    }

    /// Returns the names of an IP address; none if the name server says so.
    pub fn names(&self, address: IpAddr) -> Result<Vec<String>, LookupFailed> {
        let found = self.resolver.lookup(reverse(address), RecordType::PTR);
        match self.runtime.block_on(found) {
            Ok(found) => Ok(found
                .answers()
                .iter()
                .filter_map(|record| match &record.data {
                    RData::PTR(name) => Some(name.0.to_string()),
                    _ => None,
                })
                .collect()),
            Err(error) => none(&error),
        }
    }

    /// Returns the IP addresses of a name; none if the name server says so.
    pub fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, LookupFailed> {
        // The dot at the end keeps search domains out.
        let name = format!("{}.", name.trim_end_matches('.'));
        match self.runtime.block_on(self.resolver.lookup_ip(name)) {
            Ok(found) => Ok(found.iter().collect()),
            Err(error) => none(&error),
        }
    }
}

/// Returns nothing if that is the answer of the name server.
fn none<T>(error: &NetError) -> Result<Vec<T>, LookupFailed> {
    match fault_of(error) {
        DnsFault::Nxdomain | DnsFault::NoData => Ok(Vec::new()),
        _ => Err(LookupFailed),
    }
}

/// Returns the name under which the names of an IP address are.
fn reverse(address: IpAddr) -> String {
    let mut name = String::new();
    match address {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            let _ = write!(name, "{d}.{c}.{b}.{a}.in-addr.arpa.");
        }
        IpAddr::V6(address) => {
            for byte in address.octets().iter().rev() {
                let _ = write!(name, "{:x}.{:x}.", byte & 15, byte >> 4);
            }
            name.push_str("ip6.arpa.");
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_addresses_are_below_arpa() {
        let v4 = reverse([192, 0, 2, 7].into());
        assert_eq!(v4, "7.2.0.192.in-addr.arpa.");
        let v6 = reverse("2001:db8::1".parse().expect("an address"));
        assert_eq!(v6.len(), 64 + "ip6.arpa.".len());
        assert!(
            v6.starts_with("1.0.0.0.") && v6.ends_with("8.b.d.0.1.0.0.2.ip6.arpa."),
            "{v6}"
        );
    }
}
