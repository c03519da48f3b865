//! Resolves names to IP addresses. Failures are typed, so that they map to outcomes.

use std::collections::HashSet;
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::ready;
use futures_util::stream::FuturesUnordered;
use hickory_resolver::Resolver;
use hickory_resolver::config::{
    ConnectionConfig, LookupIpStrategy, NameServerConfig, ResolveHosts, ResolverConfig,
};
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::RecordType;
use hickory_resolver::system_conf::read_system_conf;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::time::{Instant, timeout};
use tower::BoxError;

use super::cache::{DnsCache, Remembered};
use super::sockets::Sockets;
use crate::fetch::client::attempt::Attempt;
use crate::fetch::client::settings::{DnsSource, FetchSettings, HostOverride};
use crate::fetch::guard::neighbours::Neighbours;

/// How long an IP address is used at most, whatever its TTL, so that a crawl notices a site that moves.
const LONGEST_USE: Duration = Duration::from_mins(1);
/// How long an IP address is used at least, so that a TTL of zero does not mean a query per request.
const SHORTEST_USE: Duration = Duration::from_secs(5);
/// How long the answers "no such name" and "no such record" are used.
const NEGATIVE_USE: Duration = Duration::from_secs(30);
/// How long a server's failure is used: it may be over soon, and a retry must get an answer of its own.
const TROUBLE_USE: Duration = Duration::from_secs(1);

/// Maximum number of IP addresses returned for one host. Names with more have them all from one provider, where
/// they are the same few machines.
const MOST_ADDRESSES: usize = 8;

/// Why a name has no IP address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::fetch) enum DnsFault {
    #[error("name does not exist")]
    Nxdomain,
    #[error("name has no address")]
    NoData,
    #[error("name server failed")]
    Servfail,
    #[error("name server refused the query")]
    Refused,
    #[error("name server did not answer")]
    Timeout,
    #[error("too many open files on this machine")]
    OutOfFiles,
}

type Found = Result<Arc<[IpAddr]>, DnsFault>;

/// The resolver that the HTTP client uses.
pub(in crate::fetch) struct Names {
    resolver: Resolver<Sockets>,
    sockets: Sockets,
    servers: Vec<IpAddr>,
    cache: Arc<DnsCache<Found>>,
    overrides: Arc<[HostOverride]>,
    limit: Duration,
    neighbours: Arc<Neighbours>,
    /// The proxy's own host, which may be on a private network.
    proxy_host: Option<String>,
}

impl Names {
    pub(in crate::fetch) fn new(
        settings: &FetchSettings,
        proxy_host: Option<String>,
    ) -> Result<Names, NetError> {
        let sockets = Sockets::default();
        Ok(Names {
            resolver: resolver(&settings.dns, settings.dns_timeout, sockets.clone())?,
            sockets,
            servers: servers(&settings.dns),
            cache: Arc::new(DnsCache::new()),
            overrides: settings.overrides.clone().into(),
            limit: settings.dns_timeout,
            neighbours: Arc::new(Neighbours::new(settings.named.clone())),
            proxy_host,
        })
    }
}

impl Names {
    /// Returns up to a few IP addresses of a host that may be requested at a port.
    pub(in crate::fetch) async fn of(
        &self,
        host: &str,
        port: Option<u16>,
    ) -> Result<Vec<IpAddr>, BoxError> {
        let host = normal(host);
        let mut found = match self.at_hand(&host, port) {
            Some(addresses) => addresses,
            None => self.ask(host, port).await?,
        };
        let mut seen = HashSet::new();
        found.retain(|address| seen.insert(*address));
        found.truncate(MOST_ADDRESSES);
        Ok(found)
    }

