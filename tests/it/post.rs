//! A mail server for one sender: it takes every mail and keeps it as it came.

use std::io;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// The server, and the mails that it took.
pub(crate) struct Post {
    port: u16,
    mails: Arc<Mutex<Vec<Mail>>>,
}

/// A mail as it is sent (RFC 5322).
#[derive(Clone)]
pub(crate) struct Mail(pub(crate) String);

impl Post {
    pub(crate) async fn start() -> Post {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let mails = Arc::<Mutex<Vec<Mail>>>::default();
        let theirs = Arc::clone(&mails);
        tokio::spawn(async move {
            while let Ok((line, _)) = listener.accept().await {
                tokio::spawn(take(line, Arc::clone(&theirs)));
            }
        });
        Post { port, mails }
    }

    /// What `[smtp]` says of it.
    pub(crate) fn config(&self) -> String {
        let port = self.port;
        format!(
            "host = '127.0.0.1'\nport = {port}\nsecurity = 'none'\n\
             from = 'gatecrawl <gatecrawl@shop.example>'"
        )
    }

    /// The mails, in the order in which they came.
    pub(crate) fn mails(&self) -> Vec<Mail> {
        self.mails.lock().expect("no panic").clone()
    }
}

/// Answers as a server without extensions does (RFC 5321).
async fn take(line: TcpStream, mails: Arc<Mutex<Vec<Mail>>>) -> io::Result<()> {
    let mut line = BufReader::new(line);
    line.write_all(b"220 ready\r\n").await?;
    let mut said = String::new();
    while line.read_line(&mut said).await? > 0 {
        let answer = match said.split([' ', '\r']).next().unwrap_or_default() {
            "DATA" => "354 go on",
            "QUIT" => "221 bye",
            _ => "250 fine",
        };
        line.write_all(format!("{answer}\r\n").as_bytes()).await?;
        if said.starts_with("DATA") {
            let mut mail = String::new();
            loop {
                said.clear();
                line.read_line(&mut said).await?;
                match said.strip_prefix('.') {
                    Some("\r\n") => break,
                    dotted => mail.push_str(dotted.unwrap_or(&said)),
                }
            }
            mails.lock().expect("no panic").push(Mail(mail));
            line.write_all(b"250 taken\r\n").await?;
        }
        said.clear();
    }
    Ok(())
}

impl Mail {
    /// The value of a header, unfolded.
    pub(crate) fn header(&self, name: &str) -> String {
        let head = self.0.split("\r\n\r\n").next().unwrap_or_default();
        let unfolded = head.replace("\r\n ", " ");
        let mut lines = unfolded.lines();
        let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        value.unwrap_or_default().to_owned()
    }

    /// The part of a type, decoded.
    pub(crate) fn part(&self, kind: &str) -> String {
        let start = self.0.find(&format!("Content-Type: {kind}"));
        let part = &self.0[start.expect("such a part")..];
        let (head, body) = part.split_once("\r\n\r\n").expect("a body");
        // The line before a signature is no boundary.
        let is_end = |at: &usize| !body[at + 4..].starts_with([' ', '=']);
        let mut ends = body.match_indices("\r\n--").map(|(at, _)| at);
        let body = &body[..ends.find(is_end).unwrap_or(body.len())];
        match head {
            _ if head.contains("quoted-printable") => unquoted(body),
            _ if head.contains("base64") => panic!("text that nobody can read: {head}"),
            _ => body.replace("\r\n", "\n"),
        }
    }
}

/// Decodes quoted-printable (RFC 2045, 6.7).
fn unquoted(text: &str) -> String {
    let text = text.replace("=\r\n", "").replace("\r\n", "\n");
    let mut parts = text.split('=');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (code, rest) = part.split_at(2);
        bytes.push(u8::from_str_radix(code, 16).expect("a code"));
        bytes.extend(rest.bytes());
    }
    String::from_utf8(bytes).expect("UTF-8")
}
