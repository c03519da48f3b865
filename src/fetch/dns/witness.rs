//! Checks whether witnesses that answered earlier in the crawl still do, to separate a dead site from a dead network.
//! Witnesses are our name servers and hosts that answered the crawl. With a proxy, the proxy is the only witness.
//! Loopback addresses are not witnesses: they answer without a network.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tower::BoxError;

use super::resolver::Names;
use crate::fetch::client::files::lacks_files;
use crate::fetch::client::settings::ProxyAddress;
use crate::fetch::fault::chain::ran_out_of_files;
use crate::model::{Network, Silence, Witnesses};

/// Maximum wait for a witness: three times the time of a connection around the world, or enough for one more lost
/// packet.
const LIMIT: Duration = Duration::from_secs(3);

/// Queries the witnesses, those without cost for others first.
pub(in crate::fetch) async fn ask(names: &Names, witnesses: &Witnesses) -> Network {
    let known = || witnesses.silent.iter().chain(&witnesses.others);
    let outside = |address: &&SocketAddr| !address.ip().is_loopback();
    if known().any(|address| outside(&address)) && !known().filter(outside).any(has_route) {
        return Network::Down(Silence {
            no_route: true,
            ..Silence::default()
        });
    }
    let mut silence = Silence::default();
    if let Some(name) = &witnesses.name {
        if timeout(LIMIT, names.are_served(name)).await == Ok(true) {
            return Network::Up;
        }
        silence.name_servers = names.servers();
    }
    let hosts: Vec<SocketAddr> = witnesses.others.iter().filter(outside).copied().collect();
    if any_answers(&hosts).await {
        return Network::Up;
    }
    silence.hosts = hosts.iter().map(SocketAddr::ip).collect();
    silence.hosts.sort();
    if silence == Silence::default() {
        return Network::Unknown;
    }
    Network::Down(silence)
}

/// Checks the proxy, through which all requests go.
pub(in crate::fetch) async fn ask_proxy(names: &Names, proxy: &ProxyAddress) -> Network {
    let Some((host, port)) = proxy.place() else {
        return Network::Unknown;
    };
    let found = timeout(LIMIT, names.of(&host, Some(port))).await;
    let Some(found) = addresses(found.ok()) else {
        return Network::Unknown;
    };
    if found.iter().any(IpAddr::is_loopback) {
        return Network::Unknown;
    }
    let places: Vec<_> = found.iter().map(|ip| SocketAddr::new(*ip, port)).collect();
    if any_answers(&places).await {
        return Network::Up;
    }
    Network::Down(Silence {
        proxy: true,
        ..Silence::default()
    })
}

/// Returns the resolved IP addresses of the proxy; empty if they cannot be resolved. Returns `None` if
/// this process ran out of file descriptors.
fn addresses(found: Option<Result<Vec<IpAddr>, BoxError>>) -> Option<Vec<IpAddr>> {
    match found {
        Some(Ok(found)) => Some(found),
        Some(Err(fault)) if ran_out_of_files(&*fault) => None,
        _ => Some(Vec::new()),
    }
}

/// Returns whether the system has a route for a packet; none is sent.
fn has_route(to: &SocketAddr) -> bool {
    let from: IpAddr = match to {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let way = UdpSocket::bind((from, 0)).and_then(|socket| socket.connect(to));
    way.map_or_else(
        |fault| {
            !matches!(
                fault.kind(),
                ErrorKind::NetworkUnreachable
                    | ErrorKind::NetworkDown
                    | ErrorKind::HostUnreachable
                    | ErrorKind::AddrNotAvailable
            )
        },
        |()| true,
    )
}

/// Returns whether a connection to any of these IP addresses opens, or is refused. A dial that fails
/// because too many files are open counts as an answer.
async fn any_answers(places: &[SocketAddr]) -> bool {
    let answers = |place: &SocketAddr| {
        let place = *place;
        async move {
            match timeout(LIMIT, TcpStream::connect(place)).await {
                Ok(Ok(_)) => true,
                Ok(Err(fault)) => !is_silence(&fault),
                Err(_) => false,
            }
        }
    };
    let answered = join_all(places.iter().map(answers)).await;
    answered.into_iter().any(|answered| answered)
}

/// Returns whether a dial failed as if no host were there.
fn is_silence(fault: &std::io::Error) -> bool {
    fault.kind() != ErrorKind::ConnectionRefused && !lacks_files(fault)
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::super::resolver::DnsFault;
    use super::*;

    #[test]
    fn a_refusal_or_a_lack_of_open_files_is_not_silence() {
        let silence = |number| is_silence(&io::Error::from_raw_os_error(number));
        let emfile = 24;
        assert!(!silence(emfile));
        assert!(!is_silence(&ErrorKind::ConnectionRefused.into()));
        for kind in [ErrorKind::HostUnreachable, ErrorKind::TimedOut] {
            assert!(is_silence(&kind.into()), "{kind}");
        }
    }

    #[test]
    fn a_proxy_whose_name_could_not_be_looked_up_is_not_gone() {
        assert_eq!(addresses(Some(Err(DnsFault::OutOfFiles.into()))), None);
        assert_eq!(
            addresses(Some(Err(DnsFault::Servfail.into()))),
            Some(vec![])
        );
        assert_eq!(addresses(None), Some(vec![]), "no answer");
    }

    #[test]
    fn this_machine_has_a_route_to_itself_and_none_to_nowhere() {
        assert!(has_route(&"127.0.0.1:9".parse().expect("an address")));
        // A scope that no interface has.
        let nowhere: SocketAddr = "[fe80::1%4000000]:9".parse().expect("an address");
        assert!(!has_route(&nowhere));
    }
}
