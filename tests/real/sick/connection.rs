//! One connection of an origin: requests in, replies out.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::error_page;
use super::record::State;
use super::request::Reply;
use super::site::Site;

/// Serves one connection until either side leaves it.
pub(crate) async fn converse(mut stream: TcpStream, state: Arc<State>) {
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
