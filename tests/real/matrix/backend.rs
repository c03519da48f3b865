//! A backend that has the site's pages and a fault. It notes what it did with each request, as a
//! server's log would.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use percent_encoding::percent_decode_str;
use socket2::{Domain, SockRef, Socket, Type};

use super::fault::{Behaviour, Fault, Listening, When};
use super::site;
use crate::server::pause;

/// Longest header that is read.
const LONGEST: usize = 256 * 1024;

/// How long a connection may wait for its next request, and a silent one for its end.
const IDLE: Duration = Duration::from_mins(2);

/// What a TLS connection begins with. Servers of plain HTTP answer 400 to it.
const TLS_HANDSHAKE: u8 = 0x16;

/// Length of the queue of connections that nobody accepted yet.
const QUEUE: i32 = 511;

/// A running backend. It ends with its cell.
#[derive(Debug)]
pub(super) struct Backend {
    pub(super) address: SocketAddr,
    state: Arc<State>,
    /// Keeps a port that nobody listens on, or a queue full.
    _held: Vec<Socket>,
}

#[derive(Debug)]
struct State {
    behaviour: Behaviour,
    paths: Vec<String>,
    ended: AtomicBool,
    counts: Mutex<Counts>,
    /// Told when a worker of the pool is free.
    freed: Condvar,
}

/// What it has been asked so far.
#[derive(Debug)]
struct Counts {
    first: Option<Instant>,
    requests: usize,
    lately: VecDeque<Instant>,
    open: usize,
    working: usize,
    log: File,
}

/// Starts a backend with this behaviour for a site of these pages. It writes its log there.
pub(super) fn start(behaviour: Behaviour, paths: Vec<String>, log: &Path) -> Backend {
    let socket = bound(0);
    let address = socket.local_addr().ok();
    let address = address.and_then(|address| address.as_socket());
    let address = address.expect("an address");
    let state = Arc::new(State {
        behaviour,
        paths,
        ended: AtomicBool::new(false),
        counts: Mutex::new(Counts {
            first: None,
            requests: 0,
            lately: VecDeque::new(),
            open: 0,
            working: 0,
            log: File::create(log).expect("a file"),
        }),
        freed: Condvar::new(),
    });
    let mut held = vec![socket];
    match state.behaviour.listening {
        Listening::Never => {}
        Listening::Full => {
            let queue = &held[0];
            queue.listen(0).expect("it listens");
            held.extend(fill(address));
        }
        _ => {
            let state = Arc::clone(&state);
            thread::spawn(move || accept(address.port(), &state));
        }
    }
    Backend {
        address,
        state,
        _held: held,
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.state.ended.store(true, Ordering::Relaxed);
    }
}

/// A socket at this port; the system chooses one for 0. Several may be bound to it, and only one
/// that listens takes connections.
fn bound(port: u16) -> Socket {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.set_reuse_address(true).expect("an option");
    socket.set_reuse_port(true).expect("an option");
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    socket.bind(&address.into()).expect("a free port");
    socket
}

/// Connections that fill a queue that nobody takes them from.
fn fill(address: SocketAddr) -> Vec<Socket> {
    let connection = || {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        socket.set_nonblocking(true).expect("an option");
        // In progress, which is all that is wanted.
        let _ = socket.connect(&address.into());
        socket
    };
    let filling = (0..4).map(|_| connection()).collect();
    pause(Duration::from_millis(100));
    filling
}

/// Takes connections in the times in which it is up.
fn accept(port: u16, state: &Arc<State>) {
    let open = || {
        let socket = bound(port);
        socket.listen(QUEUE).expect("it listens");
        socket.set_nonblocking(true).expect("an option");
        std::net::TcpListener::from(socket)
    };
    let mut listener = Some(open());
    while !state.ended.load(Ordering::Relaxed) {
        match (state.is_up(), &listener) {
            (true, None) => listener = Some(open()),
            (false, Some(_)) => listener = None,
            _ => {}
        }
        let accepted = listener.as_ref().map(std::net::TcpListener::accept);
        let Some(Ok((line, _))) = accepted else {
            pause(Duration::from_millis(5));
            continue;
        };
        let state = Arc::clone(state);
        thread::spawn(move || {
            // Some clients give up on it: that is what these cells are about.
            let _ = converse(line, &state);
        });
    }
}

