//! The tables of the exports: their columns, each declared once, and their rows.

use crate::assess::{Interval, Verdict};
use crate::logs::bots::table::BOTS;
use crate::logs::tally::totals::Span;
use crate::logs::tally::urls::UrlTally;
use crate::model::{Cause, Moment};
use crate::parse::log::pattern;
use crate::store::Cell;
use crate::store::tables::{Column, Kind};

use super::Found;
use super::summary::moment;

/// A table of the exports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogTable {
    /// URLs.
    Urls,
    /// Hours.
    Hours,
    /// Crawlers.
    Bots,
    /// Episodes.
    Episodes,
    /// Messages of error logs.
    Errors,
    /// URLs that fail for others or for a crawl.
    Crawl,
    /// Clients by their IP addresses.
    Clients,
}

const fn column(name: &'static str, kind: Kind, says: &'static str) -> Column {
    Column::computed(name, kind, Some(says))
}

/// A column whose neighbour's sentence says what it is.
const fn bare(name: &'static str, kind: Kind) -> Column {
    Column::computed(name, kind, None)
}

const URLS: &[Column] = &[
    column(
        "Address",
        Kind::Text,
        "Path and query; the host before it if the log names one. Secrets in the query are masked.",
    ),
    column(
        "Family",
        Kind::Text,
        "The pattern of URLs that the same code seems to serve; `*` stands for any value.",
    ),
    column("Requests", Kind::Whole, "Requests in the logs."),
    column("5xx", Kind::Whole, "Requests that failed with a 5xx."),
    column("500", Kind::Whole, "Those with this status."),
    column("502", Kind::Whole, "Those with this status."),
    column("503", Kind::Whole, "Those with this status."),
    column("504", Kind::Whole, "Those with this status."),
    column(
        "4xx",
        Kind::Whole,
        "Requests that were answered with a 4xx.",
    ),
    column(
        "Error Rate",
        Kind::Share(4),
        "Share of requests that failed with a 5xx. Its 95 % interval is in the two columns beside it.",
    ),
    bare("Error Rate Low 95%", Kind::Share(4)),
    bare("Error Rate High 95%", Kind::Share(4)),
    column(
        "User Requests",
        Kind::Whole,
        "Requests of browsers and of clients without a user agent.",
    ),
    column("User 5xx", Kind::Whole, "Those that failed."),
    column(
        "Bot Requests",
        Kind::Whole,
        "Requests of search engines' crawlers, without those that are known to be false.",
    ),
    column("Bot 5xx", Kind::Whole, "Those that failed."),
    column("First Failed", Kind::Time, "The first failure."),
    column("Last Failed", Kind::Time, "The last failure."),
    column("Last OK", Kind::Time, "The last answer below 400."),
    column(
        "Request Time p50 (ms)",
        Kind::Decimals(1),
        "Median of the request times, within 5 %; empty if the log has none.",
    ),
    column(
        "Request Time p95 (ms)",
        Kind::Decimals(1),
        "19 of 20 requests took no longer.",
    ),
    column(
        "Backend",
        Kind::Text,
        "The backend of most failures, if the log names it.",
    ),
    column(
        "Probable Cause",
        Kind::Text,
        "The most frequent cause of the failures: of the error log if a record belongs to the request, otherwise of the fields of the access log.",
    ),
];

const HOURS: &[Column] = &[
    column("Hour", Kind::Time, "Begin of the hour, in UTC."),
    column("Requests", Kind::Whole, "Requests in this hour."),
    column("5xx", Kind::Whole, "Those that failed with a 5xx."),
    column("500", Kind::Whole, "Those with this status."),
    column("502", Kind::Whole, "Those with this status."),
    column("503", Kind::Whole, "Those with this status."),
    column("504", Kind::Whole, "Those with this status."),
    column(
        "4xx",
        Kind::Whole,
        "Requests that were answered with a 4xx.",
    ),
    column(
        "Error Rate",
        Kind::Share(4),
        "Share of requests that failed with a 5xx. Its 95 % interval is in the two columns beside it.",
    ),
    bare("Error Rate Low 95%", Kind::Share(4)),
    bare("Error Rate High 95%", Kind::Share(4)),
    column(
        "User Requests",
        Kind::Whole,
        "Requests of browsers and of clients without a user agent.",
    ),
    column("User 5xx", Kind::Whole, "Those that failed."),
    column(
        "Bot Requests",
        Kind::Whole,
        "Requests of search engines' crawlers, without those that are known to be false.",
    ),
    column("Bot 5xx", Kind::Whole, "Those that failed."),
    column("Googlebot Requests", Kind::Whole, "Those of Googlebot."),
    column(
        "Googlebot 5xx",
        Kind::Whole,
        "Those of Googlebot that failed.",
    ),
];

