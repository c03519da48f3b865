//! Serves a site over HTTP/1.1 on a port that the system chooses, and records every request.

use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

use super::connection::converse;
use super::record::{Seen, State};
use super::site::Site;

/// Connections that wait to be accepted.
const BACKLOG: u32 = 512;

/// A site that is served until this is dropped.
pub(crate) struct Origin {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
    _runtime: Runtime,
    /// Keeps the port ours while nothing listens.
    _reserved: TcpSocket,
}

impl Origin {
    /// Serves a site.
    pub(crate) fn serve(site: Site) -> Origin {
        Origin::open(site, true)
    }

    /// A port that refuses connections, with the pages that a site has.
    pub(crate) fn refuse(site: Site) -> Origin {
        Origin::open(site, false)
    }

    fn open(site: Site, listens: bool) -> Origin {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let state = Arc::new(State::new(site));
        let (reserved, address) = runtime.block_on(async {
            let socket = bind(0);
            let address = socket.local_addr().expect("an address");
            (socket, address)
        });
        if listens {
            let listener = runtime.block_on(async { listen(address.port()) });
            runtime.spawn(accept(listener, Arc::clone(&state)));
        }
        Origin {
            address,
            state,
            _runtime: runtime,
            _reserved: reserved,
        }
    }

    /// The full address of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The site that is served.
    pub(crate) fn site(&self) -> Arc<Site> {
        self.state.site()
    }

    /// Every request so far, in the order of arrival.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.state.seen()
    }
}

/// A socket at this port; the system chooses one for 0. Several may be bound to it, and only one
/// that listens takes connections.
fn bind(port: u16) -> TcpSocket {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_reuseaddr(true).expect("an option");
    socket.set_reuseport(true).expect("an option");
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    socket.bind(address).expect("a free port");
    socket
}

fn listen(port: u16) -> TcpListener {
    bind(port).listen(BACKLOG).expect("a listener")
}

/// Takes connections, except while the site refuses them.
async fn accept(mut listener: TcpListener, state: Arc<State>) {
    let port = listener.local_addr().expect("an address").port();
    let mut connections = JoinSet::new();
    let mut refuses = state.site().refuses.clone();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.spawn(converse(stream, Arc::clone(&state)));
                }
            }
            until = down(&state, refuses.clone()), if refuses.is_some() => {
                refuses = None;
                drop(listener);
                connections.shutdown().await;
                // A task that was cut off could not count its request as over.
                state.cut_off();
                tokio::time::sleep_until(until.into()).await;
                listener = listen(port);
            }
        }
        while connections.try_join_next().is_some() {}
    }
}

/// Waits for the time in which connections are refused. Returns its end.
async fn down(state: &State, refuses: Option<Range<Duration>>) -> Instant {
    let Some(time) = refuses else {
        return std::future::pending().await;
    };
    loop {
        if let Some(first) = state.first() {
            tokio::time::sleep_until((first + time.start).into()).await;
            return first + time.end;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