/// The requests of a connection.
fn converse(mut line: TcpStream, state: &State) -> io::Result<()> {
    line.set_nonblocking(false)?;
    line.set_nodelay(true)?;
    line.set_read_timeout(Some(IDLE))?;
    // A check of whether somebody listens asks nothing.
    let mut reused = false;
    loop {
        if state.behaviour.fault == Fault::HangUp && state.behaviour.when.is_empty() {
            state.counts().note("-", &Fault::HangUp);
            return Ok(());
        }
        let Some(head) = read_head(&mut line, state)? else {
            return Ok(());
        };
        if !state.is_up() {
            // Whoever went down took its connections along.
            return Ok(());
        }
        let (fault, open) = state.begin(&head, reused);
        let kept = answer(&mut line, state, &head, &fault);
        drop(open);
        if !kept? {
            return Ok(());
        }
        reused = true;
    }
}

/// The header of a request, in lower case; `None` at the end of the connection.
fn read_head(line: &mut TcpStream, state: &State) -> io::Result<Option<String>> {
    if let Fault::Other(greeting) = state.behaviour.fault
        && state.behaviour.when.is_empty()
    {
        line.write_all(greeting.as_bytes())?;
    }
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && head.len() < LONGEST {
        match line.read(&mut byte)? {
            0 => return Ok(None),
            _ => head.push(byte[0]),
        }
        if head == [TLS_HANDSHAKE] {
            state.counts().note("a TLS handshake", &Fault::Empty(400));
            line.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")?;
            return Ok(None);
        }
    }
    Ok(Some(String::from_utf8_lossy(&head).into_owned()))
}

/// A request that is being answered, for as long as this lives.
struct Open<'a>(&'a State);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.counts().open -= 1;
    }
}

impl Counts {
    fn note(&mut self, target: &str, fault: &Fault) {
        let after = self.first.map(|first| first.elapsed().as_millis());
        let after = after.unwrap_or_default();
        let _ = writeln!(self.log, "{after} {target} {fault:?}");
    }
}

impl State {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().expect("a live backend")
    }

    /// Whether it listens now.
    fn is_up(&self) -> bool {
        let since = self.counts().first.map(|first| first.elapsed());
        let since = since.unwrap_or_default();
        match self.behaviour.listening {
            Listening::Down(from, to) => !(from..to).contains(&since),
            Listening::Loop(up, down) => {
                let round = (up + down).as_millis().max(1);
                since.as_millis() % round < up.as_millis()
            }
            _ => true,
        }
    }

    /// Counts a request, and decides what becomes of it.
    fn begin(&self, head: &str, reused: bool) -> (Fault, Open<'_>) {
        let mut counts = self.counts();
        let now = Instant::now();
        counts.first.get_or_insert(now);
        counts.requests += 1;
        counts.lately.push_back(now);
        while let Some(oldest) = counts.lately.front()
            && now - *oldest >= Duration::from_secs(1)
        {
            counts.lately.pop_front();
        }
        let holds = |when: &When| holds(when, head, reused, &counts);
        let fault = if self.behaviour.when.iter().all(holds) {
            self.behaviour.fault.clone()
        } else {
            Fault::Fine
        };
        counts.open += 1;
        counts.note(target(head), &fault);
        (fault, Open(self))
    }

    /// Waits for a worker of the pool, and has it work.
    fn work(&self, workers: usize, time: Duration) {
        let mut counts = self.counts();
        while counts.working >= workers {
            counts = self.freed.wait(counts).expect("a live backend");
        }
        counts.working += 1;
        drop(counts);
        pause(time);
        self.counts().working -= 1;
        self.freed.notify_one();
    }
}

fn target(head: &str) -> &str {
    head.split(' ').nth(1).unwrap_or_default()
}

/// The page that a target names, however that is spelled.
fn page_of(target: &str) -> Cow<'_, str> {
    percent_decode_str(target).decode_utf8_lossy()
}

fn holds(when: &When, head: &str, reused: bool, counts: &Counts) -> bool {
    let hash = |text: &str| {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        hasher.finish()
    };
    let has = |text: &str| head.to_ascii_lowercase().contains(text);
    match when {
        When::Every(n) => counts.requests.is_multiple_of(*n),
        When::Chance(percent) => hash(&counts.requests.to_string()) % 100 < *percent,
        When::Hash(n) => hash(&page_of(target(head))).is_multiple_of(*n),
        When::Under(path) => page_of(target(head)).starts_with(path.as_str()),
        When::Query => target(head).contains('?'),
        When::Has(text) => has(text),
        When::Lacks(text) => !has(text),
        When::Reused => reused,
        When::Rate(most) => counts.lately.len() > *most,
        When::Open(most) => counts.open >= *most,
        When::Before(end) => counts.first.is_none_or(|first| first.elapsed() < *end),
    }
}

