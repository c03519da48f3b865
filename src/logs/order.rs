//! The order to read logs: which files, and how.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::parse::log::{LineFormat, line_format, server_conf};

use super::error::LogsError;
use super::input::expand::{Input, expand};
use super::own::CrawlTime;

/// Default of the maximum number of URLs that are counted one by one.
pub const USUAL_MAX_URLS: usize = 1_000_000;

/// Maximum size of a configuration file, in bytes. Ours.
const LARGEST_CONF: u64 = 4 << 20;

/// Logs as a user names them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamedLogs {
    /// Files, directories and glob patterns; `-` is standard input.
    pub sources: Vec<String>,
    /// Line formats of `--line-format`.
    pub line_formats: Vec<String>,
    /// Configuration files of `--nginx-conf`.
    pub confs: Vec<PathBuf>,
}

impl NamedLogs {
    /// Returns the order to read them; reads the configuration files.
    pub fn order(&self) -> Result<Order, LogsError> {
        let given = self.line_formats.iter().map(|text| {
            line_format(text)
                .map_err(|fault| LogsError::Format(format!("--line-format {text:?}: {fault}")))
        });
        let mut formats: Vec<LineFormat> = given.collect::<Result<_, _>>()?;
        for path in &self.confs {
            formats.extend(formats_of(path)?);
        }
        Ok(Order {
            sources: self.sources.clone(),
            formats,
            ..Order::default()
        })
    }
}

/// Returns the line formats of a configuration file.
fn formats_of(path: &Path) -> Result<Vec<LineFormat>, LogsError> {
    let fault = |why: String| LogsError::Format(format!("--nginx-conf {}: {why}", path.display()));
    let mut text = Vec::new();
    let file = File::open(path).map_err(|why| fault(why.to_string()))?;
    let read = file.take(LARGEST_CONF + 1).read_to_end(&mut text);
    let size = read.map_err(|why| fault(why.to_string()))?;
    if size as u64 > LARGEST_CONF {
        return Err(fault(format!("larger than {LARGEST_CONF} bytes")));
    }
    let found = server_conf(&String::from_utf8_lossy(&text));
    if found.is_empty() {
        return Err(fault("no log_format or LogFormat in it".to_owned()));
    }
    Ok(found)
}

/// The order to read logs.
#[derive(Clone, Debug)]
pub struct Order {
    /// Files, directories and glob patterns; `-` is standard input.
    pub sources: Vec<String>,
    /// Line formats that the user gave.
    pub formats: Vec<LineFormat>,
    /// Maximum URLs that are counted one by one; further ones are counted by family.
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
