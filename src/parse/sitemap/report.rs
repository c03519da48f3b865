use std::fmt;

use super::date::is_w3c_date;

/// Maximum number of pages or sitemaps that one file may list (sitemaps.org, "Sitemap file limits").
/// No more are passed on, nor more images and videos, nor more alternates.
pub const ENTRY_LIMIT: u64 = 50_000;

/// A location must be shorter than this, in characters (sitemaps.org, "XML tag definitions").
pub const LOCATION_LIMIT: usize = 2048;

/// Maximum number of problems listed for one file; further ones are only counted.
pub const PROBLEM_LIMIT: usize = 100;

/// Maximum characters of an offending text kept with its problem.
const DETAIL_LIMIT: usize = 200;

/// One URL that a sitemap names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The kind of its target.
    pub kind: Kind,
    /// The URL as written, white space around it removed; it begins with `http:` or `https:`.
    pub location: String,
    /// Its last change, as written, if that is a W3C date.
    pub lastmod: Option<String>,
    /// Its line, counted from 1 in the decoded text.
    pub line: u64,
}

/// The kind of a listed URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A page of the site.
    Page,
    /// A further sitemap.
    Sitemap,
    /// An image or a video on a page.
    Resource,
    /// The same page in another language (hreflang).
    Alternate,
}

/// The format of a sitemap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// `<urlset>`.
    UrlSet,
    /// `<sitemapindex>`.
    Index,
    /// `<rss>`, or RSS 1.0 with `<rdf:RDF>`.
    Rss,
    /// `<feed>`.
    Atom,
    /// One URL per line.
    Text,
    /// None of these.
    #[default]
    Unknown,
}

/// The report about one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Its format.
    pub format: Format,
    /// Number of pages and sitemaps in it, of which the first [`ENTRY_LIMIT`] were passed on.
    pub entries: u64,
    /// Number of images and videos, likewise.
    pub resources: u64,
    /// Number of alternates, likewise.
    pub alternates: u64,
    /// Whether the file is longer than [`SIZE_LIMIT`](super::SIZE_LIMIT) and its rest unread.
    pub truncated: bool,
    /// The first [`PROBLEM_LIMIT`] problems in the order in which they were found.
    pub problems: Vec<Problem>,
    /// Number of problems, listed or not.
    pub problem_count: u64,
}

/// A problem in a sitemap that its author would want to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Its line, counted from 1 in the decoded text.
    pub line: u64,
    /// The kind of problem.
    pub kind: ProblemKind,
    /// The offending text, or the parser's message; may be empty.
    pub detail: String,
}

/// The kinds of problems in a sitemap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ProblemKind {
    /// There is no URL in it.
    Empty,
    /// An HTML page, such as an error page with status 200.
    Html,
    /// XML with a root element that no sitemap has.
    WrongRoot,
    /// The XML ends here; entries after it are lost.
    Broken,
    /// Compressed data that cannot be decompressed to its end.
    BadGzip,
    /// Bytes that are invalid in the text's encoding.
    BadText,
    /// The decoded file is larger than [`SIZE_LIMIT`](super::SIZE_LIMIT).
    TooLarge,
    /// There are more than [`ENTRY_LIMIT`] of one kind; further ones are only counted.
    TooManyEntries,
    /// `<url>` or `<sitemap>` without `<loc>`.
    MissingLocation,
    /// Not an absolute http or https URL; not passed on.
    RelativeLocation,
    /// [`LOCATION_LIMIT`] characters or more.
    LongLocation,
    /// A `lastmod` that is not a W3C date.
    BadDate,
    /// A document type declaration; nothing that it declares is used.
    Doctype,
    /// An entity that XML does not define; kept as written.
    UnknownEntity,
    /// `&` that should be `&amp;`; kept as written.
    BareAmpersand,
}