    /// Returns whether a name server answers for names that it cannot know without a query to others. It may
    /// know the name servers of the root (RFC 9609). So this looks up names that are new to it, one of the
    /// site and one beside it. A failure or refusal shows that the server is there, but not that it reaches
    /// anything: a home router answers like that while its line is down. A lookup that fails because too many
    /// files are open counts as an answer.
    pub(super) async fn are_served(&self, known: &str) -> bool {
        let site = known.strip_suffix('.').unwrap_or(known);
        let top = site.rsplit('.').next().unwrap_or(site);
        // Name servers are slow for a site whose own servers are gone.
        let replies: FuturesUnordered<_> = [site, top]
            .map(|zone| self.is_served(zone))
            .into_iter()
            .collect();
        let lacked = self.sockets.lacked();
        replies.any(ready).await || self.sockets.lacked() > lacked
    }

    async fn is_served(&self, zone: &str) -> bool {
        let unknown = format!("gatecrawl-{:08x}.{zone}.", fastrand::u32(..));
        match self.resolver.lookup(unknown, RecordType::A).await {
            Ok(_) => true,
            // No query could be made, or the answer made no sense.
            Err(NetError::Proto(_)) => false,
            Err(error) => matches!(fault_of(&error), DnsFault::Nxdomain | DnsFault::NoData),
        }
    }

    /// Returns which hosts may be on a private network, by the IP addresses that their names resolved to.
    pub(in crate::fetch) fn neighbours(&self) -> &Neighbours {
        &self.neighbours
    }

    /// Returns the name servers in use.
    pub(super) fn servers(&self) -> Vec<IpAddr> {
        self.servers.clone()
    }

    /// Returns IP addresses that need no name server.
    fn at_hand(&self, host: &str, port: Option<u16>) -> Option<Vec<IpAddr>> {
        if let Ok(address) = host.trim_matches(['[', ']']).parse() {
            // Only on the way to a SOCKS proxy; the guard has checked it in the URL.
            return Some(vec![address]);
        }
        // The user's choice overrides the guard.
        let given: Vec<IpAddr> = self
            .overrides
            .iter()
            .filter(|given| given.host == host && Some(given.port) == port)
            .map(|given| given.address)
            .collect();
        Some(given).filter(|given| !given.is_empty())
    }

    /// Resolves a name by name service, without IP addresses that may not be requested at this port.
    fn ask(
        &self,
        host: String,
        port: Option<u16>,
    ) -> impl Future<Output = Result<Vec<IpAddr>, BoxError>> + use<> {
        let neighbours = Some(Arc::clone(&self.neighbours));
        let guard = neighbours.filter(|_| self.proxy_host.as_ref() != Some(&host));
        let (resolver, limit) = (self.resolver.clone(), self.limit);
        let sockets = self.sockets.clone();
        let cache = Arc::clone(&self.cache);
        async move {
            let found = cache
                .get(&host, || look_up(resolver, sockets, host.clone(), limit))
                .await?;
            match guard {
                Some(guard) => Ok(guard.judge(&host, port.unwrap_or_default(), &found)?),
                None => Ok(found.to_vec()),
            }
        }
    }
}

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let host = normal(name.as_str());
        let attempt = Attempt::current();
        // The guard has checked it already. A proxy's host is not the requested host.
        let chosen = attempt.as_ref().and_then(|attempt| attempt.address);
        if let Some(address) = chosen
            && self.proxy_host.is_none()
        {
            return Box::pin(async move { Ok(socket_addresses(vec![address])) });
        }
        let port = attempt.as_ref().map(|attempt| attempt.port);
        if let Some(addresses) = self.at_hand(&host, port) {
            return Box::pin(async move { Ok(socket_addresses(addresses)) });
        }
        let asking = self.ask(host, port);
        Box::pin(async move {
            let started = Instant::now();
            if let Some(attempt) = &attempt {
                attempt.lookup_started();
            }
            let found = asking.await;
            if let Some(attempt) = &attempt {
                attempt.name_answered(started.elapsed(), found.is_ok());
            }
            Ok(socket_addresses(found?))
        })
    }
}

/// Returns a host in the form of overrides and the cache. One final dot means the same name. With more dots it is
/// another name, which does not exist, and which must not be read as an IP address.
fn normal(host: &str) -> String {
    host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()
}

/// Port 0 stands for the port of the URL.
fn socket_addresses(addresses: Vec<IpAddr>) -> Addrs {
    Box::new(addresses.into_iter().map(|ip| SocketAddr::new(ip, 0)))
}

