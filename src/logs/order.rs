//! What to read, and how.

use std::path::PathBuf;

use crate::parse::log::LineFormat;

/// Default of the maximum number of URLs that are kept apart.
pub const USUAL_MAX_URLS: usize = 1_000_000;

/// What to read, and how.
#[derive(Debug)]
pub struct Order {
    /// Files, directories and glob patterns; `-` is standard input.
    pub sources: Vec<String>,
    /// Line formats that the user gave.
    pub formats: Vec<LineFormat>,
    /// Maximum number of URLs that are kept apart.
    pub max_urls: usize,
    /// Query parameters that are dropped; `utm_*` drops all that begin with `utm_`.
    pub ignore_params: Vec<String>,
    /// Lists of addresses: the name of the bot, if it is given, and the file.
    pub bot_ranges: Vec<(Option<String>, PathBuf)>,
    /// Events, to compare the beginnings of episodes with.
    pub events: Vec<Event>,
    /// Threads that parse.
    pub threads: usize,
}

impl Default for Order {
    fn default() -> Order {
        Order {
            sources: Vec::new(),
            formats: Vec::new(),
            max_urls: USUAL_MAX_URLS,
            ignore_params: Vec::new(),
            bot_ranges: Vec::new(),
            events: Vec::new(),
            threads: 2,
        }
    }
}

/// Something that happened at the site, such as a deploy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its name.
    pub name: String,
    /// Its time in seconds since 1970-01-01 UTC.
    pub second: i64,
}