const BOTS_COLUMNS: &[Column] = &[
    column("Bot", Kind::Text, "The crawler that the user agent names."),
    column(
        "Verified",
        Kind::Text,
        "`yes`: its address is published, or its name resolves forth and back. `no`: it is not the crawler. `unverified`: unknown, also if a look-up failed.",
    ),
    column("Requests", Kind::Whole, "Its requests."),
    column("5xx", Kind::Whole, "Those that failed with a 5xx."),
    column("500", Kind::Whole, "Those with this status."),
    column("502", Kind::Whole, "Those with this status."),
    column("503", Kind::Whole, "Those with this status."),
    column("504", Kind::Whole, "Those with this status."),
    column(
        "4xx",
        Kind::Whole,
        "Requests that were answered with a 4xx.",
    ),
    column("429", Kind::Whole, "Those that were refused as too many."),
    column(
        "499",
        Kind::Whole,
        "Those that the crawler gave up before the answer (nginx's 499).",
    ),
    column(
        "Error Rate",
        Kind::Share(4),
        "Share of requests that failed with a 5xx. Its 95 % interval is in the two columns beside it.",
    ),
    bare("Error Rate Low 95%", Kind::Share(4)),
    bare("Error Rate High 95%", Kind::Share(4)),
    column(
        "Request Time p50 (ms)",
        Kind::Decimals(1),
        "Median of the request times.",
    ),
    column(
        "Request Time p95 (ms)",
        Kind::Decimals(1),
        "19 of 20 requests took no longer.",
    ),
    column("First Seen", Kind::Time, "Its first request."),
    column("Last Seen", Kind::Time, "Its last request."),
    column(
        "Worst Day",
        Kind::Text,
        "The day with the largest share of failures, of those with ten requests or more.",
    ),
    column("Worst Day Error Rate", Kind::Share(4), "That share."),
    column(
        "robots.txt Requests",
        Kind::Whole,
        "Requests of robots.txt.",
    ),
    column(
        "robots.txt 5xx",
        Kind::Whole,
        "Those that failed: search engines stop crawling meanwhile.",
    ),
    column(
        "Sitemap Requests",
        Kind::Whole,
        "Requests of URLs with `sitemap` in their names.",
    ),
    column("Sitemap 5xx", Kind::Whole, "Those that failed."),
    column(
        "List Date",
        Kind::Text,
        "Date of the list of addresses that it was compared with.",
    ),
];

const EPISODES: &[Column] = &[
    column("From", Kind::Time, "The first failure of the episode."),
    column("To", Kind::Time, "The last one."),
    column(
        "Kind",
        Kind::Text,
        "`after_event`, `daily`, `everything`, `one_backend`, `load`, `paths` or `other`; see [logs.md](logs.md).",
    ),
    column("Requests", Kind::Whole, "Requests in its minutes."),
    column("5xx", Kind::Whole, "Those that failed with a 5xx."),
    column("Error Rate", Kind::Share(4), "Share of them that failed."),
    column("URLs", Kind::Whole, "URLs that failed."),
    column(
        "Statuses",
        Kind::Text,
        "The statuses, the most frequent first.",
    ),
    column("Requests per Second", Kind::Decimals(2), "In its minutes."),
    column(
        "Usual Requests per Second",
        Kind::Decimals(2),
        "In the median minute of the logs.",
    ),
    column(
        "Section",
        Kind::Text,
        "The section of nine of ten failures, if there is one.",
    ),
    column(
        "Backend",
        Kind::Text,
        "The backend of nine of ten failures, if there is one.",
    ),
    column("Probable Cause", Kind::Text, "The most frequent cause."),
    column(
        "Event",
        Kind::Text,
        "The event of `--event` that it followed within a quarter of an hour.",
    ),
];

const ERRORS: &[Column] = &[
    column("Server", Kind::Text, "The program that wrote the messages."),
    column(
        "Pattern",
        Kind::Text,
        "Name of the known message; empty for all others of the program.",
    ),
    column("Probable Cause", Kind::Text, "What it means."),
    column("Lines", Kind::Whole, "Records with it."),
    column("First Seen", Kind::Time, "The first one."),
    column("Last Seen", Kind::Time, "The last one."),
    column("Example File", Kind::Text, "Where an example is."),
    column("Example Line", Kind::Whole, "Its line there."),
    column(
        "Example",
        Kind::Text,
        "The message, without the address of the client.",
    ),
];

