//! The settings of a fetcher.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use http::HeaderValue;
use rustls::pki_types::CertificateDer;

use crate::fetch::guard::neighbours::Named;
use crate::fetch::secrets::confided::{Secrets, SecretsFor};

/// Settings of all requests of one crawl.
#[derive(Clone, Debug)]
pub struct FetchSettings {
    /// The `User-Agent` header.
    pub user_agent: String,
    /// Identifies the run to the site, in the header `X-Gatecrawl-Run`; subject to `secrets_for`.
    pub run: Option<HeaderValue>,
    /// Secrets that only the site itself may see.
    pub secrets: Secrets,
    /// Which URLs belong to the site itself.
    pub secrets_for: SecretsFor,
    /// Maximum time to resolve a name.
    pub dns_timeout: Duration,
    /// Maximum time for a TCP connection, and again for its TLS handshake. The IP addresses of a name
    /// share it.
    pub connect_timeout: Duration,
    /// Maximum time without data inside a body.
    pub idle_timeout: Duration,
    /// Maximum time for an exchange, without the request's own first-byte limit, which is added to it.
    /// The limit counts from the moment the connection exists.
    pub total_timeout: Duration,
    /// IP addresses given by the user, used before any name service.
    pub overrides: Vec<HostOverride>,
    /// Source of name resolution.
    pub dns: DnsSource,
    /// A proxy for all requests. The environment is never read.
    pub proxy: Option<ProxyAddress>,
    /// Accept every certificate.
    pub insecure: bool,
    /// Never speak HTTP/2.
    pub http1_only: bool,
    /// Idle connections kept per host.
    pub pool_per_host: usize,
    /// Hosts that the user named. They, and hosts that their answers link to, may have loopback,
    /// private and link-local IP addresses. All other hosts must be public.
    pub named: Named,
    /// Trust the authorities of the operating system, besides the usual public ones.
    pub system_roots: bool,
    /// Certificate authorities to trust as well.
    pub extra_roots: Vec<CertificateDer<'static>>,
}

impl Default for FetchSettings {
    /// Returns the limits of the retry policy: 5 s for names, 10 s to connect, 15 s without data, 60 s
    /// in all.
    fn default() -> FetchSettings {
        FetchSettings {
            user_agent: concat!("gatecrawl/", env!("CARGO_PKG_VERSION")).to_owned(),
            run: None,
            secrets: Secrets::default(),
            secrets_for: SecretsFor::nobody(),
            dns_timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(15),
            total_timeout: Duration::from_mins(1),
            overrides: Vec::new(),
            dns: DnsSource::System,
            proxy: None,
            insecure: false,
            http1_only: false,
            pool_per_host: 8,
            named: Named::default(),
            system_roots: true,
            extra_roots: Vec::new(),
        }
    }
}

/// The port of SOCKS proxies (RFC 1928 section 3).
const SOCKS: u16 = 1080;

/// The URL of a proxy: `http://`, `https://`, `socks5://` or `socks5h://`, with user and password
/// if needed. `Debug` shows nothing of it.
#[derive(Clone)]
pub struct ProxyAddress(String);

impl ProxyAddress {
    /// Creates a URL. It is checked when the fetcher is created.
    pub fn new(address: impl Into<String>) -> ProxyAddress {
        ProxyAddress(address.into())
    }

    pub(in crate::fetch) fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns its host and port.
    pub(in crate::fetch) fn place(&self) -> Option<(String, u16)> {
        let url = url::Url::parse(&self.0).ok()?;
        let host = url.host_str()?.to_ascii_lowercase();
        Some((host, url.port_or_known_default().unwrap_or(SOCKS)))
    }
}

impl fmt::Debug for ProxyAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProxyAddress(..)")
    }
}

/// Source of name resolution.
#[derive(Clone, Debug)]
pub enum DnsSource {
    /// The hosts file and the name servers of the operating system.
    System,
    /// These name servers, and no file.
    Servers(Vec<SocketAddr>),
}

/// An IP address given by the user, written `HOST:PORT:ADDRESS` like curl's `--resolve`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostOverride {
    /// The host name, in lower case.
    pub host: String,
    /// The port to which it applies.
    pub port: u16,
    /// The IP address to connect to.
    pub address: IpAddr,
}

/// A text that is not `HOST:PORT:ADDRESS`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not HOST:PORT:ADDRESS, such as www.example.com:443:192.0.2.10")]
pub struct OverrideFault(String);

impl FromStr for HostOverride {
    type Err = OverrideFault;

    fn from_str(text: &str) -> Result<HostOverride, OverrideFault> {
        let read = || {
            let (host, rest) = text.split_once(':')?;
            let (port, address) = rest.split_once(':')?;
            let address = address.trim_start_matches('[').trim_end_matches(']');
            Some(HostOverride {
                host: Some(host.to_ascii_lowercase()).filter(|host| !host.is_empty())?,
                port: port.parse().ok()?,
                address: address.parse().ok()?,
            })
        };
        read().ok_or_else(|| OverrideFault(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overrides_are_parsed_like_those_of_curl() {
        let read = |text: &str| text.parse::<HostOverride>().ok();
        let made = |host: &str, port, address: &str| {
            Some(HostOverride {
                host: host.to_owned(),
                port,
                address: address.parse().expect("an address"),
            })
        };
        assert_eq!(
            read("Example.com:443:192.0.2.1"),
            made("example.com", 443, "192.0.2.1")
        );
        assert_eq!(read("a:80:[::1]"), made("a", 80, "::1"));
        assert_eq!(read("a:80:::1"), made("a", 80, "::1"));
        assert_eq!(read("a:80"), None);
        assert_eq!(read(":80:192.0.2.1"), None);
        assert_eq!(read("a:http:192.0.2.1"), None);
    }
}
