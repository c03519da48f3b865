//! What decides does not act: floors 0 and 1 have no clock, task, socket or file.

use crate::floors::is_below;
use crate::source::sources;

/// Names that only the upper floors may use.
const EFFECTS: [&str; 6] = [
    "tokio",
    "std::fs",
    "std::thread",
    "std::process",
    "Instant::now",
    "SystemTime::now",
];

/// What of `std::net` is a mere value: an address is one, a socket is not.
const ADDRESSES: [&str; 6] = [
    "IpAddr",
    "Ipv4Addr",
    "Ipv6Addr",
    "SocketAddr",
    "SocketAddrV4",
    "SocketAddrV6",
];

#[test]
fn floors_0_and_1_do_nothing_but_think() {
    let mut faults = Vec::new();
    for source in sources() {
        if !is_below(source.room(), 2) {
            continue;
        }
        for line in source.code.lines() {
            let effect = EFFECTS.iter().any(|effect| line.contains(effect));
            if effect || names_socket(line) {
                faults.push(format!("{}: {}", source.name(), line.trim()));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

/// Names of what waits, besides effects.
const WAITS: [&str; 3] = ["async", ".await", "crate::fetch::"];

#[test]
fn what_a_crawl_decides_waits_for_nothing() {
    let of_state = |module: &[String]| module.starts_with(&["crawl".into(), "state".into()]);
    let state = sources()
        .into_iter()
        .filter(|source| of_state(&source.module));
    let mut files = 0;
    let mut faults = Vec::new();
    for source in state {
        files += 1;
        for line in source.code.lines() {
            if WAITS.iter().chain(&EFFECTS).any(|name| line.contains(name)) {
                faults.push(format!("{}: {}", source.name(), line.trim()));
            }
        }
    }
    assert!(files > 10, "the state of a crawl is elsewhere");
    assert!(faults.is_empty(), "{faults:#?}");
}

/// Whether a line takes more than addresses from `std::net`.
fn names_socket(line: &str) -> bool {
    let Some((_, names)) = line.split_once("std::net") else {
        return false;
    };
    let mut names = names
        .split(|c: char| !c.is_alphanumeric())
        .filter(|name| name.starts_with(char::is_uppercase))
        .peekable();
    names.peek().is_none() || names.any(|name| !ADDRESSES.contains(&name))
}

#[test]
fn addresses_are_values_and_sockets_are_not() {
    assert!(!names_socket("use std::net::{IpAddr, SocketAddr};"));
    assert!(names_socket("use std::net::{IpAddr, TcpStream};"));
    assert!(names_socket("use std::net;"));
    assert!(!names_socket("use std::fmt;"));
}
