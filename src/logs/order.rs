//! The order to read logs: which files, and how.

use std::fs::File;
use std::path::PathBuf;

use crate::parse::log::LineFormat;

use super::error::LogsError;
use super::input::expand::{Input, expand};
use super::own::CrawlTime;

/// Default of the maximum number of URLs that are kept apart.
pub const USUAL_MAX_URLS: usize = 1_000_000;

/// The order to read logs.
#[derive(Clone, Debug)]
pub struct Order {
    /// Files, directories and glob patterns; `-` is standard input.
    pub sources: Vec<String>,
    /// Line formats that the user gave.
    pub formats: Vec<LineFormat>,
    /// Maximum number of URLs that are kept apart.
    pub max_urls: usize,
    /// Query parameters that are dropped; `utm_*` drops all that begin with `utm_`.
    pub ignore_params: Vec<String>,
    /// Lists of IP addresses: the name of the bot, if it is given, and the file.
    pub bot_ranges: Vec<(Option<String>, PathBuf)>,
    /// Events, to compare the beginnings of episodes with.
    pub events: Vec<Event>,
    /// Crawls of this program with other user agents than its own.
    pub crawls: Vec<CrawlTime>,
    /// Whether only the lines that this call read are returned; a log run still stores all.
    pub only_new: bool,
    /// Whether clients are counted and stored by their IP addresses.
    pub keep_clients: bool,
    /// Whether the positions up to which logs were read are returned, also without a log run.
    pub follows: bool,
    /// Threads that parse.
    pub threads: usize,
}

impl Order {
    /// Checks that the files are there and may be read.
    pub fn check(&self) -> Result<(), LogsError> {
        for input in expand(&self.sources)? {
            if let Input::File(path) = input {
                File::open(&path).map_err(|source| LogsError::Read { path, source })?;
            }
        }
        Ok(())
    }
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
            crawls: Vec::new(),
            only_new: false,
            keep_clients: false,
            follows: false,
            threads: 2,
        }
    }
}

/// Something that happened at the site, such as a deploy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The name of the event.
    pub name: String,
    /// Its time in seconds since 1970-01-01 UTC.
    pub second: i64,
}