async fn look_up(
    resolver: Resolver<Sockets>,
    sockets: Sockets,
    host: String,
    limit: Duration,
) -> Remembered<Found> {
    let lacked = sockets.lacked();
    // A name with dots is complete; without the final dot the search domains would be tried.
    let query = if host.contains('.') {
        format!("{host}.")
    } else {
        host
    };
    let fault = match timeout(limit, resolver.lookup_ip(query)).await {
        Err(_) => DnsFault::Timeout,
        Ok(Err(NetError::NoConnections)) if sockets.lacked() > lacked => DnsFault::OutOfFiles,
        Ok(Err(error)) => fault_of(&error),
        Ok(Ok(found)) => {
            let left = found
                .valid_until()
                .saturating_duration_since(std::time::Instant::now());
            let addresses: Arc<[IpAddr]> = found.iter().collect();
            if !addresses.is_empty() {
                return Remembered::for_a(left.clamp(SHORTEST_USE, LONGEST_USE), Ok(addresses));
            }
            DnsFault::NoData
        }
    };
    let span = match fault {
        DnsFault::Nxdomain | DnsFault::NoData => NEGATIVE_USE,
        DnsFault::Servfail | DnsFault::Refused | DnsFault::Timeout | DnsFault::OutOfFiles => {
            TROUBLE_USE
        }
    };
    Remembered::for_a(span, Err(fault))
}

pub(super) fn fault_of(error: &NetError) -> DnsFault {
    let code = match error {
        NetError::Timeout => return DnsFault::Timeout,
        NetError::Dns(DnsError::NoRecordsFound(none)) => none.response_code,
        NetError::Dns(DnsError::ResponseCode(code)) => *code,
        // A name that does not fit into a query cannot exist.
        NetError::Proto(_) => return DnsFault::Nxdomain,
        _ => return DnsFault::Servfail,
    };
    match code {
        ResponseCode::NXDomain => DnsFault::Nxdomain,
        ResponseCode::NoError => DnsFault::NoData,
        ResponseCode::Refused => DnsFault::Refused,
        _ => DnsFault::Servfail,
    }
}

pub(super) fn resolver(
    source: &DnsSource,
    limit: Duration,
    provider: Sockets,
) -> Result<Resolver<Sockets>, NetError> {
    let mut builder = match source {
        DnsSource::System => Resolver::builder(provider.clone()).unwrap_or_else(|_| {
            // Without a configuration the C library uses this machine, and so do we.
            let here = NameServerConfig::udp_and_tcp(Ipv4Addr::LOCALHOST.into());
            let config = ResolverConfig::from_parts(None, Vec::new(), vec![here]);
            Resolver::builder_with_config(config, provider)
        }),
        DnsSource::Servers(servers) => {
            let servers = servers.iter().map(name_server).collect();
            let config = ResolverConfig::from_parts(None, Vec::new(), servers);
            let mut builder = Resolver::builder_with_config(config, provider);
            builder.options_mut().use_hosts_file = ResolveHosts::Never;
            builder
        }
    };
    let options = builder.options_mut();
    options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
    options.attempts = 2;
    // Both attempts must fit into the limit.
    options.timeout = limit / 2;
    // Our own cache remembers answers, including failures.
    options.cache_size = 0;
    builder.build()
}

/// Returns the name servers of a source; this machine, if the system names none.
fn servers(source: &DnsSource) -> Vec<IpAddr> {
    match source {
        DnsSource::Servers(servers) => servers.iter().map(SocketAddr::ip).collect(),
        DnsSource::System => match read_system_conf() {
            Ok((config, _)) => config.name_servers().iter().map(|it| it.ip).collect(),
            Err(_) => vec![Ipv4Addr::LOCALHOST.into()],
        },
    }
}

fn name_server(address: &SocketAddr) -> NameServerConfig {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
    let connections = connections.map(|mut connection| {
        connection.port = address.port();
        connection
    });
    NameServerConfig::new(address.ip(), true, connections.into())
}
