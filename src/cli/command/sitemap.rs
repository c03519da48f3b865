//! `gatecrawl sitemap`: validates a sitemap and prints what it lists.

use std::collections::HashSet;
use std::io::Write;
use std::path::Path;

use crate::fetch::{Fetcher, HttpFetcher};
use crate::model::{CrawlUrl, HostKey, Outcome};
use crate::parse::sitemap::{Entry, Kind, ProblemKind, Report, SIZE_LIMIT, read};
use crate::policy::{MOST_FOREIGN_SITEMAPS, MOST_NESTED_SITEMAPS, MOST_SITEMAPS};
use crate::report::{csv_writer, without_formulas};

use crate::settings::args::value::crawl_url;
use crate::settings::args::{SitemapArgs, SitemapFormat};
use crate::settings::exit::Exit;
use crate::settings::failure::Failure;
use crate::settings::source::{as_url, fetch, fetcher, read_file};
use crate::terminal::streams::{Console, People};
use crate::terminal::text::tame;

/// Maximum bytes read of a sitemap: the limit of the format, and one byte that shows that it is exceeded.
const MOST: u64 = SIZE_LIMIT + 1;

/// Reads the sitemap and prints what it lists.
pub(in crate::cli) async fn run(
    args: &SitemapArgs,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let people = console.people.clone();
    let mut walk = Walk {
        args,
        printer: Printer::new(args.format, &mut *console.stdout)?,
        people: &people,
        whole: true,
        waiting: Vec::new(),
        seen: HashSet::new(),
        own: None,
        foreign: 0,
    };
    let source = as_url(&args.source).transpose()?;
    if let Some(url) = &source {
        walk.own = Some(url.host_key());
        walk.waiting.push(Waiting {
            url: url.clone(),
            nesting: 0,
            listed_by: None,
        });
    } else {
        let path = Path::new(&args.source);
        let bytes = read_file("", path, MOST, &mut console.stdin)?;
        walk.take(&args.source, None, 0, &bytes)?;
    }
    let fetcher = fetcher(source.as_ref())?;
    while let Some(next) = walk.waiting.pop() {
        walk.fetch(&fetcher, &next).await?;
    }
    walk.printer.finish()?;
    Ok(if walk.whole { Exit::Done } else { Exit::Failed })
}

/// A walk through a sitemap and those that it lists.
struct Walk<'a> {
    args: &'a SitemapArgs,
    printer: Printer<'a>,
    people: &'a People,
    /// Whether all entries so far could be used.
    whole: bool,
    waiting: Vec<Waiting>,
    seen: HashSet<CrawlUrl>,
    /// The host of the first sitemap that was fetched or listed.
    own: Option<HostKey>,
    /// Number of sitemaps at other hosts.
    foreign: u64,
}

/// A sitemap to fetch.
struct Waiting {
    url: CrawlUrl,
    /// Number of indexes above it.
    nesting: u32,
    /// The URL of the index that lists it; absent for a file on disk.
    listed_by: Option<CrawlUrl>,
}

