//! Visits of pages: exports of Search Console, Google Analytics and of any tool that writes a column of URLs and
//! numbers beside it. The URL column is found as in a list of URLs. The numbers are found by their headers. In an
//! unknown language they are found by the shape of the table: Search Console writes clicks, impressions and a rate in
//! per cent side by side.
//!
//! Numbers are read as people in any country write them (`1.234`, `1,234`, `1 234`).

use std::collections::BTreeSet;
use std::io::{Cursor, Read as _};

use jiff::civil::Date;
use serde_json::Value;
use thiserror::Error;
use zip::ZipArchive;

use super::url_list::{Column, Found, ListFault, Row, Shape, read_rows};

/// Rows by which the columns are judged.
const SAMPLE: usize = 50;

/// Maximum days that are counted separately, and bytes of a table of days: exports cover at most 16 months.
const MOST_DAYS: usize = 1_000;
const LARGEST_DAYS: u64 = 1 << 20;

/// Bytes in which comments at the beginning may state the days.
const COMMENTS: usize = 2_048;

/// Parts of headers, in lower case, in the languages of the exports that are common here.
const CLICKS: [&str; 4] = ["clic", "klic", "klik", "cliq"];
const IMPRESSIONS: [&str; 2] = ["impr", "vertoning"];
const SESSIONS: [&str; 3] = ["sess", "sesi", "sitzung"];

/// The visits of a page.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Visits {
    /// Clicks in search results.
    pub clicks: Option<f64>,
    /// How often it was shown in search results.
    pub impressions: Option<f64>,
    /// Visits that an analytics tool counted.
    pub sessions: Option<f64>,
}

impl Visits {
    /// Adds visits of the same page from another row or file.
    pub fn add(&mut self, other: Visits) {
        let sum = |one: &mut Option<f64>, other: Option<f64>| {
            if let Some(other) = other {
                *one = Some(one.unwrap_or_default() + other);
            }
        };
        sum(&mut self.clicks, other.clicks);
        sum(&mut self.impressions, other.impressions);
        sum(&mut self.sessions, other.sessions);
    }

    /// Returns the visits that would be lost if the page failed: clicks, or sessions where no clicks are known.
    pub fn at_stake(&self) -> f64 {
        self.clicks.or(self.sessions).unwrap_or_default()
    }
}

/// The days and columns of a file of visits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrafficFile {
    /// The days that it covers; `None` if it does not say.
    pub days: Option<u32>,
    /// The column of URLs and the columns that were read, in words.
    pub columns: String,
}

/// Why a file gives no visits. Each message ends with what to do.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TrafficFault {
    /// The file is not a table of URLs.
    #[error("{0}")]
    List(#[from] ListFault),
    /// It has URLs and no numbers.
    #[error(
        "it has URLs and no column of numbers; export clicks or sessions by page, or audit its URLs with --url-list"
    )]
    NoNumbers,
    /// The column that the user named does not exist.
    #[error("no column {0:?}; its columns are {1}")]
    NoColumn(String, String),
    /// The column that the user named holds no numbers.
    #[error("the column {0:?} holds no numbers; name another with --traffic-column")]
    NotNumbers(String),
    /// A line is not a JSON object with a URL.
    #[error("line {0}: no JSON object with a URL; export the table again")]
    NotJson(usize),
}

/// Reads a file and hands out each page with its visits. `column` names the column of numbers; without it the columns
/// are found.
pub fn read(
    bytes: &[u8],
    column: Option<&str>,
    each: &mut dyn FnMut(&str, Shape, Visits),
) -> Result<TrafficFile, TrafficFault> {
    if bytes.trim_ascii_start().starts_with(b"{") {
        return json_lines(bytes, column, each);
    }
    let mut table = Table {
        column,
        header: Vec::new(),
        sample: Vec::new(),
        roles: None,
        dates: BTreeSet::new(),
        each,
    };
    let mut fault = None;
    let taken = read_rows(Cursor::new(bytes), &mut |found| {
        if fault.is_none() {
            fault = table.take(found).err();
        }
    })?;
    if let Some(fault) = fault {
        return Err(fault);
    }
    let roles = table.settle()?;
    let days = match table.dates.len() {
        0 => days_beside(bytes),
        days => u32::try_from(days).ok(),
    };
    let urls = match taken.column {
        Some(Column::Named(name)) => format!("column {name:?}"),
        Some(Column::Number(number)) => format!("column {number}"),
        None => "the list".to_owned(),
    };
    let part = taken.part.map_or(String::new(), |part| format!("{part}, "));
    Ok(TrafficFile {
        days,
        columns: format!("{part}{urls}: {}", roles.in_words(&table.header)),
    })
}

