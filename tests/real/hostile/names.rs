//! Name service that lies: names that lead to the public first and to private places next. The program
//! asks the name servers of its system, so the test gives it a system of its own: a network namespace
//! in which public addresses are this machine's, and from which nothing leaves.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::case::{html, missing, say};
use crate::crawler::Workdir;
use crate::server::note;

/// A public address, which in that namespace is this machine.
const PUBLIC: Ipv4Addr = Ipv4Addr::new(8, 9, 10, 11);
/// A public address to which there is no way, and one on whose way everything is lost.
const AWAY: Ipv4Addr = Ipv4Addr::new(8, 9, 10, 12);
const LOST: Ipv4Addr = Ipv4Addr::new(8, 9, 11, 2);

/// The way to that: a wire at whose other end there is another machine than the one that is sent to.
const LOSING: &str = "ip link add wire type veth peer name end; ip addr add 8.9.11.1/24 dev wire; \
     ip link set wire up; ip link set end up; \
     ip neigh add 8.9.11.2 lladdr 02:00:00:00:00:02 dev wire nud permanent";

/// Where nobody may come: this machine, its network, and where clouds hand out credentials.
const PRIVATE: [Ipv4Addr; 3] = [
    Ipv4Addr::LOCALHOST,
    Ipv4Addr::new(10, 0, 0, 1),
    Ipv4Addr::new(169, 254, 169, 254),
];

/// How often a name that changes leads to its first place: for robots.txt and the first page.
const FIRST: usize = 2;

/// Says to the test that it is in its own world.
const INSIDE: &str = "HOSTILE_NAMES_INSIDE";

/// Each name, what it leads to when it is first asked for and later, and what becomes of its page.
const NAMES: [(&str, [Reply; 2], &str); 14] = [
    ("private", [Reply::To(&[PRIVATE[1]]); 2], "address_refused"),
    ("loopback", [Reply::To(&[PRIVATE[0]]); 2], "address_refused"),
    ("cloud", [Reply::To(&[PRIVATE[2]]); 2], "address_refused"),
    (
        "nowhere",
        [Reply::To(&[Ipv4Addr::UNSPECIFIED]); 2],
        "address_refused",
    ),
    // One of them is public, and is asked.
    (
        "both",
        [Reply::To(&[PRIVATE[0], PUBLIC, PRIVATE[2]]); 2],
        "ok_html",
    ),
    (
        "rebinding",
        [Reply::To(&[PUBLIC]), Reply::To(&[PRIVATE[0]])],
        "address_refused",
    ),
    (
        "rebinding-cloud",
        [Reply::To(&[PUBLIC]), Reply::To(&[PRIVATE[2]])],
        "address_refused",
    ),
    ("away", [Reply::To(&[AWAY]); 2], "connect_unreachable"),
    ("lost", [Reply::To(&[LOST]); 2], "connect_timeout"),
    ("silent", [Reply::None; 2], "dns_timeout"),
    ("nxdomain", [Reply::Code(3); 2], "dns_nxdomain"),
    ("servfail", [Reply::Code(2); 2], "dns_servfail"),
    ("refused", [Reply::Code(5); 2], "dns_refused"),
    ("nodata", [Reply::To(&[]); 2], "dns_nodata"),
];

/// What a name server says.
#[derive(Clone, Copy)]
enum Reply {
    /// These addresses, for no time at all.
    To(&'static [Ipv4Addr]),
    Code(u8),
    /// Nothing at all.
    None,
}

/// What becomes of the pages of all names.
pub(super) fn outcomes() -> impl Iterator<Item = &'static str> {
    NAMES.iter().map(|(.., outcome)| *outcome)
}

#[test]
fn names_that_lead_to_private_places_are_followed_by_nobody() {
    if std::env::var_os(INSIDE).is_some() {
        return inside();
    }
    let dir = tempfile::tempdir().expect("a directory");
    let file = |name: &str, text: &str| {
        let file = dir.path().join(name);
        std::fs::write(&file, text).expect("a file");
        file
    };
    let servers = file("resolv.conf", "nameserver 127.0.0.1\n");
    let switch = file("nsswitch.conf", "hosts: dns\n");
    let addresses = [PUBLIC, PRIVATE[1], PRIVATE[2]];
    let addresses = addresses.map(|address| format!("ip addr add {address}/32 dev lo"));
    let setup = format!(
        "set -e; ip link set lo up; {}; {LOSING}; mount --bind {} /etc/resolv.conf; \
         [ ! -e /etc/nsswitch.conf ] || mount --bind {} /etc/nsswitch.conf; exec \"$@\"",
        addresses.join("; "),
        servers.display(),
        switch.display()
    );
    let output = Command::new("unshare")
        .args([
            "--map-root-user",
            "--net",
            "--mount",
            "sh",
            "-c",
            &setup,
            "sh",
        ])
        .arg(std::env::current_exe().expect("a program"))
        .args(["--exact", "--nocapture"])
        .arg("hostile::names::names_that_lead_to_private_places_are_followed_by_nobody")
        .env(INSIDE, "yes")
        .output()
        .expect("namespaces");
    note(&String::from_utf8_lossy(
        &[output.stdout, output.stderr].concat(),
    ));
    assert!(output.status.success());
}

