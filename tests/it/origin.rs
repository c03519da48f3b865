//! A web server that does exactly as it is told, rightly or wrongly, and notes what it was asked.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::answer::{After, Answer, ok, status};

/// A running origin; it stops with the test.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    address: SocketAddr,
    scheme: &'static str,
    book: Arc<Book>,
}

/// A request as it was received.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) at: Instant,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// The number of the connection it came over.
    pub(crate) connection: usize,
}

#[derive(Debug, Default)]
struct Book {
    scripts: Mutex<HashMap<String, Script>>,
    seen: Mutex<Vec<Seen>>,
}

#[derive(Debug)]
struct Script {
    answers: Vec<Answer>,
    next: usize,
}

impl Origin {
    /// An origin on plain HTTP, at a free port of this machine.
    pub(crate) async fn start() -> Origin {
        Origin::run(None).await
    }

    /// Another origin on plain HTTP, at the same port of another address of this machine.
    pub(crate) async fn start_beside(&self, address: IpAddr) -> Origin {
        Origin::run_at(SocketAddr::new(address, self.address.port()), None).await
    }

    /// An origin on TLS.
    pub(crate) async fn start_tls(tls: rustls::ServerConfig) -> Origin {
        Origin::run(Some(TlsAcceptor::from(Arc::new(tls)))).await
    }

    async fn run(tls: Option<TlsAcceptor>) -> Origin {
        Origin::run_at(SocketAddr::from(([127, 0, 0, 1], 0)), tls).await
    }

    async fn run_at(place: SocketAddr, tls: Option<TlsAcceptor>) -> Origin {
        let listener = TcpListener::bind(place).await.expect("a free port");
        let origin = Origin {
            address: listener.local_addr().expect("an address"),
            scheme: if tls.is_some() { "https" } else { "http" },
            book: Arc::default(),
        };
        let book = Arc::clone(&origin.book);
        tokio::spawn(async move {
            for connection in 0.. {
                let Ok((tcp, _)) = listener.accept().await else {
                    return;
                };
                let (book, tls) = (Arc::clone(&book), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => book.serve(tcp, connection).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(tcp).await {
                                book.serve(stream, connection).await;
                            }
                        }
                    }
                });
            }
        });
        origin
    }

    /// Serves a page at a path, for ever.
    pub(crate) fn page(&self, path: &str, html: &str) {
        self.script(path, [ok(html)]);
    }

    /// Serves these answers at a path, one after the other; the last one for ever.
    pub(crate) fn script(&self, path: &str, answers: impl IntoIterator<Item = Answer>) {
        let answers: Vec<Answer> = answers.into_iter().collect();
        let script = Script { answers, next: 0 };
        let mut scripts = self.book.scripts.lock().expect("a live origin");
        scripts.insert(path.to_owned(), script);
    }

    /// Everything that was asked so far, in order.
    pub(crate) fn requests(&self) -> Vec<Seen> {
        self.book.seen.lock().expect("a live origin").clone()
    }

    /// The full address of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    /// The full address of a path under another name for this machine.
    pub(crate) fn url_as(&self, host: &str, path: &str) -> String {
        format!("{}://{host}:{}{path}", self.scheme, self.address.port())
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Seen {
    /// A header's value, if it was sent.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut fields = self.headers.iter();
        let field = fields.find(|(given, _)| given.eq_ignore_ascii_case(name));
        field.map(|(_, value)| value.as_str())
    }
}

/// A connection that can be reset.
trait Line: AsyncRead + AsyncWrite + Unpin {
    fn tcp(&self) -> &TcpStream;
}

impl Line for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Line for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

impl Book {
    async fn serve(&self, mut line: impl Line, connection: usize) {
        while let Some(path) = self.read_request(&mut line, connection).await {
            let answer = self.answer(&path);
            tokio::time::sleep(answer.delay()).await;
            if line.write_all(&answer.wire()).await.is_err() || line.flush().await.is_err() {
                return;
            }
            match answer.after {
                After::Next => {}
                After::Close => {
                    let _ = line.shutdown().await;
                    return;
                }
                After::Reset => {
                    // What was sent must have been read: a reset overtakes it otherwise.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    line.tcp().set_zero_linger().expect("a socket");
                    return;
                }
                After::Hang => {
                    let _ = line.read(&mut [0]).await;
                    return;
                }
                After::Repeat(bytes, pause) => loop {
                    tokio::time::sleep(pause).await;
                    if line.write_all(&bytes).await.is_err() || line.flush().await.is_err() {
                        return;
                    }
                },
            }
        }
    }

    async fn read_request(&self, line: &mut impl Line, connection: usize) -> Option<String> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let byte = line.read_u8().await.ok()?;
            head.push(byte);
        }
        let head = String::from_utf8(head).ok()?;
        let mut lines = head.lines();
        let path = lines.next()?.split(' ').nth(1)?.to_owned();
        let headers = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let mut seen = Seen {
            at: Instant::now(),
            path: path.clone(),
            headers,
            body: Vec::new(),
            connection,
        };
        let length = seen
            .header("content-length")
            .and_then(|length| length.parse().ok());
        seen.body = vec![0; length.unwrap_or(0)];
        line.read_exact(&mut seen.body).await.ok()?;
        self.seen.lock().expect("a live origin").push(seen);
        Some(path)
    }

    fn answer(&self, path: &str) -> Answer {
        let mut scripts = self.scripts.lock().expect("a live origin");
        let Some(script) = scripts.get_mut(path) else {
            return status(404);
        };
        let answer = script.answers[script.next].clone();
        script.next = (script.next + 1).min(script.answers.len() - 1);
        answer
    }
}