/// The columns with numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Roles {
    clicks: Option<usize>,
    impressions: Option<usize>,
    sessions: Option<usize>,
    /// The day of a row.
    date: Option<usize>,
}

/// The reader of one table. Keeps the first rows until the kinds of the columns are known.
struct Table<'a> {
    column: Option<&'a str>,
    header: Vec<String>,
    sample: Vec<(String, Shape, Vec<String>)>,
    roles: Option<Roles>,
    dates: BTreeSet<Date>,
    each: &'a mut dyn FnMut(&str, Shape, Visits),
}

impl Table<'_> {
    fn take(&mut self, found: Found<'_>) -> Result<(), TrafficFault> {
        let cells = |row: &Row| row.cells().map(str::to_owned).collect();
        if found.is_header {
            self.header = cells(found.row);
        } else if found.shape != Shape::Other {
            match self.roles {
                Some(roles) => {
                    self.hand_out(roles, found.text, found.shape, |at| found.row.cell(at));
                }
                None => {
                    let row = (found.text.to_owned(), found.shape, cells(found.row));
                    self.sample.push(row);
                    if self.sample.len() >= SAMPLE {
                        self.settle()?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Judges the columns, and hands out the rows that waited for it.
    fn settle(&mut self) -> Result<Roles, TrafficFault> {
        if let Some(roles) = self.roles {
            return Ok(roles);
        }
        let roles = roles(&self.header, &self.sample, self.column)?;
        self.roles = Some(roles);
        for (url, shape, row) in std::mem::take(&mut self.sample) {
            self.hand_out(roles, &url, shape, |at| {
                row.get(at).map_or("", String::as_str)
            });
        }
        Ok(roles)
    }

    fn hand_out<'r>(
        &mut self,
        roles: Roles,
        url: &str,
        shape: Shape,
        cell: impl Fn(usize) -> &'r str,
    ) {
        let value = |at: Option<usize>| number(cell(at?));
        if let Some(Ok(date)) = roles.date.map(|at| cell(at).parse::<Date>())
            && self.dates.len() < MOST_DAYS
        {
            self.dates.insert(date);
        }
        let visits = Visits {
            clicks: value(roles.clicks),
            impressions: value(roles.impressions),
            sessions: value(roles.sessions),
        };
        (self.each)(url, shape, visits);
    }
}

impl Roles {
    fn in_words(self, header: &[String]) -> String {
        let named = |name: &str, at: Option<usize>| {
            let at = at?;
            let header = header.get(at).filter(|header| !header.is_empty());
            let header = header.map_or(format!("column {}", at + 1), |it| format!("{it:?}"));
            Some(format!("{name} from {header}"))
        };
        let parts = [
            named("clicks", self.clicks),
            named("impressions", self.impressions),
            named("sessions", self.sessions),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

/// The kind of the cells of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Number,
    Share,
    Date,
    Other,
}

type Sample = [(String, Shape, Vec<String>)];

fn roles(header: &[String], rows: &Sample, wanted: Option<&str>) -> Result<Roles, TrafficFault> {
    let width = rows.iter().map(|(.., row)| row.len()).max().unwrap_or(0);
    let kinds: Vec<Kind> = (0..width).map(|at| kind(rows, at)).collect();
    let is_number = |at: &usize| kinds.get(*at) == Some(&Kind::Number);
    let date = kinds.iter().position(|kind| *kind == Kind::Date);
    if let Some(wanted) = wanted {
        let is_it = |name: &String| name.eq_ignore_ascii_case(wanted.trim());
        let at = header.iter().position(is_it);
        let at = at.or_else(|| wanted.parse::<usize>().ok()?.checked_sub(1));
        let at = at.filter(|at| *at < width).ok_or_else(|| {
            let names = header.iter().filter(|name| !name.is_empty()).cloned();
            TrafficFault::NoColumn(wanted.to_owned(), names.collect::<Vec<_>>().join(", "))
        })?;
        if !is_number(&at) {
            return Err(TrafficFault::NotNumbers(wanted.to_owned()));
        }
        let clicks = Some(at);
        return Ok(Roles {
            clicks,
            date,
            ..Roles::default()
        });
    }
    let named = |words: &[&str]| {
        let names = header.iter().map(|name| name.to_lowercase()).enumerate();
        let mut fitting = names
            .filter(|(at, name)| is_number(at) && words.iter().any(|word| name.contains(word)));
        fitting.next().map(|(at, _)| at)
    };
    let mut roles = Roles {
        clicks: named(&CLICKS),
        impressions: named(&IMPRESSIONS),
        sessions: named(&SESSIONS),
        date,
    };
    // Clicks, impressions and their ratio stand side by side, whatever the language.
    let ratio = (2..width)
        .find(|at| kinds[*at] == Kind::Share && is_number(&(at - 1)) && is_number(&(at - 2)));
    if let (None, None, Some(ratio)) = (roles.clicks, roles.sessions, ratio) {
        (roles.clicks, roles.impressions) = (Some(ratio - 2), Some(ratio - 1));
    }
    if roles.clicks.is_none() && roles.sessions.is_none() {
        roles.sessions = (0..width).find(is_number);
    }
    match roles.clicks.or(roles.sessions) {
        None => Err(TrafficFault::NoNumbers),
        Some(_) => Ok(roles),
    }
}

fn kind(rows: &Sample, at: usize) -> Kind {
    let cells = rows.iter().filter_map(|(.., row)| row.get(at));
    let cells: Vec<&str> = cells
        .map(|cell| cell.trim())
        .filter(|cell| !cell.is_empty())
        .collect();
    let most = |is: &dyn Fn(&&&str) -> bool| {
        !cells.is_empty() && cells.iter().filter(is).count() * 2 > cells.len()
    };
    let is_share = |cell: &&&str| cell.contains('%') && number(cell).is_some();
    let is_fraction = |cell: &&&str| {
        let is_written = cell.contains(['.', ',']);
        is_written
            && cell
                .parse()
                .is_ok_and(|value: f64| (0.0..=1.0).contains(&value))
    };
    if most(&|cell| cell.parse::<Date>().is_ok() && cell.len() == "2026-11-30".len()) {
        Kind::Date
    } else if most(&is_share) || most(&is_fraction) {
        Kind::Share
    } else if most(&|cell| number(cell).is_some()) {
        Kind::Number
    } else {
        Kind::Other
    }
}

/// Reads a number as people write it. One separator before exactly three digits separates thousands: visits are counted
/// in whole numbers.
fn number(text: &str) -> Option<f64> {
    let text = text.trim_end_matches('%');
    let is_space = |c: char| c.is_whitespace() || c == '\'' || c == '\u{2019}';
    let mut plain: String = text.chars().filter(|c| !is_space(*c)).collect();
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',');
    if !plain.starts_with(|c: char| c.is_ascii_digit()) || !plain.chars().all(is_part) {
        return None;
    }
    let last = plain.rfind(['.', ',']);
    let decimal = last.filter(|at| {
        let sign = &plain[*at..=*at];
        let other = if sign == "." { "," } else { "." };
        let after = plain.len() - at - 1;
        let is_first = plain.matches(sign).count() == 1;
        is_first && (plain.contains(other) || after != 3)
    });
    if let Some(at) = decimal {
        plain.replace_range(at..=at, "d");
    }
    let plain: String = plain.chars().filter(|c| !matches!(c, '.' | ',')).collect();
    plain.replace('d', ".").parse().ok()
}

/// Returns the days that a file names outside the table of pages: in comments (`# Start date: 20261101`), or as
/// another table of a zip file, a row for each day.
fn days_beside(bytes: &[u8]) -> Option<u32> {
    if bytes.starts_with(b"PK") {
        let mut archive = ZipArchive::new(Cursor::new(bytes)).ok()?;
        let mut most = 0;
        for at in 0..archive.len() {
            let mut text = Vec::new();
            let file = archive.by_index(at).ok()?;
            if file.take(LARGEST_DAYS).read_to_end(&mut text).is_ok() {
                let text = String::from_utf8_lossy(&text);
                let first = text
                    .lines()
                    .filter_map(|line| line.split([',', ';', '\t']).next());
                let days = first.filter_map(|cell| cell.trim_matches('"').parse::<Date>().ok());
                most = most.max(days.take(MOST_DAYS).count());
            }
        }
        return u32::try_from(most).ok().filter(|days| *days > 0);
    }
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(COMMENTS)]);
    let comments = head.lines().take_while(|line| {
        let line = line.trim_start_matches('\u{feff}');
        line.starts_with('#') || line.trim().is_empty()
    });
    let words = comments.flat_map(|line| line.split(|c: char| !c.is_ascii_digit()));
    let dates = words
        .filter(|word| word.len() == 8)
        .filter_map(|word| word.parse::<Date>().ok());
    let dates: BTreeSet<Date> = dates.collect();
    let (first, last) = (dates.first()?, dates.last()?);
    let days = first.until(*last).ok()?.get_days();
    u32::try_from(days + 1).ok()
}

/// Reads rows as JSON objects, as the bulk export of Search Console has them.
fn json_lines(
    bytes: &[u8],
    column: Option<&str>,
    each: &mut dyn FnMut(&str, Shape, Visits),
) -> Result<TrafficFile, TrafficFault> {
    let text = String::from_utf8_lossy(bytes);
    let (mut dates, mut any) = (BTreeSet::new(), false);
    for (at, line) in text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
    {
        let row: Value = serde_json::from_str(line).map_err(|_| TrafficFault::NotJson(at + 1))?;
        let url = ["url", "page", "landing_page"]
            .iter()
            .find_map(|key| row[*key].as_str());
        let url = url.ok_or(TrafficFault::NotJson(at + 1))?;
        let value = |key: &str| match &row[key] {
            Value::Number(value) => value.as_f64(),
            Value::String(text) => number(text),
            _ => None,
        };
        let date = ["data_date", "date"]
            .iter()
            .find_map(|key| row[*key].as_str());
        if let Some(Ok(date)) = date.map(str::parse::<Date>)
            && dates.len() < MOST_DAYS
        {
            dates.insert(date);
        }
        let visits = match column {
            Some(column) => Visits {
                clicks: value(column),
                ..Visits::default()
            },
            None => Visits {
                clicks: value("clicks"),
                impressions: value("impressions"),
                sessions: value("sessions"),
            },
        };
        any |= visits != Visits::default();
        each(url, Shape::of(url), visits);
    }
    match (any, column) {
        (true, _) => Ok(TrafficFile {
            days: u32::try_from(dates.len()).ok().filter(|days| *days > 0),
            columns: "JSON lines".to_owned(),
        }),
        (false, Some(column)) => Err(TrafficFault::NotNumbers(column.to_owned())),
        (false, None) => Err(TrafficFault::NoNumbers),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Found = Vec<(String, Visits)>;

    fn found(bytes: &[u8], column: Option<&str>) -> Result<(TrafficFile, Found), TrafficFault> {
        let mut rows = Vec::new();
        let file = read(bytes, column, &mut |url, _, visits| {
            rows.push((url.to_owned(), visits));
        })?;
        Ok((file, rows))
    }

    /// The pages, the sums of their clicks, impressions and sessions, and the days.
    fn check(file: &[u8], pages: usize, sums: [Option<f64>; 3], days: Option<u32>) {
        let (found, rows) = found(file, None).expect("visits");
        let mut all = Visits::default();
        for (_, visits) in &rows {
            all.add(*visits);
        }
        assert_eq!(rows.len(), pages, "{rows:?}");
        assert_eq!(
            [all.clicks, all.impressions, all.sessions],
            sums,
            "{rows:?}"
        );
        assert_eq!(found.days, days, "{found:?}");
    }

    macro_rules! fixture {
        ($name:literal) => {
            include_bytes!(concat!("../../fixtures/url-lists/", $name)).as_slice()
        };
    }

    #[test]
    fn exports_in_any_language_are_read() {
        let clicks = |clicks, impressions| [Some(clicks), Some(impressions), None];
        check(
            b"Top pages,Clicks,Impressions,CTR,Position\r\nhttps://a.test/,1234,20000,6.17%,1.2\r\n",
            1,
            clicks(1234.0, 20_000.0),
            None,
        );
        check(
            "\u{feff}H\u{e4}ufigste Seiten;Klicks;Impressionen;CTR;Position\r\nhttps://a.test/;1.234;20.000;6,17 %;1,2\r\n\
             https://a.test/b;7;1.000;0,7 %;12,5\r\n"
                .as_bytes(),
            2,
            clicks(1241.0, 21_000.0),
            None,
        );
        // Only their form shows the kinds of the columns.
        check(
            "\u{4e0a}\u{4f4d}\u{306e}\u{30da}\u{30fc}\u{30b8},\u{30af}\u{30ea}\u{30c3}\u{30af}\u{6570},\u{8868}\u{793a}\u{56de}\u{6570},CTR,\u{63b2}\u{8f09}\u{9806}\u{4f4d}\n\
             https://a.test/,12,300,4%,3\n"
                .as_bytes(),
            1,
            clicks(12.0, 300.0),
            None,
        );
        check(
            "Pages les plus populaires\tClics\tImpressions\tCTR\nhttps://a.test/\t1\u{202f}234\t20\u{a0}000\t6,17 %\n"
                .as_bytes(),
            1,
            clicks(1234.0, 20_000.0),
            None,
        );
        check(
            b"# ----\n# Pages\n# Start date: 20261101\n# End date: 20261128\n# ----\n\nLanding page,Sessions,Users\n\
              /,1200,900\n/shop/a?x=1,34,30\n(not set),5,5\n",
            2,
            [None, None, Some(1234.0)],
            Some(28),
        );
        check(
            b"Seite;Aufrufe\nhttps://a.test/;17\nhttps://a.test/x;3\n",
            2,
            [None, None, Some(20.0)],
            None,
        );
        check(
            b"data_date,url,query,impressions,clicks\n2026-11-01,https://a.test/,tea,10,1\n2026-11-02,https://a.test/,pot,20,2\n",
            2,
            clicks(3.0, 30.0),
            Some(2),
        );
        check(
            b"{\"data_date\":\"2026-11-01\",\"url\":\"https://a.test/\",\"impressions\":\"10\",\"clicks\":\"1\"}\n\
              {\"data_date\":\"2026-11-01\",\"url\":\"https://a.test/b\",\"impressions\":3,\"clicks\":0}\n",
            2,
            clicks(1.0, 13.0),
            Some(1),
        );
    }

    #[test]
    fn exports_of_others_are_read() {
        let clicks = |clicks, impressions| [Some(clicks), Some(impressions), None];
        let sessions = |sessions| [None, None, Some(sessions)];
        let cases = [
            (
                fixture!("search-console-performance.zip"),
                4,
                clicks(212.0, 4_697.0),
                Some(2),
            ),
            (
                fixture!("search-console-performance-de.zip"),
                3,
                clicks(15.0, 339.0),
                Some(1),
            ),
            (
                fixture!("search-console-pages-fr-excel.csv"),
                3,
                clicks(211.0, 4_677.0),
                None,
            ),
            (
                fixture!("search-console-pages-ja.csv"),
                2,
                clicks(14.0, 330.0),
                None,
            ),
            // A row without a page is left out.
            (fixture!("bing-pages.csv"), 3, clicks(92.0, 1_297.0), None),
            (
                fixture!("ga4-landing-pages.csv"),
                3,
                sessions(904.0),
                Some(28),
            ),
            (fixture!("ga4-full-urls.csv"), 3, sessions(631.0), Some(28)),
            (fixture!("ahrefs-top-pages.csv"), 2, sessions(200.0), None),
        ];
        for (file, pages, sums, days) in cases {
            check(file, pages, sums, days);
        }
    }

    #[test]
    fn a_workbook_of_search_console_is_read() {
        let mut book = rust_xlsxwriter::Workbook::new();
        let sheets = [
            ("Queries", "Top queries", vec![("tea", 30.0, 900.0)]),
            (
                "Pages",
                "Top pages",
                vec![
                    ("https://a.test/", 1234.0, 20_000.0),
                    ("https://a.test/b", 7.0, 1_000.0),
                ],
            ),
        ];
        for (name, first, rows) in sheets {
            let sheet = book.add_worksheet().set_name(name).expect("a sheet");
            for (at, head) in (0..).zip([first, "Clicks", "Impressions"]) {
                sheet.write(0, at, head).expect("written");
            }
            for (at, (page, clicks, impressions)) in (1..).zip(rows) {
                sheet.write(at, 0, page).expect("written");
                sheet.write(at, 1, clicks).expect("written");
                sheet.write(at, 2, impressions).expect("written");
            }
        }
        let bytes = book.save_to_buffer().expect("a file");
        check(&bytes, 2, [Some(1241.0), Some(21_000.0), None], None);
    }

    #[test]
    fn a_column_may_be_named() {
        let file = b"URL,Name,Orders,Revenue\nhttps://a.test/,x,3,\"1.234,50\"\n";
        let of = |column| found(file, Some(column)).map(|(_, rows)| rows[0].1.clicks);
        assert_eq!(of("orders"), Ok(Some(3.0)));
        assert_eq!(of("4"), Ok(Some(1234.5)));
        let fault = |column| of(column).expect_err("no numbers").to_string();
        assert_eq!(
            fault("Visits"),
            "no column \"Visits\"; its columns are URL, Name, Orders, Revenue"
        );
        assert!(fault("Name").starts_with("the column \"Name\" holds no numbers"));
    }

    #[test]
    fn what_has_no_visits_is_refused_with_advice() {
        let fault = |bytes: &[u8]| found(bytes, None).expect_err("no visits").to_string();
        let cases: [(&[u8], &str); 10] = [
            (
                b"",
                "an empty file; give one URL per line, or an export with a column of URLs",
            ),
            (b"Query,Clicks\nshoes,3\n", "no URL in it"),
            (
                b"URL,Last crawled\nhttps://a.test/,2026-11-02\n",
                "it has URLs and no column of numbers",
            ),
            (
                b"https://a.test/\nhttps://a.test/b\n",
                "it has URLs and no column of numbers",
            ),
            (b"%PDF-1.7", "a PDF; give the table as CSV"),
            (b"<html><body>Sign in</body></html>", "an HTML page"),
            (b"PK\x03\x04broken", "it cannot be unpacked"),
            (
                fixture!("broken/open-quote.csv"),
                "a quote that is not closed",
            ),
            (b"{\"url\":1}\n", "line 1: no JSON object with a URL"),
            (
                b"{\"url\":\"https://a.test/\"}\n",
                "it has URLs and no column of numbers",
            ),
        ];
        for (bytes, expected) in cases {
            let fault = fault(bytes);
            assert!(fault.contains(expected), "{fault}");
        }
        let index = fixture!("search-console-server-errors.zip");
        assert!(fault(index).starts_with("it has URLs and no column of numbers"));
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        let cases = [
            ("1234", Some(1234.0)),
            ("1,234", Some(1234.0)),
            ("1.234", Some(1234.0)),
            ("1.234.567", Some(1_234_567.0)),
            ("1,234.5", Some(1234.5)),
            ("1.234,5", Some(1234.5)),
            ("12,5", Some(12.5)),
            ("12.5", Some(12.5)),
            ("1'234", Some(1234.0)),
            ("6,17 %", Some(6.17)),
            ("-", None),
            ("", None),
            ("x", None),
            ("1d", None),
        ];
        for (text, expected) in cases {
            assert_eq!(number(text), expected, "{text}");
        }
    }
}
