//! Serves a site over HTTP/1.1 on a port that the system chooses, and records every request.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

use super::error_page;
use super::request::{Reply, Request};
use super::site::Site;
use crate::nginx::{self, Logged};
use crate::server::Server;

/// Connections that wait to be accepted.
const BACKLOG: u32 = 512;

/// A request as the origin saw it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// Since the first request.
    pub(crate) at: Duration,
    pub(crate) path: String,
    /// The status that it got; 0 for none.
    pub(crate) status: u16,
    /// Requests open when it arrived, itself included; 0 if that is not recorded.
    pub(crate) open: usize,
}

/// What nginx recorded, in the order of its answers.
pub(crate) fn seen_by_nginx(server: &Server) -> Vec<Seen> {
    let log = nginx::log(server);
    let began = |request: &Logged| request.ended - request.took;
    let first = log.iter().map(began).fold(f64::INFINITY, f64::min);
    let seen = |request: Logged| Seen {
        at: Duration::from_secs_f64((began(&request) - first).max(0.0)),
        path: request.target,
        status: request.status,
        open: 0,
    };
    log.into_iter().map(seen).collect()
}

/// A site that is served until this is dropped.
pub(crate) struct Origin {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
    _runtime: Runtime,
    /// Keeps the port ours while nothing listens.
    _reserved: TcpSocket,
}

struct State {
    site: Mutex<Arc<Site>>,
    record: Mutex<Record>,
}

#[derive(Default)]
struct Record {
    first: Option<Instant>,
    open: usize,
    visits: HashMap<String, u32>,
    seen: Vec<Seen>,
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
        let state = Arc::new(State {
            site: Mutex::new(Arc::new(site)),
            record: Mutex::default(),
        });
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

    /// Replaces the site, as a release does.
    pub(crate) fn change(&self, site: Site) {
        *self.state.site.lock().expect("a live origin") = Arc::new(site);
    }

    /// The site that is served now.
    pub(crate) fn site(&self) -> Arc<Site> {
        self.state.site()
    }

    /// Every request so far, in the order of arrival.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        let record = self.state.record.lock().expect("a live origin");
        record.seen.clone()
    }

    /// Forgets the requests so far.
    pub(crate) fn forget(&self) {
        let mut record = self.state.record.lock().expect("a live origin");
        *record = Record {
            open: record.open,
            ..Record::default()
        };
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
            until = state.down(refuses.clone()), if refuses.is_some() => {
                refuses = None;
                drop(listener);
                connections.shutdown().await;
                // A task that was cut off could not count its request as over.
                state.record.lock().expect("a live origin").open = 0;
                tokio::time::sleep_until(until.into()).await;
                listener = listen(port);
            }
        }
        while connections.try_join_next().is_some() {}
    }
}

/// Serves one connection until either side leaves it.
async fn converse(mut stream: TcpStream, state: Arc<State>) {
    let _ = stream.set_nodelay(true);
    let mut input = Vec::new();
    while let Some(head) = next_head(&mut stream, &mut input).await {
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        let site = state.site();
        let (number, reply) = state.begin(&site, &path, &head);
        let status = reply.status();
        let sent = send(&mut stream, &mut input, &site, (&path, reply)).await;
        state.end(number, if sent.is_some() { status } else { 0 });
        if sent != Some(Then::Stay) {
            return;
        }
    }
}

/// The next request's line and header.
async fn next_head(stream: &mut TcpStream, input: &mut Vec<u8>) -> Option<String> {
    loop {
        if let Some(end) = input.windows(4).position(|four| four == b"\r\n\r\n") {
            let head: Vec<_> = input.drain(..end + 4).collect();
            return Some(String::from_utf8_lossy(&head).into_owned());
        }
        if stream.read_buf(input).await.ok()? == 0 {
            return None;
        }
    }
}

/// What becomes of the connection after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    Stay,
    Close,
}

/// Answers; `None` if the client got nothing.
async fn send(
    stream: &mut TcpStream,
    input: &mut Vec<u8>,
    site: &Site,
    (path, reply): (&str, Reply),
) -> Option<Then> {
    let (after, bytes, then) = match reply {
        Reply::Page(after) => (after, answer(200, "", &site.html(path)), Then::Stay),
        Reply::Error {
            status,
            after,
            headers,
        } => {
            let body = error_page::body(status);
            (after, answer(status, headers, &body), Then::Stay)
        }
        Reply::Bytes { bytes, after } => (after, bytes, Then::Close),
        Reply::Hang => {
            gone(stream, input).await;
            return None;
        }
        Reply::Reset => {
            let _ = socket2::SockRef::from(&*stream).set_linger(Some(Duration::ZERO));
            return None;
        }
    };
    if !after.is_zero() {
        tokio::select! {
            () = tokio::time::sleep(after) => {}
            () = gone(stream, input) => return None,
        }
    }
    stream.write_all(&bytes).await.ok()?;
    Some(then)
}

/// Waits until the client has left.
async fn gone(stream: &mut TcpStream, input: &mut Vec<u8>) {
    while !matches!(stream.read_buf(input).await, Ok(0) | Err(_)) {}
}

fn answer(status: u16, headers: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status} {}\r\nServer: nginx/1.22.1\r\nContent-Type: text/html\r\n\
         Content-Length: {}\r\nConnection: keep-alive\r\n{headers}\r\n{body}",
        error_page::reason(status),
        body.len()
    )
    .into_bytes()
}

impl State {
    fn site(&self) -> Arc<Site> {
        Arc::clone(&self.site.lock().expect("a live origin"))
    }

    /// Records a request, and decides what becomes of it. Returns its number.
    fn begin(&self, site: &Site, path: &str, head: &str) -> (usize, Reply) {
        let mut record = self.record.lock().expect("a live origin");
        let now = Instant::now();
        let first = *record.first.get_or_insert(now);
        record.open += 1;
        let visits = record.visits.entry(path.to_owned()).or_default();
        let visit = *visits;
        *visits += 1;
        let request = Request {
            path,
            visit,
            at: now - first,
            open: record.open,
            head,
        };
        let missing = Reply::Error {
            status: 404,
            after: Duration::ZERO,
            headers: "",
        };
        let reply = (site.host)(&request)
            .or_else(|| site.decide(path).map(|decide| decide(&request)))
            .unwrap_or(missing);
        let seen = Seen {
            at: request.at,
            path: path.to_owned(),
            status: 0,
            open: request.open,
        };
        record.seen.push(seen);
        (record.seen.len() - 1, reply)
    }

    fn end(&self, number: usize, status: u16) {
        let mut record = self.record.lock().expect("a live origin");
        record.open = record.open.saturating_sub(1);
        if let Some(seen) = record.seen.get_mut(number) {
            seen.status = status;
        }
    }

    /// Waits for the time in which connections are refused. Returns its end.
    async fn down(&self, refuses: Option<Range<Duration>>) -> Instant {
        let Some(time) = refuses else {
            return std::future::pending().await;
        };
        loop {
            let first = self.record.lock().expect("a live origin").first;
            if let Some(first) = first {
                tokio::time::sleep_until((first + time.start).into()).await;
                return first + time.end;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