/// The test, where public addresses are this machine's.
fn inside() {
    serve_names();
    let private: Vec<_> = PRIVATE.into_iter().map(count).collect();
    serve_pages();
    let workdir = Workdir::new();
    let ended = workdir.audit(&[
        "http://site.test/",
        "--external",
        "--rate",
        "0",
        "--retries",
        "0",
        "--no-sitemap",
        "--connect-timeout",
        "3s",
    ]);
    assert_eq!(ended.status.code(), Some(0), "{}", ended.said);

    let rows = workdir.rows("attempts.csv");
    let ended = |address: &str| {
        let mut rows = rows.iter().filter(|row| row["Address"] == address);
        rows.next_back().map(|row| row["Outcome"].clone())
    };
    for (name, _, outcome) in NAMES {
        let page = format!("http://{name}.test/last");
        assert_eq!(ended(&page).as_deref(), Some(outcome), "{page}");
    }
    for name in ["rebinding", "rebinding-cloud"] {
        let first = ended(&format!("http://{name}.test/first"));
        assert_eq!(first.as_deref(), Some("ok_html"), "{name}");
    }
    let private: usize = private
        .iter()
        .map(|came| came.load(Ordering::Relaxed))
        .sum();
    assert_eq!(private, 0);
}

/// Counts who comes to an address.
fn count(address: Ipv4Addr) -> Arc<AtomicUsize> {
    let listener = TcpListener::bind((address, 80)).expect("an address of this namespace");
    let came = Arc::<AtomicUsize>::default();
    let counted = Arc::clone(&came);
    thread::spawn(move || {
        for _ in listener.incoming() {
            counted.fetch_add(1, Ordering::Relaxed);
        }
    });
    came
}

/// The public web: a site that links to all names, and what is behind them.
fn serve_pages() {
    let listener = TcpListener::bind((PUBLIC, 80)).expect("an address of this namespace");
    thread::spawn(move || {
        for line in listener.incoming().flatten() {
            thread::spawn(move || serve(line));
        }
    });
}

fn serve(mut line: TcpStream) -> io::Result<()> {
    let lines = BufReader::new(line.try_clone()?).lines();
    let head: Vec<_> = lines
        .map_while(Result::ok)
        .take_while(|line| !line.is_empty())
        .collect();
    let path = head
        .first()
        .and_then(|line| line.split(' ').nth(1))
        .unwrap_or_default();
    let host = head
        .iter()
        .find_map(|line| line.strip_prefix("host: "))
        .unwrap_or_default();
    match (host, path) {
        ("site.test", "/") => {
            let anchors = NAMES.map(|(name, ..)| {
                format!(
                    "<a href=http://{name}.test/first>1</a><a href=http://{name}.test/last>2</a>"
                )
            });
            html(&mut line, &anchors.concat())
        }
        // Addresses are used for five seconds, however short they are said to last.
        (host, "/robots.txt") if host.starts_with("rebinding") => say(
            &mut line,
            "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nUser-agent: *\nCrawl-delay: 6\n",
        ),
        (_, "/first" | "/last") => html(&mut line, "<p>public</p>"),
        _ => missing(&mut line),
    }
}

/// The name server that the namespace knows.
fn serve_names() {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 53)).expect("a port of this namespace");
    thread::spawn(move || {
        let mut asked: HashMap<String, usize> = HashMap::new();
        let mut packet = [0; 1500];
        while let Ok((length, client)) = socket.recv_from(&mut packet) {
            let (question, name, wants_v4) = question(&packet[..length]);
            let label = name.split('.').next().unwrap_or_default();
            let count = asked.entry(name.clone()).or_default();
            *count += usize::from(wants_v4);
            let known = NAMES.iter().find(|(name, ..)| *name == label);
            let said = match known {
                Some((_, [first, _], _)) if *count <= FIRST => *first,
                Some((_, [_, later], _)) => *later,
                None => Reply::To(&[PUBLIC]),
            };
            if let Some(reply) = answer(&packet[..2], question, said, wants_v4) {
                let _ = socket.send_to(&reply, client);
            }
        }
    });
}

/// The question of a query, the name in it, and whether it is for an address of IPv4.
fn question(query: &[u8]) -> (&[u8], String, bool) {
    let mut at = 12;
    let mut labels = Vec::new();
    while query[at] != 0 {
        let end = at + 1 + usize::from(query[at]);
        labels.push(String::from_utf8_lossy(&query[at + 1..end]).to_lowercase());
        at = end;
    }
    (&query[12..at + 5], labels.join("."), query[at + 2] == 1)
}

fn answer(id: &[u8], question: &[u8], reply: Reply, wants_v4: bool) -> Option<Vec<u8>> {
    let (code, addresses) = match reply {
        Reply::None => return None,
        Reply::Code(code) => (code, &[][..]),
        Reply::To(addresses) if wants_v4 => (0, addresses),
        Reply::To(_) => (0, &[][..]),
    };
    let count = u8::try_from(addresses.len()).expect("a few");
    let mut packet = [
        id,
        &[0x81, 0x80 | code, 0, 1, 0, count, 0, 0, 0, 0],
        question,
    ]
    .concat();
    for address in addresses {
        // The name of the question, A, IN, no time, four bytes.
        packet.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4]);
        packet.extend(address.octets());
    }
    Some(packet)
}
