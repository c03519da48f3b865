//! The server that all hostile hosts share: which of them is meant is told by the name asked for.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use rustls::{ServerConfig, ServerConnection};

use super::case::{Case, Line, Tls, missing};
use super::{http2, tls};

/// Longest request that is read.
const LONGEST: usize = 256 * 1024;

/// The requests that came, as they came.
pub(super) type Requests = Arc<Mutex<Vec<String>>>;

/// A listener that does something with each connection, on a thread of its own. Returns where.
pub(super) fn listen(
    does: impl Fn(TcpStream) -> io::Result<()> + Send + Sync + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = listener.local_addr().expect("an address");
    let does = Arc::new(does);
    thread::spawn(move || {
        for line in listener.incoming().flatten() {
            let does = Arc::clone(&does);
            // The client may have had enough of it: that is what these tests are about.
            thread::spawn(move || does(line));
        }
    });
    address
}

/// A listener that answers nobody and counts who came.
pub(super) fn count() -> (SocketAddr, Arc<AtomicUsize>) {
    let came = Arc::<AtomicUsize>::default();
    let counted = Arc::clone(&came);
    let address = listen(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        Ok(())
    });
    (address, came)
}

/// Where nobody listens.
pub(super) fn nobody() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("an address")
}

/// Serves one request of a connection.
pub(super) fn serve(line: &mut dyn Line, cases: &[Case], requests: &Requests) -> io::Result<()> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && head.len() < LONGEST {
        line.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    requests.lock().expect("a live origin").push(head.clone());
    let path = head.split(' ').nth(1).unwrap_or_default();
    let host = head.lines().find_map(|line| line.strip_prefix("host: "));
    let label = host
        .and_then(|host| host.split('.').next())
        .unwrap_or_default();
    let case = cases.iter().find(|case| case.host == label);
    let is_file = matches!(path, "/robots.txt" | "/sitemap.xml");
    match case {
        Some(case) if case.whole || !is_file => (case.does)(path, line),
        _ => missing(line),
    }
}

/// Takes a connection into TLS.
pub(super) fn over_tls(line: TcpStream, config: &Arc<ServerConfig>) -> io::Result<Tls> {
    let session = ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
    let mut line = Tls::new(session, line);
    while line.conn.is_handshaking() {
        line.conn.complete_io(&mut line.sock)?;
    }
    Ok(line)
}

/// Speaks HTTP/2 as the host does that was named in the handshake.
pub(super) fn serve_http2(mut line: Tls) -> io::Result<()> {
    let name = line.conn.server_name().unwrap_or_default().to_owned();
    let label = name.split('.').next().unwrap_or_default();
    let case = http2::CASES.iter().find(|(host, ..)| *host == label);
    let (.., does) = case.ok_or_else(|| io::Error::other("no such host"))?;
    http2::converse(&mut line, *does)
}

/// Does what a host does once it was greeted.
pub(super) fn serve_greeting(mut line: TcpStream, label: &str) -> io::Result<()> {
    let case = tls::HANDSHAKES.iter().find(|(host, ..)| *host == label);
    let (.., does) = case.ok_or_else(|| io::Error::other("no such host"))?;
    tls::greet(&mut line, *does)
}
