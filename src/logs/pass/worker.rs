//! Parses the lines of blocks and counts them.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::logs::bots::agents::{Agent, Agents};
use crate::logs::bots::table::{BOTS, GOOGLEBOT};
use crate::logs::bots::verify::{Verified, Verifier};
use crate::logs::order::Order;
use crate::logs::own::Own;
use crate::logs::tally::clients::Clients;
use crate::logs::tally::failures::{ErrorLine, Failure, OwnFailure, Place, hash};
use crate::logs::tally::key::Keys;
use crate::logs::tally::names::NO_NAME;
use crate::logs::tally::totals::{BotTally, MOST_EXAMPLES, Totals};
use crate::logs::tally::urls::{Batch, From, Hit, UrlId, Urls, place};
use crate::parse::log::{Clock, Entry, ErrorRecord, Line};

use super::block::Block;

/// Maximum bytes kept of an unreadable line or of a message.
const LONGEST_EXAMPLE: usize = 300;

/// Milliseconds that are seconds since 1970.
const SECOND: i64 = 1_000;

/// Finds the word that names of sitemaps have.
static SITEMAP: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("sitemap"));

/// A thread that parses and counts.
pub(super) struct Worker<'a> {
    urls: &'a Urls,
    verifier: &'a Verifier<'a>,
    own: Own,
    agents: Agents,
    keys: Keys,
    batch: Batch,
    totals: Totals,
}

impl<'a> Worker<'a> {
    pub(super) fn new(
        order: &Order,
        urls: &'a Urls,
        verifier: &'a Verifier<'a>,
        files: usize,
    ) -> Worker<'a> {
        let mut totals = Totals::new(files);
        totals.clients = Clients::kept(order.keep_clients.then(Vec::new));
        Worker {
            urls,
            verifier,
            own: Own::new(&order.crawls),
            agents: Agents::default(),
            keys: Keys::new(&order.ignore_params),
            batch: Batch::new(),
            totals,
        }
    }

    /// Returns the counts.
    pub(super) fn done(mut self) -> Totals {
        self.totals.end_minute();
        self.totals
    }

    /// Counts the lines of a block.
    pub(super) fn take(&mut self, block: &Block) {
        let mut clock = Clock::new(block.offset);
        let mut format = block.format.clone();
        let mut number = block.line;
        let mut rest = block.bytes.as_slice();
        // The record that a line without a time continues.
        let mut last: Option<ErrorLine> = None;
        let (mut requests, mut unread) = (0, 0);
        while !rest.is_empty() {
            let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let line = &rest[..end];
            rest = rest.get(end + 1..).unwrap_or_default();
            if format.is_renewable()
                && let Some(renewed) = format.renewed(line)
            {
                format = renewed;
            }
            match format.read(line, &mut clock) {
                Some(Line::Access(entry)) => {
                    requests += 1;
                    self.request(&entry, Place::of_line(block.file, number));
                }
                Some(Line::Error(record)) => {
                    let place = Place::of_line(block.file, number);
                    last = Some(self.record(&record, place, last));
                }
                Some(Line::Aside) => {}
                None => {
                    unread += 1;
                    self.unreadable(block.file, number, line);
                }
            }
            number += 1;
        }
        if let Some(last) = last {
            self.totals.keep_error(last);
        }
        let failures = &mut self.totals.failures;
        self.batch.count(self.urls, |kept, url| {
            if let Some(failure) = failures.get_mut(kept as usize) {
                failure.url = url;
            }
        });
        if let Some(file) = self.totals.files.get_mut(block.file as usize) {
            file.lines += number - block.line;
            file.bytes += block.bytes.len() as u64;
            file.requests += requests;
            file.unread += unread;
        }
    }

    fn request(&mut self, entry: &Entry<'_>, access: Place) {
        let agent = self.agents.of(entry.agent);
        let second = entry
            .time
            .map_or(0, |time| u32::try_from(time / SECOND).unwrap_or(0));
        let mut from = From {
            user: agent == Agent::User,
            ..From::default()
        };
        let mut verified = Verified::Unverified;
        if let Agent::Bot(bot) = agent {
            verified = self.verifier.verify(bot, entry.client);
            let is_search = BOTS.get(usize::from(bot)).is_some_and(|bot| bot.search);
            from.search = is_search && verified != Verified::No;
            from.google = bot == GOOGLEBOT && verified != Verified::No;
        }
        if verified != Verified::Yes && self.own.has(entry, agent) {
            self.totals.own += 1;
            if entry.is_failure() {
                self.totals.keep_own(OwnFailure {
                    failure: failure(entry, UrlId::NONE, NO_NAME),
                    access,
                    record: None,
                });
            }
            return;
        }
        let hit = Hit {
            status: entry.status,
            is_failure: entry.is_failure(),
            second,
            millis: entry.millis,
            from,
        };
        self.totals.count(&hit);
        self.totals.clients.count(entry.client, &hit);
        if let Agent::Bot(bot) = agent {
            let tally = self.totals.bots.entry((bot, verified)).or_default();
            count_bot(tally, &hit, &entry.target);
        }
        let backend = self.totals.backend(entry.backend, hit.is_failure);
        if entry.target.first() != Some(&b'/') {
            self.totals.not_http += 1;
            return;
        }
        // Its URL is known when the block is counted.
        let kept = hit
            .is_failure
            .then(|| self.totals.keep(failure(entry, UrlId::NONE, backend)));
        let key = self.keys.of(entry.host, &entry.target);
        self.batch.add(key, &hit, kept);
    }

    /// Takes a record of an error log. Returns it, as long as the next line may continue it.
    fn record(
        &mut self,
        record: &ErrorRecord<'_>,
        Place { file, line, .. }: Place,
        last: Option<ErrorLine>,
    ) -> ErrorLine {
        if let Some(counts) = self.totals.files.get_mut(file as usize) {
            counts.records += 1;
        }
        let millis = record
            .time
            .or(last.as_ref().map(|last| last.millis))
            .unwrap_or(0);
        let key = (record.source.name(), record.pattern);
        // A record of several lines counts once.
        let continues = record.time.is_none() && !record.client.is_empty() && last.is_some();
        if !continues {
            let tally = self.totals.messages.entry(key).or_default();
            tally.lines += 1;
            if millis > 0 {
                tally.first = if tally.first == 0 {
                    millis
                } else {
                    tally.first.min(millis)
                };
                tally.last = tally.last.max(millis);
            }
            if tally.example.is_none() {
                tally.example = Some((file, line, shown(without_client(record.message))));
            }
        }
        if continues && let Some(mut last) = last {
            last.client = hash(record.client);
            last.target = hash(record.target);
            last.pattern = last.pattern.or(record.pattern);
            last.cause = last.cause.or(record.cause);
            return last;
        }
        if let Some(last) = last {
            self.totals.keep_error(last);
        }
        ErrorLine {
            millis,
            client: hash(record.client),
            target: hash(record.target),
            request_id: hash(record.request_id),
            thread: hash(record.thread),
            pattern: record.pattern,
            cause: record.cause,
            file,
            line,
        }
    }

    fn unreadable(&mut self, file: u32, number: u64, line: &[u8]) {
        if let Some(file) = self.totals.files.get_mut(file as usize)
            && file.examples.len() < MOST_EXAMPLES
        {
            file.examples.push((number, shown(line)));
        }
    }
}

