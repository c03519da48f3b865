//! What a backend does, in a few words: conditions and then a fault, such as `every 3 close`,
//! `query status 500` or `slow 5s`. Without a fault, or where its conditions do not hold, it is fine.

use std::time::Duration;

/// How long a page takes to make, unless it is said.
const WORK: Duration = Duration::from_millis(10);

/// How a backend takes connections.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Listening {
    /// All the time.
    #[default]
    Always,
    /// Never: `refuse`.
    Never,
    /// It listens and accepts nobody, and its queue is full: `full`.
    Full,
    /// Not from the first of these times after its first connection to the second: `down 3s 15s`.
    Down(Duration, Duration),
    /// By turns: `loop 8s 4s` is up for eight seconds and then down for four.
    Loop(Duration, Duration),
}

/// When a fault shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// At each so-manieth request: `every 3`.
    Every(usize),
    /// At so many of a hundred requests, as if by chance: `chance 30`.
    Chance(u64),
    /// At pages whose hash leaves one of so many remainders, however their URLs are spelled: `hash 3`.
    Hash(u64),
    /// At paths that begin so: `under /app/`.
    Under(String),
    /// At URLs with a query: `query`.
    Query,
    /// At requests whose header has a text: `has gatecrawl`, in lower case.
    Has(String),
    /// At requests whose header lacks a text: `lacks ...`.
    Lacks(String),
    /// At every request of a connection but the first: `reused`.
    Reused,
    /// From so many requests a second on: `rate 5`.
    Rate(usize),
    /// While so many other requests are open: `open 2`.
    Open(usize),
    /// In the first so many seconds: `before 20s`.
    Before(Duration),
}

/// What is wrong with an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Nothing: `fine`.
    Fine,
    /// The connection ends without an answer: `close`.
    Close,
    /// It is reset: `reset`.
    Reset,
    /// It is closed before the request was read: `hang-up`.
    HangUp,
    /// It ends in the middle of a body that was announced: `cut-body`.
    CutBody,
    /// It is reset there: `reset-body`.
    ResetBody,
    /// It ends in the middle of a chunk: `cut-chunks`.
    CutChunks,
    /// The rest of the body never comes: `stall-body`.
    StallBody,
    /// It ends within the header: `cut-header`.
    CutHeader,
    /// A line of the header is none: `bad-header`.
    BadHeader,
    /// So is the first: `bad-status`.
    BadStatus,
    /// So many KiB of cookies: `big-header 64`.
    BigHeader(usize),
    /// One field of so many KiB: `long-header 64`.
    LongHeader(usize),
    /// Another protocol: `smtp`, `ssh`, `redis`.
    Other(&'static str),
    /// A body that is no gzip although it says so: `bad-gzip`.
    BadGzip,
    /// Nothing, ever: `silent`.
    Silent,
    /// The page, after this time: `slow 5s`.
    Slow(Duration),
    /// The page, in so many workers that take so long each, while others wait: `pool 2 800ms`.
    Pool(usize, Duration),
    /// A status with an error page, and whatever follows as its words: `status 500 Oops`.
    Status(u16, String),
    /// A status with an empty body: `empty 500`.
    Empty(u16),
}

/// A backend's behaviour.
#[derive(Clone, Debug)]
pub(super) struct Behaviour {
    pub(super) listening: Listening,
    /// How long a page takes to make: `work 200ms`.
    pub(super) work: Duration,
    pub(super) when: Vec<When>,
    pub(super) fault: Fault,
}

impl Behaviour {
    /// Reads the words that describe it.
    pub(super) fn parse(text: &str) -> Behaviour {
        let mut words = text.split_whitespace().peekable();
        let mut next = || words.next();
        let mut behaviour = Behaviour {
            listening: Listening::Always,
            work: WORK,
            when: Vec::new(),
            fault: Fault::Fine,
        };
        while let Some(word) = next() {
            let mut argument = || next().unwrap_or_else(|| panic!("{word} of what? {text:?}"));
            match word {
                "refuse" => behaviour.listening = Listening::Never,
                "full" => behaviour.listening = Listening::Full,
                "down" => {
                    behaviour.listening = Listening::Down(time(argument()), time(argument()));
                }
                "loop" => {
                    behaviour.listening = Listening::Loop(time(argument()), time(argument()));
                }
                "work" => behaviour.work = time(argument()),
                "every" => behaviour.when.push(When::Every(number(argument()))),
                "chance" => behaviour.when.push(When::Chance(number(argument()))),
                "hash" => behaviour.when.push(When::Hash(number(argument()))),
                "under" => behaviour.when.push(When::Under(argument().to_owned())),
                "query" => behaviour.when.push(When::Query),
                "has" => behaviour.when.push(When::Has(argument().to_owned())),
                "lacks" => behaviour.when.push(When::Lacks(argument().to_owned())),
                "reused" => behaviour.when.push(When::Reused),
                "rate" => behaviour.when.push(When::Rate(number(argument()))),
                "open" => behaviour.when.push(When::Open(number(argument()))),
                "before" => behaviour.when.push(When::Before(time(argument()))),
                "status" => {
                    let status = number(argument());
                    let words: Vec<_> = std::iter::from_fn(&mut next).collect();
                    behaviour.fault = Fault::Status(status, words.join(" "));
                }
                _ => behaviour.fault = simple(word, argument),
            }
        }
        behaviour
    }
}

/// A fault of one word, or one with numbers.
fn simple<'a>(word: &str, mut argument: impl FnMut() -> &'a str) -> Fault {
    match word {
        "fine" => Fault::Fine,
        "close" => Fault::Close,
        "reset" => Fault::Reset,
        "hang-up" => Fault::HangUp,
        "cut-body" => Fault::CutBody,
        "reset-body" => Fault::ResetBody,
        "cut-chunks" => Fault::CutChunks,
        "stall-body" => Fault::StallBody,
        "cut-header" => Fault::CutHeader,
        "bad-header" => Fault::BadHeader,
        "bad-status" => Fault::BadStatus,
        "big-header" => Fault::BigHeader(number(argument())),
        "long-header" => Fault::LongHeader(number(argument())),
        "smtp" => Fault::Other("220 mail.example ESMTP Postfix\r\n"),
        "ssh" => Fault::Other("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"),
        "redis" => Fault::Other("-ERR wrong number of arguments for 'get' command\r\n"),
        "bad-gzip" => Fault::BadGzip,
        "silent" => Fault::Silent,
        "slow" => Fault::Slow(time(argument())),
        "pool" => Fault::Pool(number(argument()), time(argument())),
        "empty" => Fault::Empty(number(argument())),
        other => panic!("no behaviour: {other}"),
    }
}

fn number<N: std::str::FromStr>(word: &str) -> N {
    word.parse()
        .unwrap_or_else(|_| panic!("{word:?} is no number"))
}

fn time(word: &str) -> Duration {
    let (digits, unit) = word
        .find(|c: char| !c.is_ascii_digit())
        .map_or((word, "s"), |at| word.split_at(at));
    match unit {
        "ms" => Duration::from_millis(number(digits)),
        "s" => Duration::from_secs(number(digits)),
        _ => panic!("{word:?} is no time"),
    }
}
