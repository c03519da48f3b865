//! A server that makes linked pages on the fly, the same every time, on loopback only.
//!
//! `origin one PAGES`: one host with PAGES pages of 4 KB and 20 links, reached from `/`; one page in a
//! hundred answers 502, always. Prints its port. `/-/served` says how many pages it has answered with
//! 200, and with 502.
//!
//! `origin many HOSTS DEAD PAGES LOG`: hosts at 127.1.x.y, all on one port, PAGES pages each. DEAD of
//! them are dead: half of these refuse connections, half accept them and never answer. Prints the
//! start page of each host, first `dead` or `live`. LOG gets one line a request: milliseconds since
//! the start, address, path.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

const BYTES: usize = 4096;
const LINKS: usize = 20;
/// Links that are on every page.
const NAVIGATION: usize = 4;
/// Links to the pages below a page: these make the site one tree.
const CHILDREN: usize = 4;
/// One page in so many answers 502.
const FAILING: u64 = 100;
/// Enough for what a connection's thread does.
const STACK: usize = 128 * 1024;

fn main() -> std::io::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let number = |text: &str| text.parse::<usize>().expect("a number");
    match args.as_slice() {
        ["one", pages] => {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
            println!("{}", listener.local_addr()?.port());
            let site = Site {
                pages: number(pages),
                failing: true,
                log: None,
                served: AtomicUsize::new(0),
                failed: AtomicUsize::new(0),
            };
            accept(&listener, &Arc::new(site));
            Ok(())
        }
        ["many", hosts, dead, pages, log] => many(
            number(hosts),
            number(dead),
            number(pages),
            File::create(log)?,
        ),
        _ => {
            eprintln!("usage: origin one PAGES | origin many HOSTS DEAD PAGES LOG");
            std::process::exit(2);
        }
    }
}

fn many(hosts: usize, dead: usize, pages: usize, log: File) -> std::io::Result<()> {
    let log = Log {
        started: Instant::now(),
        file: Mutex::new(BufWriter::new(log)),
    };
    let site = Arc::new(Site {
        pages,
        failing: false,
        log: Some(log),
        served: AtomicUsize::new(0),
        failed: AtomicUsize::new(0),
    });
    let mut silent = Vec::new();
    let mut port = 0;
    for host in 0..hosts {
        let address = Ipv4Addr::new(127, 1, (host / 250) as u8, (host % 250 + 1) as u8);
        // The dead are spread evenly; the first host lives.
        let is_dead = dead > 0 && host % (hosts / dead) == 1 && host / (hosts / dead) < dead;
        if is_dead && host / (hosts / dead) % 2 == 0 {
            println!("dead http://{address}:{port}/");
            continue;
        }
        let listener = TcpListener::bind((address, port))?;
        port = listener.local_addr()?.port();
        println!(
            "{} http://{address}:{port}/",
            if is_dead { "dead" } else { "live" }
        );
        if is_dead {
            // The system completes connections to it; nobody answers them.
            silent.push(listener);
        } else {
            let site = site.clone();
            spawn(move || accept(&listener, &site));
        }
    }
    loop {
        thread::sleep(Duration::from_millis(500));
        site.log.iter().for_each(Log::flush);
    }
}

fn spawn(work: impl FnOnce() + Send + 'static) {
    thread::Builder::new()
        .stack_size(STACK)
        .spawn(work)
        .expect("a thread");
}

fn accept(listener: &TcpListener, site: &Arc<Site>) {
    for stream in listener.incoming().flatten() {
        let site = site.clone();
        spawn(move || drop(site.answer(stream)));
    }
}

struct Log {
    started: Instant,
    file: Mutex<BufWriter<File>>,
}

impl Log {
    fn note(&self, address: IpAddr, path: &str) {
        let mut file = self.file.lock().expect("nobody panics");
        writeln!(
            file,
            "{} {address} {path}",
            self.started.elapsed().as_millis()
        )
        .expect("a disk");
    }

    fn flush(&self) {
        self.file
            .lock()
            .expect("nobody panics")
            .flush()
            .expect("a disk");
    }
}