/// Answers a request. Returns whether the connection goes on.
fn answer(line: &mut TcpStream, state: &State, head: &str, fault: &Fault) -> io::Result<bool> {
    const HTML: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n";
    let cut = |line: &mut TcpStream, rest: &str| write!(line, "{HTML}{rest}\r\n\r\n<h1>Half a p");
    match fault {
        Fault::Fine => return page(line, state, head),
        Fault::Close | Fault::HangUp => {}
        Fault::Reset => reset(line)?,
        Fault::CutBody => cut(line, "Content-Length: 900")?,
        Fault::ResetBody => {
            cut(line, "Content-Length: 90000")?;
            // What was sent should have arrived when the reset does.
            pause(Duration::from_millis(100));
            reset(line)?;
        }
        Fault::CutChunks => {
            write!(
                line,
                "{HTML}Transfer-Encoding: chunked\r\n\r\nff\r\n<h1>Half"
            )?;
        }
        Fault::StallBody => {
            cut(line, "Content-Length: 900")?;
            silence(line)?;
        }
        Fault::CutHeader => write!(line, "{HTML}Conten")?,
        Fault::BadHeader => write!(line, "{HTML}\x01Bad header\r\nX y\r\n\r\n<h1>A page</h1>")?,
        Fault::BadStatus => write!(line, "HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n")?,
        Fault::BigHeader(kib) => {
            let cookie = format!("Set-Cookie: state={}\r\n", "x".repeat(1000));
            let cookies = cookie.repeat(*kib);
            write!(line, "{HTML}{cookies}Content-Length: 2\r\n\r\nok")?;
        }
        Fault::LongHeader(kib) => {
            let value = "x".repeat(kib * 1024);
            write!(
                line,
                "{HTML}X-State: {value}\r\nContent-Length: 2\r\n\r\nok"
            )?;
        }
        Fault::Other(words) => {
            write!(line, "{words}")?;
            pause(Duration::from_millis(50));
        }
        Fault::BadGzip => {
            let rest = "Content-Encoding: gzip\r\nContent-Length: 10";
            write!(line, "{HTML}{rest}\r\n\r\n0123456789")?;
        }
        Fault::Silent => silence(line)?,
        Fault::Slow(time) => {
            pause(*time);
            return page(line, state, head);
        }
        Fault::Pool(workers, time) => {
            state.work(*workers, *time);
            return page(line, state, head);
        }
        Fault::Status(status, words) => {
            let words = if words.is_empty() { "Error" } else { words };
            let html = format!(
                "<!doctype html><title>{words}</title><h1>{words}</h1><p>Please try again.</p>"
            );
            return whole(line, &format!("{status} {words}"), head, &html);
        }
        Fault::Empty(status) => return whole(line, &format!("{status} Error"), head, ""),
    }
    Ok(false)
}

/// The page that was asked for.
fn page(line: &mut TcpStream, state: &State, head: &str) -> io::Result<bool> {
    pause(state.behaviour.work);
    let target = target(head);
    if matches!(target, "/robots.txt" | "/sitemap.xml" | "/favicon.ico")
        || target.contains("/missing")
    {
        return whole(line, "404 Not Found", head, "<title>Not found</title>");
    }
    whole(line, "200 OK", head, &site::html(target, &state.paths))
}

/// A whole answer, after which the connection goes on if it may.
fn whole(line: &mut TcpStream, status: &str, head: &str, html: &str) -> io::Result<bool> {
    let head = head.to_ascii_lowercase();
    let keeps = head.contains(" http/1.1\r\n") && !head.contains("connection: close");
    let connection = if keeps { "keep-alive" } else { "close" };
    let length = html.len();
    let body = if head.starts_with("head ") { "" } else { html };
    write!(
        line,
        "HTTP/1.1 {status}\r\nContent-Type: text/html\r\nConnection: {connection}\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )?;
    Ok(keeps)
}

/// Says nothing until the other side has had enough.
fn silence(line: &mut TcpStream) -> io::Result<()> {
    line.read(&mut [0]).map(drop)
}

fn reset(line: &TcpStream) -> io::Result<()> {
    SockRef::from(line).set_linger(Some(Duration::ZERO))
}
