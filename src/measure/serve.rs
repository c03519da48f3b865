//! A port that Prometheus reads: one path, read only. It is meant for this machine; whoever opens it
//! to others puts something with a password before it.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::board::Board;
use super::prometheus;

/// Connections at a time; more wait.
const AT_ONCE: usize = 16;

/// Longest time that a request's headers may take, and that a connection may live.
const HEADERS: Duration = Duration::from_secs(10);
const LIFE: Duration = Duration::from_mins(5);

/// A pause after trouble with accepting, such as too many open files.
const PAUSE: Duration = Duration::from_secs(1);

/// Why the port cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("could not serve metrics on {address}: {source}; name another address or stop what has it")]
pub struct ServeError {
    address: SocketAddr,
    source: io::Error,
}

/// Opens the port and serves `/metrics` until `stop` comes. Returns the address, which differs from
/// what was asked for if that had port 0, and what has to be awaited.
pub async fn serve(
    address: SocketAddr,
    board: Board,
    stop: impl Future<Output = ()>,
) -> Result<(SocketAddr, impl Future<Output = ()>), ServeError> {
    let fault = |source| ServeError { address, source };
    let listener = TcpListener::bind(address).await.map_err(fault)?;
    let bound = listener.local_addr().map_err(fault)?;
    Ok((bound, accept(listener, board, stop)))
}

async fn accept(listener: TcpListener, board: Board, stop: impl Future<Output = ()>) {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let work = async {
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else {
                return;
            };
            let Ok((stream, _)) = listener.accept().await else {
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            let board = board.clone();
            tokio::spawn(async move {
                let service = service_fn(move |request| {
                    let answer = answer(&request, &board);
                    async move { Ok::<_, Infallible>(answer) }
                });
                let connection = hyper::server::conn::http1::Builder::new()
                    .timer(TokioTimer::new())
                    .header_read_timeout(HEADERS)
                    .serve_connection(TokioIo::new(stream), service);
                // Whoever breaks off or stays too long is not our trouble.
                let _ = tokio::time::timeout(LIFE, connection).await;
                drop(place);
            });
        }
    };
    tokio::select! {
        () = work => {}
        () = stop => {}
    }
}

fn answer(request: &Request<Incoming>, board: &Board) -> Response<Full<Bytes>> {
    let (status, kind, text) = match (request.method(), request.uri().path()) {
        (&Method::GET | &Method::HEAD, "/metrics") => {
            let text = prometheus::text(board.metrics());
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
