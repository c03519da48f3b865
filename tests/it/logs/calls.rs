//! `gatecrawl logs` as its users start it: killed in between, and with a name server that lies.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::UdpSocket;

use crate::cli::Workdir;

/// Lines of `combined` of some hours: many paths, failures of all kinds, a crawler.
fn lines(count: usize) -> Vec<String> {
    let line = |at: usize| {
        let (second, minute, hour) = (at / 3 % 60, at / 180 % 60, at / 10_800);
        let (client, agent) = match at % 11 {
            0 => ("66.249.66.1", "Mozilla/5.0 (compatible; Googlebot/2.1)"),
            _ => ("192.0.2.7", "Mozilla/5.0 (X11)"),
        };
        let status = match at % 97 {
            0..3 => 502,
            3 => 404,
            _ if minute == 40 => 503,
            _ => 200,
        };
        format!(
            "{client} - - [22/Nov/2026:{hour:02}:{minute:02}:{second:02} +0000] \"GET /shop/item-{}.html HTTP/1.1\" {status} 1 \"-\" \"{agent}\"\n",
            at * at % 1_999
        )
    };
    (0..count).map(line).collect()
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("memory has room");
    encoder.finish().expect("memory has room")
}

/// A log grows and is rotated in every way, and each call is killed somewhere. The last one says what one call says.
#[tokio::test]
async fn killed_calls_lose_no_line_and_count_none_twice() {
    let lines = lines(24_000);
    let whole = lines.concat();
    let piece = |from: usize, to: usize| lines[from * 3_000..to * 3_000].concat();
    let workdir = Workdir::new();
    let path = |name: &str| workdir.path().join(name);
    fs::create_dir(path("logs")).expect("made");
    fs::write(path("whole.log"), &whole).expect("written");
    let mut dice = fastrand::Rng::new();
    for step in 1..=8 {
        let current = path("logs/access.log");
        match step {
            // Renamed.
            3 => {
                fs::write(&current, piece(0, 2)).expect("written");
                fs::rename(&current, path("logs/access.log.1")).expect("renamed");
                fs::write(&current, piece(2, 3)).expect("written");
            }
            // Compressed, and copied before it was truncated.
            5 => {
                let rotated = piece(0, 2);
                fs::write(path("logs/access.log.2.gz"), gz(rotated.as_bytes())).expect("written");
                fs::write(path("logs/access.log.1"), piece(2, 4)).expect("written");
                fs::write(&current, piece(4, 5)).expect("written");
            }
            // In the middle of a line.
            step => {
                let begun = [0, 0, 0, 2, 2, 4, 4, 4, 4][step];
                let text = piece(begun, step);
                let cut = if step == 8 { 0 } else { 40 };
                fs::write(&current, &text[..text.len() - cut]).expect("written");
            }
        }
        let mut call = workdir.command(&["logs", "logs", "--site", "shop"]);
        call.stdout(std::process::Stdio::null());
        let mut call = call.spawn().expect("a program");
        tokio::time::sleep(Duration::from_millis(dice.u64(5..250))).await;
        // It may be over already.
        let _ = call.kill();
        call.wait().expect("it ended");
    }
    let said = workdir
        .run(&["logs", "logs", "--site", "shop", "-o", "pieces"])
        .await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    let said = workdir
        .run(&["logs", "whole.log", "--no-store", "-o", "whole"])
        .await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    for table in ["log_urls", "log_hours", "log_bots", "log_episodes"] {
        let read = |out: &str| workdir.read(&format!("{out}/{table}.csv"));
        assert_eq!(read("pieces"), read("whole"), "{table}");
    }
}

/// An archive that is still being copied: all else is read, and a gate that holds without it is undecided.
#[tokio::test]
async fn a_broken_file_is_told_and_leaves_gates_undecided() {
    let workdir = Workdir::new();
    let path = |name: &str| workdir.path().join(name);
    fs::write(path("a.log"), lines(970).concat()).expect("written");
    fs::write(path("b.log.gz"), b"\x1f\x8b\x08 and no more").expect("written");
    let gate = |gate: &'static str| ["logs", "a.log", "b.log.gz", "--no-store", "--fail-on", gate];
    let said = workdir.run(&gate("5xx-rate > 50%")).await;
    assert_eq!(said.code, Some(4), "{}", said.err);
    assert!(said.out.contains("970 requests"), "{}", said.out);
    assert!(
        said.out.contains("b.log.gz could not be read: "),
        "{}",
        said.out
    );
    assert!(
        said.err.contains("b.log.gz was not read to its end"),
        "{}",
        said.err
    );
    let said = workdir.run(&gate("5xx-rate > 1%")).await;
    assert_eq!(said.code, Some(10), "{}", said.err);
    let said = workdir.run(&["logs", "a.log", "c.log", "--no-store"]).await;
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert!(
        said.err.contains("could not read c.log: No such file"),
        "{}",
        said.err
    );
}