struct Site {
    pages: usize,
    failing: bool,
    log: Option<Log>,
    served: AtomicUsize,
    failed: AtomicUsize,
}

impl Site {
    /// Answers the requests of one connection until it ends.
    fn answer(&self, mut stream: TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        let address = stream.local_addr()?.ip();
        let mut input = BufReader::new(stream.try_clone()?);
        let (mut request, mut answer, mut body) = (Vec::new(), Vec::new(), String::new());
        loop {
            request.clear();
            while !request.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                input.read_exact(&mut byte)?;
                request.push(byte[0]);
            }
            let line = String::from_utf8_lossy(&request);
            let path = line.split(' ').nth(1).unwrap_or("/");
            if let Some(log) = &self.log {
                log.note(address, path);
            }
            body.clear();
            let (status, kind) = self.page(path, &mut body);
            answer.clear();
            write!(
                answer,
                "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )?;
            stream.write_all(&answer)?;
            if line.contains("HTTP/1.0") {
                return Ok(());
            }
        }
    }

    /// What is at a path: status and type; the body is written.
    fn page(&self, path: &str, body: &mut String) -> (&'static str, &'static str) {
        let number = match path {
            "/" => Some(0),
            "/robots.txt" => {
                body.push_str("User-agent: *\nDisallow: /private/\n");
                return ("200 OK", "text/plain");
            }
            "/-/served" => {
                let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
                writeln!(body, "{} {}", count(&self.served), count(&self.failed))
                    .expect("a string");
                return ("200 OK", "text/plain");
            }
            _ => path
                .strip_prefix("/page/")
                .and_then(|number| number.parse().ok()),
        };
        match number {
            Some(number) if number >= self.pages => ("404 Not Found", "text/html"),
            None => ("404 Not Found", "text/html"),
            Some(number) if self.failing && fails(number) => {
                self.failed.fetch_add(1, Ordering::Relaxed);
                body.push_str("<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>\n");
                ("502 Bad Gateway", "text/html")
            }
            Some(number) => {
                self.served.fetch_add(1, Ordering::Relaxed);
                self.write(number, body);
                ("200 OK", "text/html; charset=utf-8")
            }
        }
    }

    fn write(&self, page: usize, body: &mut String) {
        write!(
            body,
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Page {page} of many</title>\n\
             <meta name=\"description\" content=\"What page {page} is about\">\n<link rel=\"stylesheet\" href=\"/main.css\"></head>\n\
             <body><h1>Page {page}</h1>\n"
        )
        .expect("a string");
        let mut chance = Chance(page as u64 + 1);
        let children = (1..=CHILDREN).map(|child| page * CHILDREN + child);
        let fixed = (0..NAVIGATION)
            .chain(children)
            .filter(|&target| target < self.pages);
        let mut links = 0;
        for target in fixed {
            links += 1;
            link(target, body);
        }
        for _ in links..LINKS {
            link((chance.next() % self.pages as u64) as usize, body);
        }
        body.push_str("<p>");
        const TEXT: &str =
            "The text of a page is longer than its links, and says the same again and again. ";
        let end = "</p></body></html>\n";
        while body.len() + end.len() + TEXT.len() < BYTES {
            body.push_str(TEXT);
        }
        body.push_str(&TEXT[..BYTES.saturating_sub(body.len() + end.len()).min(TEXT.len())]);
        body.push_str(end);
    }
}

fn link(target: usize, body: &mut String) {
    match target {
        0 => body.push_str("<p><a href=\"/\">Start</a> and on</p>\n"),
        _ => writeln!(
            body,
            "<p><a href=\"/page/{target}\">Page {target}</a> and on</p>"
        )
        .expect("a string"),
    }
}

/// Whether a page answers 502, the same every time. The start page does not.
fn fails(page: usize) -> bool {
    page != 0 && Chance(page as u64 ^ 0x5eed).next().is_multiple_of(FAILING)
}

/// SplitMix64: the same numbers everywhere.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