impl Walk<'_> {
    async fn fetch(&mut self, fetcher: &HttpFetcher, next: &Waiting) -> Result<(), Failure> {
        let url = &next.url;
        if !self.seen.insert(url.clone()) {
            return Ok(());
        }
        if let Some(index) = &next.listed_by {
            fetcher.led(index, url);
        }
        let answer = fetch(fetcher, url, MOST as usize).await;
        let readable = matches!(
            answer.outcome,
            Outcome::OkHtml | Outcome::OkNonHtml | Outcome::SoftError200 | Outcome::TooLarge
        );
        if readable {
            let (name, from) = (url.as_str(), Some(&answer.url));
            return self.take(name, from, next.nesting, &answer.exchange.body);
        }
        self.whole = false;
        self.people.say(format!("{url}: {}", answer.status()));
        Ok(())
    }

    /// Reads one file and prints its entries, or queues the sitemaps that it lists.
    fn take(
        &mut self,
        name: &str,
        from: Option<&CrawlUrl>,
        nesting: u32,
        bytes: &[u8],
    ) -> Result<(), Failure> {
        let deeper = self.args.recursive && nesting < MOST_NESTED_SITEMAPS;
        let mut listed = Vec::new();
        let mut printed = Ok(());
        let report = read(bytes, &mut |entry| {
            if entry.kind == Kind::Sitemap && deeper {
                listed.push(entry);
            } else if printed.is_ok() {
                printed = self.printer.print(&entry);
            }
        });
        printed?;
        self.complain(name, &report);
        // The last one is taken first, so the order of the file is kept.
        for entry in listed.iter().rev() {
            match crawl_url(&entry.location) {
                Ok(url) if self.is_strange(&url) => {
                    self.lose(name, entry, "too many sitemaps of other hosts");
                }
                Ok(url) if self.seen.len() + self.waiting.len() < MOST_SITEMAPS as usize => {
                    self.waiting.push(Waiting {
                        url,
                        nesting: nesting + 1,
                        listed_by: from.cloned(),
                    });
                }
                Ok(_) => self.lose(name, entry, "too many sitemaps"),
                Err(fault) => self.lose(name, entry, &fault),
            }
        }
        Ok(())
    }

    /// Returns whether a sitemap is left out as an audit would leave it out: it is at another host than the first, and
    /// too many such sitemaps were read.
    fn is_strange(&mut self, url: &CrawlUrl) -> bool {
        let own = self.own.get_or_insert_with(|| url.host_key());
        if *own == url.host_key() {
            return false;
        }
        self.foreign += 1;
        self.foreign > MOST_FOREIGN_SITEMAPS
    }

    fn lose(&mut self, name: &str, entry: &Entry, why: &str) {
        self.whole = false;
        self.people
            .say(format!("{name}: line {}: {why}", entry.line));
    }

    fn complain(&mut self, name: &str, report: &Report) {
        for problem in &report.problems {
            self.people.say(format!("{name}: {problem}"));
        }
        let unlisted = report.problem_count - report.problems.len() as u64;
        if unlisted > 0 {
            self.people
                .say(format!("{name}: and {unlisted} more problems"));
        }
        let lost = report.problems.iter().any(|problem| loses(problem.kind));
        self.whole &= !(lost || report.truncated);
    }
}

/// Returns whether entries are lost by a problem, for us or for a search engine.
fn loses(kind: ProblemKind) -> bool {
    match kind {
        ProblemKind::Empty
        | ProblemKind::Html
        | ProblemKind::WrongRoot
        | ProblemKind::Broken
        | ProblemKind::BadGzip
        | ProblemKind::TooLarge
        | ProblemKind::TooManyEntries
        | ProblemKind::MissingLocation
        | ProblemKind::RelativeLocation
        | ProblemKind::LongLocation => true,
        ProblemKind::BadText
        | ProblemKind::BadDate
        | ProblemKind::Doctype
        | ProblemKind::UnknownEntity
        | ProblemKind::BareAmpersand => false,
    }
}

/// A writer of entries.
enum Printer<'a> {
    Text(&'a mut (dyn Write + Send)),
    Csv(Box<csv::Writer<&'a mut (dyn Write + Send)>>),
}

impl<'a> Printer<'a> {
    fn new(format: SitemapFormat, out: &'a mut (dyn Write + Send)) -> Result<Self, Failure> {
        if format == SitemapFormat::Text {
            return Ok(Printer::Text(out));
        }
        let mut csv = csv_writer(out);
        csv.write_record(["url", "lastmod", "kind"])?;
        Ok(Printer::Csv(Box::new(csv)))
    }

    fn print(&mut self, entry: &Entry) -> Result<(), Failure> {
        let is_listed = matches!(entry.kind, Kind::Page | Kind::Sitemap);
        match self {
            Printer::Text(out) if is_listed => writeln!(out, "{}", tame(&entry.location))?,
            // Images and alternates in other languages belong to a page; a list of pages leaves them out.
            Printer::Text(_) => {}
            Printer::Csv(csv) => {
                let lastmod = entry.lastmod.as_deref().unwrap_or_default();
                let (location, lastmod) =
                    (without_formulas(&entry.location), without_formulas(lastmod));
                csv.write_record([&*tame(&location), &*tame(&lastmod), name(entry.kind)])?;
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<(), Failure> {
        match self {
            Printer::Text(out) => Ok(out.flush()?),
            Printer::Csv(mut csv) => Ok(csv.flush()?),
        }
    }
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Page => "page",
        Kind::Sitemap => "sitemap",
        Kind::Resource => "resource",
        Kind::Alternate => "alternate",
    }
}
