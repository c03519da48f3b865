//! A port that Prometheus reads: one path, read only. It is meant for this machine. To open it to others, put a proxy
//! with a password before it.
//!
//! Silent clients delay nobody: a connection has one second for its request, and a connection too many ends the
//! oldest. Only requests that name this machine or its configured name are answered, so a web page whose own name
//! leads to this machine (DNS rebinding) gets nothing.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

use super::board::Board;
use super::place::{Place, is_meant};
use super::prometheus;

/// Maximum open connections (ours); a further one ends the oldest.
const AT_ONCE: usize = 16;

/// Maximum time for a request's headers (ours); Prometheus sends them at once.
const HEADERS: Duration = Duration::from_secs(1);

/// Maximum life of a connection (ours), which is one request. Ends slow readers.
const LIFE: Duration = Duration::from_secs(10);

/// Pause after an error of `accept`, such as too many open files.
const PAUSE: Duration = Duration::from_secs(1);

/// The error that the port cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error(
    "could not serve metrics on {place}: {source}; name another address, or stop the program that \
     uses it"
)]
pub struct ServeError {
    place: Place,
    source: io::Error,
}

/// Opens the port and serves `/metrics` until `stop`. Returns the bound address, which has the real port if `place`
/// has port 0, and a future to await.
pub async fn serve(
    place: Place,
    board: Board,
    stop: impl Future<Output = ()>,
) -> Result<(SocketAddr, impl Future<Output = ()>), ServeError> {
    let opened = async {
        let listener = TcpListener::bind(place.host_and_port()).await?;
        let bound = listener.local_addr()?;
        Ok((listener, bound))
    };
    match opened.await {
        Ok((listener, bound)) => {
            let site = Site {
                place,
                bound,
                board,
            };
            Ok((bound, accept(listener, site, stop)))
        }
        Err(source) => Err(ServeError { place, source }),
    }
}

/// The served metrics and their address.
#[derive(Clone)]
struct Site {
    place: Place,
    bound: SocketAddr,
    board: Board,
}

async fn accept(listener: TcpListener, site: Site, stop: impl Future<Output = ()>) {
    let mut open = Open::default();
    let work = async {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => open.admit(talk(stream, site.clone())),
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    };
    tokio::select! {
        () = work => {}
        () = stop => {}
    }
}

/// The open connections, the oldest first.
#[derive(Default)]
struct Open {
    tasks: JoinSet<()>,
    handles: VecDeque<AbortHandle>,
}

impl Open {
    fn admit(&mut self, talk: impl Future<Output = ()> + Send + 'static) {
        while self.tasks.try_join_next().is_some() {}
        self.handles.retain(|handle| !handle.is_finished());
        if self.handles.len() >= AT_ONCE
            && let Some(oldest) = self.handles.pop_front()
        {
            oldest.abort();
        }
        self.handles.push_back(self.tasks.spawn(talk));
    }
}

/// Answers one request.
async fn talk(stream: TcpStream, site: Site) {
    let service = service_fn(move |request| {
        let answer = answer(&request, &site);
        async move { Ok::<_, Infallible>(answer) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    // A client that disconnects or stays too long is not an error of this program.
    let _ = tokio::time::timeout(LIFE, connection).await;
}

fn answer(request: &Request<Incoming>, site: &Site) -> Response<Full<Bytes>> {
    let host = request.headers().get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
    let (status, kind, text) = match (request.method(), request.uri().path()) {
        _ if !is_meant(host, &site.place, site.bound) => plain(
            StatusCode::MISDIRECTED_REQUEST,
            "request the name or address that --metrics has\n",
        ),
        (&Method::GET | &Method::HEAD, "/metrics") => {
            let text = prometheus::text(site.board.metrics());
            (StatusCode::OK, prometheus::CONTENT_TYPE, text)
        }
        (_, "/metrics") => plain(StatusCode::METHOD_NOT_ALLOWED, "only GET\n"),
        _ => plain(StatusCode::NOT_FOUND, "only /metrics is here\n"),
    };
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    let kind = http::HeaderValue::from_static(kind);
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

fn plain(status: StatusCode, text: &str) -> (StatusCode, &'static str, String) {
    (status, "text/plain; charset=utf-8", text.to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    async fn started() -> SocketAddr {
        let any: Place = "127.0.0.1:0".parse().expect("a place");
        let stop = std::future::pending();
        let (address, work) = serve(any, Board::default(), stop).await.expect("served");
        tokio::spawn(work);
        address
    }

    async fn get(address: SocketAddr, host: &str) -> String {
        let mut stream = TcpStream::connect(address).await.expect("connected");
        let request = format!("GET /metrics HTTP/1.1\r\nHost: {host}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer");
        answer.lines().next().unwrap_or_default().to_owned()
    }

    #[tokio::test]
    async fn silent_connections_are_closed_and_delay_no_scrape() {
        let address = started().await;
        let began = Instant::now();
        let mut silent = Vec::new();
        for _ in 0..AT_ONCE * 3 {
            silent.push(TcpStream::connect(address).await.expect("connected"));
        }
        assert_eq!(get(address, "localhost").await, "HTTP/1.1 200 OK");
        assert!(began.elapsed() < HEADERS, "{:?}", began.elapsed());
        for mut stream in silent {
            let mut rest = Vec::new();
            let closed = tokio::time::timeout(HEADERS * 5, stream.read_to_end(&mut rest)).await;
            closed.expect("it stays open").ok();
        }
    }

    #[tokio::test]
    async fn a_request_with_a_foreign_host_name_gets_nothing() {
        let address = started().await;
        let own = get(address, &address.to_string()).await;
        assert_eq!(own, "HTTP/1.1 200 OK");
        let other = get(address, "attacker.example").await;
        assert_eq!(other, "HTTP/1.1 421 Misdirected Request");
    }
}
