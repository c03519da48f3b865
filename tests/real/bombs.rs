//! Answers made to exhaust whoever reads them: each ends as its outcome, in little memory.

use std::io::{self, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use flate2::{Compress, Compression, FlushCompress};

use crate::crawler::Desk;
use crate::origin;
use crate::server::pause;

const MIB: usize = 1024 * 1024;

/// Most memory that the crawler may ever have: seven bombs at once, each with a body of at most
/// 10 MiB, and the program itself.
const MAX_KIB: u64 = 200 * 1024;

/// Each bomb and what it is to end as.
const BOMBS: [(&str, &str); 7] = [
    ("/gzip", "too_large"),
    ("/endless", "too_large"),
    ("/headers", "header_too_large"),
    ("/header", "header_too_large"),
    ("/endless-header", "header_too_large"),
    ("/drip", "total_timeout"),
    ("/silent", "body_timeout"),
];

fn answer(path: &str, line: &mut TcpStream) -> io::Result<()> {
    const OK: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n";
    match path {
        "/" => {
            let links: Vec<_> = BOMBS
                .iter()
                .map(|(path, _)| format!("<a href=\"{path}\">{path}</a>"))
                .collect();
            origin::page(line, &links.concat())
        }
        "/gzip" => {
            write!(line, "{OK}Content-Encoding: gzip\r\n\r\n")?;
            gzip_of_zeros(line, 1024)
        }
        "/endless" => {
            write!(line, "{OK}\r\n")?;
            forever(line, &[b'a'; 16 * 1024], Duration::ZERO)
        }
        "/headers" => {
            let headers: Vec<_> = (0..10_000).map(|n| format!("X-{n}: {n}\r\n")).collect();
            let headers = headers.concat();
            write!(line, "{OK}{headers}Content-Length: 0\r\n\r\n")
        }
        "/header" => {
            let value = "a".repeat(MIB);
            write!(line, "{OK}X-Long: {value}\r\nContent-Length: 0\r\n\r\n")
        }
        "/endless-header" => {
            write!(line, "{OK}X-Long: ")?;
            forever(line, &[b'a'; 16 * 1024], Duration::ZERO)
        }
        "/drip" => {
            write!(line, "{OK}\r\n")?;
            forever(line, b"a", Duration::from_secs(1))
        }
        "/silent" => {
            write!(line, "{OK}Content-Length: 100\r\n\r\nbegun")?;
            pause(Duration::from_mins(1));
            Ok(())
        }
        _ => write!(
            line,
            "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        ),
    }
}

fn forever(line: &mut TcpStream, bytes: &[u8], rest: Duration) -> io::Result<()> {
    loop {
        line.write_all(bytes)?;
        pause(rest);
    }
}

/// So many MiB of zeros, a thousandth of that on the wire. A flush that forgets what came before
/// makes each MiB the same bytes, so one is compressed and sent again and again.
fn gzip_of_zeros(line: &mut TcpStream, mib: usize) -> io::Result<()> {
    const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    let mut one = Vec::with_capacity(64 * 1024);
    Compress::new(Compression::best(), false)
        .compress_vec(&vec![0; MIB], &mut one, FlushCompress::Full)
        .expect("compressed");
    line.write_all(&HEADER)?;
    for _ in 0..mib {
        line.write_all(&one)?;
    }
    // An empty last block; the sums after it are wrong, which nobody should get far enough to see.
    line.write_all(&[3, 0, 0, 0, 0, 0, 0, 0, 0, 0])
}

#[test]
fn bombs_end_as_outcomes_in_little_memory() {
    let origin = origin::serve(answer);
    let url = |path: &str| format!("http://{origin}{path}");
    let desk = Desk::new();
    let began = Instant::now();
    let ended = desk.audit(&[
        &url("/"),
        "--timeout",
        "5s",
        "--body-timeout",
        "3s",
        "--retries",
        "0",
        "--rate",
        "0",
        "--no-sitemap",
    ]);
    // The drip runs into the limit for a whole exchange: a minute after the time for the first byte.
    assert!(began.elapsed() < Duration::from_secs(80));
    assert_eq!(ended.status.code(), Some(0), "{}", ended.said);
    for (path, outcome) in BOMBS {
        let row = desk.page(&url(path));
        assert_eq!(row["Outcome"], outcome, "{path}: {}", row["Status"]);
    }
    assert!(ended.peak_kib > 0);
    assert!(ended.peak_kib < MAX_KIB, "{} KiB", ended.peak_kib);
}