/// The answers of a name server to reverse look-ups, by the last part of the address, and to those of names.
fn answer(name: &str) -> Result<Option<Vec<u8>>, u8> {
    let labels = |name: &str| {
        let mut data = Vec::new();
        for label in name.split('.') {
            data.push(label.len() as u8);
            data.extend(label.as_bytes());
        }
        data.push(0);
        data
    };
    match name {
        "1.113.0.203.in-addr.arpa" => Ok(Some(labels("crawl-203-0-113-1.googlebot.com"))),
        "crawl-203-0-113-1.googlebot.com" => Ok(Some(vec![203, 0, 113, 1])),
        // The owner of an IP address chooses its name, but here the name leads elsewhere,
        "2.113.0.203.in-addr.arpa" => Ok(Some(labels("crawl-66-249-66-1.googlebot.com"))),
        "crawl-66-249-66-1.googlebot.com" => Ok(Some(vec![66, 249, 66, 1])),
        // nowhere,
        "3.113.0.203.in-addr.arpa" => Ok(Some(labels("crawl-1-2-3-4.googlebot.com"))),
        // or is not Google's.
        "4.113.0.203.in-addr.arpa" => Ok(Some(labels("googlebot.com.liar.example"))),
        "googlebot.com.liar.example" => Ok(Some(vec![203, 0, 113, 4])),
        "5.113.0.203.in-addr.arpa" => Err(2),
        _ => Err(3),
    }
}

/// Starts a name server with these answers.
async fn name_server() -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a free port");
    let address = socket.local_addr().expect("an address");
    tokio::spawn(async move {
        let mut query = [0; 1500];
        while let Ok((length, client)) = socket.recv_from(&mut query).await {
            if let Some(reply) = reply(&query[..length]) {
                let _ = socket.send_to(&reply, client).await;
            }
        }
    });
    address
}

fn reply(query: &[u8]) -> Option<Vec<u8>> {
    let mut labels = Vec::new();
    let mut at = 12;
    while *query.get(at)? != 0 {
        let end = at + 1 + usize::from(query[at]);
        labels.push(String::from_utf8_lossy(query.get(at + 1..end)?).to_lowercase());
        at = end;
    }
    let question = query.get(12..at + 5)?;
    let kind = question[question.len() - 3];
    let found = answer(&labels.join("."));
    let code = found.as_ref().err().copied().unwrap_or(0);
    // A (1) and PTR (12); there are no addresses of IPv6.
    let data = found.ok().flatten().filter(|_| matches!(kind, 1 | 12));
    let answers = u8::from(data.is_some());
    let mut packet = query[..2].to_vec();
    packet.extend([0x81, 0x80 | code, 0, 1, 0, answers, 0, 0, 0, 0]);
    packet.extend(question);
    if let Some(data) = data {
        packet.extend([0xc0, 12, 0, kind, 0, 1, 0, 0, 0, 60]);
        packet.extend((data.len() as u16).to_be_bytes());
        packet.extend(data);
    }
    Some(packet)
}

#[tokio::test]
async fn a_lying_name_server_makes_no_googlebot() {
    let server = name_server().await.to_string();
    let mut log = String::new();
    for client in 1..=6 {
        for second in 0..client {
            let _ = writeln!(
                log,
                "203.0.113.{client} - - [22/Nov/2026:11:23:0{second} +0000] \"GET /{client} HTTP/1.1\" 200 1 \"-\" \"Mozilla/5.0 (compatible; Googlebot/2.1)\""
            );
        }
    }
    let workdir = Workdir::new();
    fs::write(workdir.path().join("access.log"), log).expect("written");
    let said = workdir
        .run(&[
            "logs",
            "access.log",
            "--no-store",
            "--verify-dns",
            "--dns-server",
            &server,
            "-o",
            "out",
        ])
        .await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    let bots = workdir.read("out/log_bots.csv");
    let counts: Vec<Vec<&str>> = bots
        .lines()
        .skip(1)
        .map(|line| line.split(',').skip(1).take(2).collect())
        .collect();
    // The first is true; the fifth is unknown, because the name server failed.
    let expected = [["yes", "1"], ["no", "15"], ["unverified", "5"]];
    assert_eq!(counts, expected, "{bots}");
    // False ones are neither search engines nor users.
    let urls = workdir.read("out/log_urls.csv");
    let row = |url: &str| {
        let row = urls.lines().find(|line| line.starts_with(url));
        row.unwrap_or_default().split(',').collect::<Vec<_>>()
    };
    assert_eq!(row("/1,")[12..16], ["0", "0", "1", "0"], "{urls}");
    assert_eq!(row("/2,")[12..16], ["0", "0", "0", "0"], "{urls}");
}
