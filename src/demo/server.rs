//! The server: the part of HTTP/1.1 over plain TCP that a crawler needs.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::timeout;

use super::answer::{Reply, Then, Visits, error};

/// Maximum size of a request, in bytes. Browsers send about one thousand.
const MAX_REQUEST: usize = 16 * 1024;

/// Maximum open connections; further ones wait.
const MAX_OPEN: usize = 256;

/// Maximum wait for a request, and for an answer to be sent.
const TIME_LIMIT: Duration = Duration::from_secs(15);

/// A running site, which stops when this is dropped.
#[derive(Debug)]
pub struct DemoSite {
    address: SocketAddr,
    server: AbortHandle,
}

/// Serves the site on a free port of this machine.
pub async fn serve() -> io::Result<DemoSite> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let visits = Arc::new(Visits::new(format!("http://{address}")));
    let server = tokio::spawn(accept(listener, visits)).abort_handle();
    Ok(DemoSite { address, server })
}

impl DemoSite {
    /// Returns the URL of its start page.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}

impl Drop for DemoSite {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Accepts connections forever. They end when this is dropped.
async fn accept(listener: TcpListener, visits: Arc<Visits>) {
    let slots = Arc::new(Semaphore::new(MAX_OPEN));
    let mut connections = JoinSet::new();
    while let Ok(slot) = Arc::clone(&slots).acquire_owned().await {
        match listener.accept().await {
            Ok((line, _)) => {
                let visits = Arc::clone(&visits);
                connections.spawn(async move {
                    // An error of one client does not concern the others.
                    let _ = converse(line, &visits).await;
                    drop(slot);
                });
            }
            // Probably no file descriptors are left; some will be free soon.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
        while connections.try_join_next().is_some() {}
    }
}

/// Answers the requests of one connection, one after the other.
async fn converse(mut line: TcpStream, visits: &Visits) -> io::Result<()> {
    let mut unread = Vec::new();
    while let Some(head) = timeout(TIME_LIMIT, read_head(&mut line, &mut unread)).await?? {
        let mut words = head.split(' ');
        let (method, target) = (words.next(), words.next().unwrap_or_default());
        let path = target.split('?').next().unwrap_or_default();
        let mut reply = match method {
            Some("GET" | "HEAD") => visits.reply(path),
            // Its body, if any, is not read, so the following bytes are not a request.
            _ => Reply {
                then: Then::Close,
                ..error(405, "Allow: GET, HEAD\r\n")
            },
        };
        if method == Some("HEAD") {
            reply.body.clear();
        }
        tokio::time::sleep(reply.wait).await;
        timeout(TIME_LIMIT, send(&mut line, &reply)).await??;
        match reply.then {
            Then::Stay => {}
            Then::Close => return line.shutdown().await,
            Then::Reset => return line.set_zero_linger(),
        }
    }
    Ok(())
}

async fn send(line: &mut TcpStream, reply: &Reply) -> io::Result<()> {
    line.write_all(reply.head.as_bytes()).await?;
    line.write_all(&reply.body).await
}

/// Reads the next request up to its empty line; `None` if the client disconnected. Later bytes stay in `unread`.
async fn read_head(line: &mut TcpStream, unread: &mut Vec<u8>) -> io::Result<Option<String>> {
    const END: &[u8] = b"\r\n\r\n";
    loop {
        if let Some(at) = memchr::memmem::find(unread, END) {
            let head: Vec<u8> = unread.drain(..at + END.len()).collect();
            return Ok(Some(String::from_utf8_lossy(&head).into_owned()));
        }
        if unread.len() > MAX_REQUEST {
            return Ok(None);
        }
        if line.read_buf(unread).await? == 0 {
            return Ok(None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends a request to the site and returns everything up to the end of the connection.
    async fn send(site: &DemoSite, request: &str) -> io::Result<String> {
        let mut line = TcpStream::connect(site.address).await?;
        line.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        line.read_to_end(&mut answer).await?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    #[tokio::test]
    async fn several_requests_share_a_connection() {
        let site = serve().await.expect("a free port");
        let request = "GET /about/ HTTP/1.1\r\nHost: x\r\n\r\nHEAD /?a=b HTTP/1.1\r\nHost: x\r\n\r\n\
                       POST / HTTP/1.1\r\nHost: x\r\n\r\n";
        let answer = send(&site, request).await.expect("an answer");
        let statuses: Vec<_> = answer.matches("HTTP/1.1 ").collect();
        assert_eq!(statuses.len(), 3, "{answer}");
        assert!(answer.contains("<h1>About us</h1>"), "{answer}");
        assert!(!answer.contains("<h1>Kettle"), "{answer}");
        assert!(answer.contains("HTTP/1.1 405 "), "{answer}");
    }

    #[tokio::test]
    async fn the_reset_page_resets() {
        let site = serve().await.expect("a free port");
        let answer = send(&site, "GET /shop/cups/bicycle/ HTTP/1.1\r\n\r\n").await;
        let fault = answer.expect_err("a reset");
        assert_eq!(fault.kind(), io::ErrorKind::ConnectionReset);
    }

    #[tokio::test]
    async fn an_endless_request_is_not_read() {
        let site = serve().await.expect("a free port");
        let request = format!("GET / HTTP/1.1\r\nA: {}", "a".repeat(2 * MAX_REQUEST));
        // The connection may end or be reset.
        let answer = send(&site, &request).await.unwrap_or_default();
        assert_eq!(answer, "");
    }

    #[tokio::test]
    async fn it_stops_when_dropped() {
        let site = serve().await.expect("a free port");
        let address = site.address;
        drop(site);
        tokio::task::yield_now().await;
        assert!(TcpStream::connect(address).await.is_err());
    }
}