const CRAWL: &[Column] = &[
    column(
        "Address",
        Kind::Text,
        "The URL; as the log names it if the crawl did not request it.",
    ),
    column(
        "Difference",
        Kind::Text,
        "`only_others`, `not_crawled`, `both`, `only_crawl` or `not_requested`; see [logs.md](logs.md).",
    ),
    column("Verdict", Kind::Text, "The verdict of the crawl."),
    column("Attempts", Kind::Whole, "Attempts of the crawl."),
    column("Failed Attempts", Kind::Whole, "Those that failed."),
    column(
        "Last Failed Attempt",
        Kind::Time,
        "The last failure of the crawl.",
    ),
    column(
        "Requests",
        Kind::Whole,
        "Requests in the logs, without those of the crawl.",
    ),
    column("5xx", Kind::Whole, "Those that failed with a 5xx."),
    column(
        "User Requests",
        Kind::Whole,
        "Requests of browsers and of clients without a user agent.",
    ),
    column("User 5xx", Kind::Whole, "Those that failed."),
    column(
        "Bot Requests",
        Kind::Whole,
        "Requests of search engines' crawlers, without those that are known to be false.",
    ),
    column("Bot 5xx", Kind::Whole, "Those that failed."),
    column("Last Failed", Kind::Time, "The last failure in the logs."),
    column(
        "Last OK",
        Kind::Time,
        "The last answer below 400 in the logs.",
    ),
    column(
        "Probable Cause",
        Kind::Text,
        "The most frequent cause of the failures in the logs.",
    ),
    column(
        "Log Line",
        Kind::Text,
        "The first line that explains a failure of the crawl, as file and line.",
    ),
];

const CLIENTS: &[Column] = &[
    column(
        "Client",
        Kind::Text,
        "The address; `(other)` for all but the first 10,000. Written only with `--keep-clients`.",
    ),
    column("Requests", Kind::Whole, "Its requests."),
    column("5xx", Kind::Whole, "Those that failed with a 5xx."),
    column("4xx", Kind::Whole, "Those that were answered with a 4xx."),
    column(
        "Error Rate",
        Kind::Share(4),
        "Share of requests that failed with a 5xx. Its 95 % interval is in the two columns beside it.",
    ),
    bare("Error Rate Low 95%", Kind::Share(4)),
    bare("Error Rate High 95%", Kind::Share(4)),
    column("Last Seen", Kind::Time, "Its last request."),
];

impl LogTable {
    /// Every table.
    pub const ALL: [LogTable; 7] = [
        LogTable::Urls,
        LogTable::Hours,
        LogTable::Bots,
        LogTable::Episodes,
        LogTable::Errors,
        LogTable::Crawl,
        LogTable::Clients,
    ];

    /// Returns the name of the file without its extension.
    pub const fn name(self) -> &'static str {
        match self {
            LogTable::Urls => "log_urls",
            LogTable::Hours => "log_hours",
            LogTable::Bots => "log_bots",
            LogTable::Episodes => "log_episodes",
            LogTable::Errors => "log_errors",
            LogTable::Crawl => "log_vs_crawl",
            LogTable::Clients => "log_clients",
        }
    }

    /// Returns its columns in their order.
    pub const fn columns(self) -> &'static [Column] {
        match self {
            LogTable::Urls => URLS,
            LogTable::Hours => HOURS,
            LogTable::Bots => BOTS_COLUMNS,
            LogTable::Episodes => EPISODES,
            LogTable::Errors => ERRORS,
            LogTable::Crawl => CRAWL,
            LogTable::Clients => CLIENTS,
        }
    }
}

/// A row that is being filled.
struct Row(Vec<Value>);

enum Value {
    Empty,
    Integer(u64),
    Real(f64),
    Text(String),
}

impl Row {
    fn integer(&mut self, value: u64) {
        self.0.push(Value::Integer(value));
    }

    fn real(&mut self, value: Option<f64>, places: i32) {
        let scale = 10_f64.powi(places);
        let value = value.map(|value| Value::Real((value * scale).round() / scale));
        self.0.push(value.unwrap_or(Value::Empty));
    }

    fn text(&mut self, value: impl Into<String>) {
        let value = value.into();
        self.0.push(if value.is_empty() {
            Value::Empty
        } else {
            Value::Text(value)
        });
    }

    fn time(&mut self, value: Option<Moment>) {
        self.text(value.map(|moment| moment.to_string()).unwrap_or_default());
    }

