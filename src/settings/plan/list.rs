//! The URLs of `--url-list`: what is in the file, as start pages.

use std::io::BufRead;

use crate::model::{CrawlUrl, beginning};
use crate::parse::url_list::{self, Column, ListFault, Shape, Taken};
use crate::terminal::text::{count, number};

use super::logins::without_logins;
use crate::settings::args::value::{Seed, seed};
use crate::settings::failure::Failure;

/// Maximum URLs that are read from a list, because they are held in memory.
const MOST_LISTED: u64 = 10_000_000;

/// Maximum cells without a URL, and maximum tables that were not read, that a message shows; further ones are counted.
const SHOWN: usize = 3;

/// Maximum characters of a cell that a message shows.
const SHOWN_OF_CELL: usize = 60;

/// The messages about a list that was read.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    /// How many URLs were read, from which table and column; `None` for a plain list.
    pub(crate) taken: Option<String>,
    /// The cells that are not URLs, if there are any.
    pub(crate) left_out: Option<String>,
}

/// Reads a list. A line with a path alone, such as `/a`, is a URL of `site`.
pub(super) fn read(
    name: &str,
    file: impl BufRead,
    site: Option<&CrawlUrl>,
    add: &mut dyn FnMut(Seed),
) -> Result<Listed, Failure> {
    let fault = |what: &dyn std::fmt::Display| Failure::usage(format!("--url-list {name}{what}"));
    let mut urls = 0;
    let mut left_out = LeftOut::default();
    let mut path = None;
    let taken = url_list::read(file, &mut |line, text, shape| {
        let read = match (shape, site) {
            (Shape::Absolute | Shape::Host, _) => seed(text),
            (Shape::Path, Some(site)) => of_site(text, site),
            (Shape::Path, None) => {
                path.get_or_insert_with(|| format!(", line {line}: {}", shown(text)));
                Err(shown(text))
            }
            (Shape::Other, _) => Err(shown(text)),
        };
        match read {
            Ok(_) if urls == MOST_LISTED => left_out.beyond += 1,
            Ok(seed) => {
                urls += 1;
                add(seed);
            }
            Err(what) => left_out.add(line, &what),
        }
    });
    let taken = match taken {
        Ok(taken) => taken,
        Err(ListFault::NoUrl) => Taken::default(),
        Err(what) => return Err(fault(&format!(": {what}"))),
    };
    match path {
        Some(path) if urls == 0 => Err(fault(&format!(
            "{path} is a path without a site; name one site too, such as \
             `gatecrawl audit https://example.com --url-list {name}`"
        ))),
        _ if urls == 0 => Err(fault(&format!(
            ": {}: {}",
            ListFault::NoUrl,
            left_out.cells()
        ))),
        _ if left_out.beyond > 0 => Err(fault(&format!(
            ": {} more than {}; split the list",
            count(left_out.beyond, "URL"),
            number(MOST_LISTED)
        ))),
        _ => Ok(Listed {
            taken: place(&taken)
                .map(|from| format!("--url-list {name}: {} from {from}", count(urls, "URL"))),
            left_out: left_out.in_words(name),
        }),
    }
}

fn of_site(path: &str, site: &CrawlUrl) -> Result<Seed, String> {
    let url = site.join(path);
    url.map(|url| Seed { url, login: None })
        .map_err(|why| format!("{}: {why}", shown(path)))
}

/// Returns a cell as a message shows it.
fn shown(text: &str) -> String {
    if text.is_empty() {
        return "empty".to_owned();
    }
    format!("{:?}", beginning_of(text))
}

/// Returns in words where in the file the URLs were, and which other tables or columns were not read.
fn place(taken: &Taken) -> Option<String> {
    let part = taken.part.as_deref().map(beginning_of);
    let column = taken.column.as_ref().map(|column| match column {
        Column::Named(name) => format!("column {}", shown(name)),
        Column::Number(number) => format!("column {number}"),
    });
    let place: Vec<String> = [part, column].into_iter().flatten().collect();
    let place = (!place.is_empty()).then(|| place.join(", "))?;
    let others = taken.others.iter().take(SHOWN);
    let others: Vec<String> = others.map(|name| beginning_of(name)).collect();
    Some(match taken.others.len() - others.len() {
        0 if others.is_empty() => place,
        0 => format!("{place} (not read: {})", others.join(", ")),
        more => format!("{place} (not read: {} and {more} more)", others.join(", ")),
    })
}

/// Returns the beginning of a text, without logins.
fn beginning_of(text: &str) -> String {
    beginning(&without_logins(text), SHOWN_OF_CELL).to_owned()
}

/// The cells that are not URLs.
#[derive(Default)]
struct LeftOut {
    cells: u64,
    first: Vec<String>,
    /// Number of URLs beyond [`MOST_LISTED`].
    beyond: u64,
}

impl LeftOut {
    fn add(&mut self, line: u64, what: &str) {
        self.cells += 1;
        if self.first.len() < SHOWN {
            self.first.push(format!("line {line} {what}"));
        }
    }

    fn cells(&self) -> String {
        let first = self.first.join(", ");
        match self.cells - self.first.len() as u64 {
            0 => first,
            more => format!("{first} and {} more", number(more)),
        }
    }

    fn in_words(&self, name: &str) -> Option<String> {
        let what = match self.cells {
            0 => return None,
            1 => "1 cell is not a URL and was left out".to_owned(),
            cells => format!("{} cells are not URLs and were left out", number(cells)),
        };
        Some(format!("--url-list {name}: {what}: {}", self.cells()))
    }
}