fn failure(entry: &Entry<'_>, url: UrlId, backend: u16) -> Failure {
    Failure {
        millis: entry.time.unwrap_or(0),
        url,
        status: entry.status,
        backend,
        client: hash(entry.client),
        target: hash(&entry.target),
        request_id: hash(entry.request_id),
        took: entry.millis.unwrap_or(0),
        is_joined: false,
        cause: entry.cause,
    }
}

fn count_bot(tally: &mut BotTally, hit: &Hit, target: &[u8]) {
    tally.requests += 1;
    if hit.is_failure {
        tally.by_status[place(hit.status)] += 1;
    }
    tally.refused += u64::from((400..500).contains(&hit.status));
    tally.limited += u64::from(hit.status == 429);
    tally.gave_up += u64::from(hit.status == 499);
    if hit.second > 0 {
        tally.first = if tally.first == 0 {
            hit.second
        } else {
            tally.first.min(hit.second)
        };
        tally.last = tally.last.max(hit.second);
        let (requests, failed) = tally.days.entry(hit.second / 86_400).or_default();
        *requests += 1;
        *failed += u64::from(hit.is_failure);
    }
    if let Some(millis) = hit.millis {
        tally.times.add(millis);
    }
    let files = if target.starts_with(b"/robots.txt") {
        Some(&mut tally.robots)
    } else if SITEMAP.find(target).is_some() {
        Some(&mut tally.sitemaps)
    } else {
        None
    };
    if let Some((requests, failed)) = files {
        *requests += 1;
        *failed += u64::from(hit.is_failure);
    }
}

/// Returns the message without the address of the client and what follows it in nginx.
fn without_client(message: &[u8]) -> &[u8] {
    let end = memchr::memmem::find(message, b", client: ");
    &message[..end.unwrap_or(message.len())]
}

fn shown(text: &[u8]) -> String {
    let text = &text[..text.len().min(LONGEST_EXAMPLE)];
    String::from_utf8_lossy(text).into_owned()
}