impl ProblemKind {
    /// Returns the kind in words.
    pub const fn describe(self) -> &'static str {
        match self {
            ProblemKind::Empty => "no URL in it",
            ProblemKind::Html => "an HTML page, not a sitemap",
            ProblemKind::WrongRoot => "unknown root element",
            ProblemKind::Broken => "broken XML",
            ProblemKind::BadGzip => "broken compression",
            ProblemKind::BadText => "bytes invalid in its encoding",
            ProblemKind::TooLarge => "over 50 MiB, rest ignored",
            ProblemKind::TooManyEntries => "over 50,000 entries, rest ignored",
            ProblemKind::MissingLocation => "entry without location",
            ProblemKind::RelativeLocation => "not an absolute http(s) URL",
            ProblemKind::LongLocation => "location of 2,048 characters or more",
            ProblemKind::BadDate => "lastmod is not a W3C date",
            ProblemKind::Doctype => "document type declaration, ignored",
            ProblemKind::UnknownEntity => "unknown entity",
            ProblemKind::BareAmpersand => "& should be &amp;",
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.kind.describe())?;
        if !self.detail.is_empty() {
            write!(f, ": {}", self.detail)?;
        }
        Ok(())
    }
}

/// A text as it stood in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Passage {
    pub(super) text: String,
    pub(super) line: u64,
    /// Whether it was longer: the kept part is then not a URL.
    pub(super) cut: bool,
}

/// Checks entries, passes them on, and keeps the report.
pub(super) struct Collector<'e> {
    each: &'e mut dyn FnMut(Entry),
    pub(super) report: Report,
}

impl<'e> Collector<'e> {
    pub(super) fn new(each: &'e mut dyn FnMut(Entry)) -> Collector<'e> {
        Collector {
            each,
            report: Report::default(),
        }
    }

    pub(super) fn problem(&mut self, line: u64, kind: ProblemKind, detail: &str) {
        self.report.problem_count += 1;
        if self.report.problems.len() < PROBLEM_LIMIT {
            self.report.problems.push(Problem {
                line,
                kind,
                detail: detail.chars().take(DETAIL_LIMIT).collect(),
            });
        }
    }

    pub(super) fn entry(&mut self, kind: Kind, location: &Passage, lastmod: Option<&Passage>) {
        let line = location.line;
        let text = location.text.trim();
        if !is_absolute(text) {
            return self.problem(line, ProblemKind::RelativeLocation, text);
        }
        if location.cut || text.chars().nth(LOCATION_LIMIT - 1).is_some() {
            self.problem(line, ProblemKind::LongLocation, text);
        }
        if location.cut {
            return;
        }
        let lastmod = lastmod.and_then(|passage| self.date(passage));
        let count = match kind {
            Kind::Page | Kind::Sitemap => &mut self.report.entries,
            Kind::Resource => &mut self.report.resources,
            Kind::Alternate => &mut self.report.alternates,
        };
        *count += 1;
        // A page may have one alternate for each language, so only the size of the file bounds them.
        if *count > ENTRY_LIMIT && kind != Kind::Alternate {
            return;
        }
        (self.each)(Entry {
            kind,
            location: text.to_owned(),
            lastmod,
            line,
        });
    }

    /// Reports the entries that were not passed on.
    pub(super) fn count_excess(&mut self, line: u64) {
        let kinds = [
            (self.report.entries, "pages or sitemaps"),
            (self.report.resources, "images or videos"),
        ];
        for (count, kind) in kinds {
            if count > ENTRY_LIMIT {
                let more = format!("{} more {kind}", count - ENTRY_LIMIT);
                self.problem(line, ProblemKind::TooManyEntries, &more);
            }
        }
    }

    fn date(&mut self, passage: &Passage) -> Option<String> {
        let text = passage.text.trim();
        if is_w3c_date(text) {
            return Some(text.to_owned());
        }
        self.problem(passage.line, ProblemKind::BadDate, text);
        None
    }
}

fn is_absolute(text: &str) -> bool {
    ["http://", "https://"].iter().any(|scheme| {
        text.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    })
}
