//! A name server for a handful of made-up names, each with its own kind of answer.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::net::UdpSocket;

/// A running name server; it stops with the test.
#[derive(Clone, Debug)]
pub(crate) struct NameServer {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

/// How a name is answered: by the first label of the name, or of what a name that nobody heard of
/// is under.
enum Reply {
    /// `127.0.0.1` for A, nothing for AAAA.
    Here,
    /// An address that is not public, `10.0.0.1`.
    Private,
    /// `127.0.0.1` at first, `10.0.0.1` ever after, neither to be kept.
    Rebound,
    Code(u8),
    NoData,
    Silence,
}

impl NameServer {
    pub(crate) async fn start() -> NameServer {
        let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a free port");
        let address = socket.local_addr().expect("an address");
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let book = Arc::clone(&asked);
        tokio::spawn(async move {
            let mut packet = [0; 1500];
            while let Ok((length, client)) = socket.recv_from(&mut packet).await {
                let before = book.lock().expect("a live server").clone();
                let Some((name, reply)) = reply(&packet[..length], &before) else {
                    continue;
                };
                book.lock().expect("a live server").push(name);
                if let Some(reply) = reply {
                    let _ = socket.send_to(&reply, client).await;
                }
            }
        });
        NameServer { address, asked }
    }

    /// How many queries there were for a name, A and AAAA together.
    pub(crate) fn asked(&self, name: &str) -> usize {
        let asked = self.asked.lock().expect("a live server");
        asked.iter().filter(|asked| *asked == name).count()
    }
}

/// The name in a query and the packet that answers it, after these names were asked for.
fn reply(query: &[u8], before: &[String]) -> Option<(String, Option<Vec<u8>>)> {
    let mut labels = Vec::new();
    let mut at = 12;
    while *query.get(at)? != 0 {
        let end = at + 1 + usize::from(query[at]);
        labels.push(String::from_utf8_lossy(query.get(at + 1..end)?).to_lowercase());
        at = end;
    }
    let question = query.get(12..at + 5)?;
    let wants_v4 = question[question.len() - 3] == 1;
    let name = labels.join(".");
    let mut known = labels
        .iter()
        .filter(|label| !label.starts_with("gatecrawl-"));
    // The root's own name servers are known to everybody by heart.
    let kind = match known.next().map_or("", String::as_str) {
        "nxdomain" => Reply::Code(3),
        "servfail" => Reply::Code(2),
        "refused" => Reply::Code(5),
        "nodata" => Reply::NoData,
        "silent" => Reply::Silence,
        "private" => Reply::Private,
        "rebound" => Reply::Rebound,
        _ => Reply::Here,
    };
    let (code, address) = match kind {
        Reply::Silence => return Some((name, None)),
        Reply::Code(code) => (code, None),
        Reply::NoData => (0, None),
        Reply::Here => (0, Some([127, 0, 0, 1])),
        // A and AAAA are asked for together.
        Reply::Rebound if before.iter().filter(|it| **it == name).count() < 2 => {
            (0, Some([127, 0, 0, 1]))
        }
        Reply::Private | Reply::Rebound => (0, Some([10, 0, 0, 1])),
    };
    let address = address.filter(|_| wants_v4);
    let mut packet = query[..2].to_vec();
    packet.extend([
        0x81,
        0x80 | code,
        0,
        1,
        0,
        u8::from(address.is_some()),
        0,
        0,
        0,
        0,
    ]);
    packet.extend(question);
    if let Some(address) = address {
        let seconds = if matches!(kind, Reply::Rebound) {
            0
        } else {
            60
        };
        // The name of the question, A, IN, the time to live, four bytes.
        packet.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, seconds, 0, 4]);
        packet.extend(address);
    }
    Some((name, Some(packet)))
}