    fn cause(&mut self, cause: Option<Cause>) {
        self.text(cause.map_or("", Cause::id));
    }

    fn rate(&mut self, failed: u64, requests: u64) {
        let rate = Interval::wilson(failed as f64, requests as f64);
        for value in [rate.value, rate.low, rate.high] {
            self.real(Some(value), 4);
        }
    }

    /// Requests, failures, the four statuses, and 4xx.
    fn counts(&mut self, requests: u64, by_status: &[u64], refused: u64) {
        self.integer(requests);
        self.integer(by_status.iter().sum());
        for count in by_status.iter().take(4) {
            self.integer(*count);
        }
        self.integer(refused);
    }

    fn give(self, each: &mut dyn FnMut(&[Cell<'_>]) -> bool) -> bool {
        let cells: Vec<Cell<'_>> = self
            .0
            .iter()
            .map(|value| match value {
                Value::Empty => Cell::Empty,
                Value::Integer(number) => Cell::Integer(*number as i64),
                Value::Real(number) => Cell::Real(*number),
                Value::Text(text) => Cell::Text(text),
            })
            .collect();
        each(&cells)
    }
}

impl Found {
    /// Returns the tables that the logs have.
    pub fn tables(&self) -> Vec<LogTable> {
        let has = |table: &LogTable| match table {
            LogTable::Clients => self.totals.clients.are_counted(),
            _ => true,
        };
        LogTable::ALL.into_iter().filter(has).collect()
    }

    /// Calls a function with each row of a table, in order, until it returns `false`.
    pub fn rows(&self, table: LogTable, each: &mut dyn FnMut(&[Cell<'_>]) -> bool) {
        match table {
            LogTable::Urls => self.urls_rows(each),
            LogTable::Hours => self.hours_rows(each),
            LogTable::Bots => self.bots_rows(each),
            LogTable::Episodes => self.episodes_rows(each),
            LogTable::Errors => self.errors_rows(each),
            LogTable::Crawl => self.crawl_rows(each),
            LogTable::Clients => self.clients_rows(each),
        }
    }

    fn urls_rows(&self, each: &mut dyn FnMut(&[Cell<'_>]) -> bool) {
        let paths = self.urls.learn();
        self.urls.sorted(|id, key, tally| {
            let mut row = Row(Vec::with_capacity(URLS.len()));
            row.text(String::from_utf8_lossy(key));
            row.text(paths.family(key));
            url_counts(tally, &mut row);
            let (cause, backend) = self.causes.get(&id).copied().unwrap_or((None, u16::MAX));
            row.text(self.totals.backends.name(backend).unwrap_or_default());
            row.cause(cause);
            row.give(each)
        });
    }

    fn hours_rows(&self, each: &mut dyn FnMut(&[Cell<'_>]) -> bool) {
        for (hour, span) in &self.totals.hours {
            let mut row = Row(Vec::new());
            row.time(moment(hour * 3_600));
            let Span {
                requests,
                by_status,
                refused,
                ..
            } = span;
            row.counts(*requests, by_status, *refused);
            row.rate(span.failed(), *requests);
            for count in [
                span.user,
                span.user_failed,
                span.search,
                span.search_failed,
                span.google,
                span.google_failed,
            ] {
                row.integer(count);
            }
            if !row.give(each) {
                return;
            }
        }
    }

    fn bots_rows(&self, each: &mut dyn FnMut(&[Cell<'_>]) -> bool) {
        for ((number, verified), tally) in &self.totals.bots {
            let mut row = Row(Vec::new());
            row.text(BOTS.get(usize::from(*number)).map_or("", |bot| &bot.name));
            row.text(verified.name());
            row.counts(tally.requests, &tally.by_status, tally.refused);
            row.integer(tally.limited);
            row.integer(tally.gave_up);
            row.rate(tally.failed(), tally.requests);
            for share in [0.5, 0.95] {
                row.real(tally.times.percentile(share), 1);
            }
            row.time(moment(tally.first));
            row.time(moment(tally.last));
            let days = tally
                .days
                .iter()
                .filter(|(_, (requests, _))| *requests >= 10);
            let share = |(requests, failed): &(u64, u64)| *failed as f64 / *requests as f64;
            let worst = days.max_by(|one, other| share(one.1).total_cmp(&share(other.1)));
            let day = worst.and_then(|(day, _)| moment(day * 86_400));
            row.text(
                day.map(|day| day.to_string()[..10].to_owned())
                    .unwrap_or_default(),
            );
            row.real(worst.map(|(_, counts)| share(counts)), 4);
            for count in [
                tally.robots.0,
                tally.robots.1,
                tally.sitemaps.0,
                tally.sitemaps.1,
            ] {
                row.integer(count);
            }
            row.text(self.dates.get(number).cloned().unwrap_or_default());
            if !row.give(each) {
                return;
            }
        }
    }

    fn episodes_rows(&self, each: &mut dyn FnMut(&[Cell<'_>]) -> bool) {
        for episode in &self.episodes {
            let mut row = Row(Vec::new());
            row.time(Some(episode.from));
            row.time(Some(episode.to));
            row.text(episode.kind.name());
            row.integer(episode.requests);
            row.integer(episode.failed);
            row.real(
                Some(episode.failed as f64 / episode.requests.max(1) as f64),
                4,
            );
            row.integer(episode.urls);
            let statuses: Vec<String> = episode.statuses.iter().map(u16::to_string).collect();
            row.text(statuses.join(" "));
            row.real(Some(episode.load), 2);
            row.real(Some(episode.usual_load), 2);
            row.text(episode.section.clone().unwrap_or_default());
            row.text(episode.backend.clone().unwrap_or_default());
            row.cause(episode.cause);
            row.text(episode.event.clone().unwrap_or_default());
            if !row.give(each) {
                return;
            }
        }
    }

    fn errors_rows(&self, each: &mut dyn FnMut(&[Cell<'_>]) -> bool) {
        for ((server, number), tally) in &self.totals.messages {
            let mut row = Row(Vec::new());
            let pattern = number.and_then(pattern);
            row.text(*server);
            row.text(pattern.map_or("", |pattern| pattern.id.as_str()));
            row.text(pattern.map_or("", |pattern| pattern.cause()));
            row.integer(tally.lines);
            let time = |millis: i64| (millis > 0).then(|| Moment::from_millis(millis));
            row.time(time(tally.first));
            row.time(time(tally.last));
            match &tally.example {
                Some((file, line, text)) => {
                    row.text(self.files.get(*file as usize).cloned().unwrap_or_default());
                    row.integer(*line);
                    row.text(text.as_str());
                }
                None => row.0.extend([Value::Empty, Value::Empty, Value::Empty]),
            }
            if !row.give(each) {
                return;
            }
        }
    }
}

impl Found {
    fn clients_rows(&self, each: &mut dyn FnMut(&[Cell<'_>]) -> bool) {
        for (client, tally) in self.totals.clients.all() {
            let mut row = Row(Vec::new());
            row.text(client);
            for count in [tally.requests, tally.failed, tally.refused] {
                row.integer(count);
            }
            row.rate(tally.failed, tally.requests);
            row.time(moment(tally.last));
            if !row.give(each) {
                return;
            }
        }
    }

    fn crawl_rows(&self, each: &mut dyn FnMut(&[Cell<'_>]) -> bool) {
        for url in &self.compared {
            let mut row = Row(Vec::new());
            row.text(url.address.as_str());
            row.text(url.difference.name());
            row.text(url.verdict.map_or("", Verdict::name));
            row.integer(url.attempts);
            row.integer(url.failed_attempts);
            row.time(url.last_failed_attempt);
            let failures = url.tally.failures.unwrap_or_default();
            let tally = &url.tally;
            let counts = [
                (tally.requests, failures.total()),
                (tally.user, failures.user),
                (tally.search, failures.search),
            ];
            for (requests, failed) in counts {
                row.integer(u64::from(requests));
                row.integer(u64::from(failed));
            }
            row.time(moment(failures.last));
            row.time(moment(tally.last_ok));
            row.cause(url.id.and_then(|id| self.causes.get(&id)?.0));
            row.text(url.line.as_deref().unwrap_or_default());
            if !row.give(each) {
                return;
            }
        }
    }
}

fn url_counts(tally: &UrlTally, row: &mut Row) {
    let failures = tally.failures.unwrap_or_default();
    let by_status = failures.by_status.map(u64::from);
    row.counts(
        u64::from(tally.requests),
        &by_status,
        u64::from(tally.not_found),
    );
    row.rate(by_status.iter().sum(), u64::from(tally.requests));
    for count in [tally.user, failures.user, tally.search, failures.search] {
        row.integer(u64::from(count));
    }
    for second in [failures.first, failures.last, tally.last_ok] {
        row.time(moment(second));
    }
    for share in [0.5, 0.95] {
        row.real(
            tally
                .times
                .as_ref()
                .and_then(|times| times.percentile(share)),
            1,
        );
    }
}
