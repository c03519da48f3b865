use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::layout::Layout;
use super::text::{opening, text};
use super::{Column, ListFault, Shape, Taken, read};
use crate::parse::sitemap::Source;

macro_rules! fixture {
    ($name:expr) => {
        include_bytes!(concat!("../../../fixtures/url-lists/", $name)).as_slice()
    };
}

/// The lines and texts of the URLs of a file, and of what is none.
#[derive(Debug, Default)]
struct Found {
    urls: Vec<(u64, String)>,
    others: Vec<(u64, String)>,
}

fn found(file: &[u8]) -> Result<(Taken, Found), ListFault> {
    let mut found = Found::default();
    let taken = read(file, &mut |line, text, shape| {
        let cells = match shape {
            Shape::Other => &mut found.others,
            _ => &mut found.urls,
        };
        cells.push((line, text.to_owned()));
    })?;
    Ok((taken, found))
}

/// Checks what is found: `PART, COLUMN (OTHERS)`, the number of URLs, the last of them, and the rest.
fn check(file: &[u8], place: &str, urls: usize, last: (u64, &str), others: &[(u64, &str)]) {
    let (taken, found) = found(file).expect(place);
    let column = taken.column.map(|column| match column {
        Column::Named(name) => format!("column {name:?}"),
        Column::Number(number) => format!("column {number}"),
    });
    let parts = [taken.part, column].into_iter().flatten();
    let mut said = parts.collect::<Vec<_>>().join(", ");
    if !taken.others.is_empty() {
        said = format!("{said} ({})", taken.others.join(", "));
    }
    assert_eq!(said, place);
    assert_eq!(found.urls.len(), urls, "{place}: {found:?}");
    let (line, text) = found.urls.last().expect("a URL");
    assert_eq!((*line, &**text), last, "{place}");
    let rest: Vec<_> = found
        .others
        .iter()
        .map(|(line, text)| (*line, &**text))
        .collect();
    assert_eq!(rest, others, "{place}");
}

#[test]
fn plain_lists_are_read() {
    let mail = [(6, "mailto:team@shop.example")];
    check(fixture!("list.txt"), "", 5, (8, "http://b.example/"), &mail);
    let last = (3, "https://shop.example/c;x,5,6");
    check(fixture!("list-with-commas.txt"), "", 3, last, &[]);
    let last = (4, "https://shop.example/b?x=1,2");
    check(fixture!("one-column.csv"), "column \"URL\"", 3, last, &[]);
    let last = (3, "https://shop.example/a");
    check(
        fixture!("one-column-header.txt"),
        "column \"Adresse\"",
        2,
        last,
        &[],
    );
}

#[test]
fn exports_of_search_console_are_read_in_any_language() {
    check(
        fixture!("search-console-performance.zip"),
        "Pages.csv, column \"Top pages\"",
        4,
        (5, "https://shop.example/sale#top"),
        &[],
    );
    check(
        fixture!("search-console-performance-de.zip"),
        "Seiten.csv, column \"Die häufigsten Seiten\"",
        3,
        (4, "https://shop.example/"),
        &[],
    );
    check(
        fixture!("search-console-server-errors.zip"),
        "Table.csv, column \"URL\"",
        5,
        (6, "https://shop.example/e"),
        &[],
    );
    check(
        fixture!("search-console-pages-fr-excel.csv"),
        "column \"Pages les plus populaires\"",
        3,
        (4, "https://shop.example/soldes"),
        &[],
    );
    check(
        fixture!("search-console-pages-ja.csv"),
        "column \"上位のページ\"",
        2,
        (3, "https://shop.example/靴"),
        &[],
    );
}

#[test]
fn exports_of_crawlers_are_read() {
    let address = "column \"Address\"";
    let last = (6, "https://shop.example/my file.pdf");
    check(
        fixture!("screaming-frog-internal.csv"),
        address,
        4,
        last,
        &[],
    );
    check(
        fixture!("screaming-frog-internal.csv.gz"),
        address,
        4,
        last,
        &[],
    );
    let last = (4, "https://shop.example/a");
    check(fixture!("screaming-frog-titled.csv"), address, 2, last, &[]);
    check(
        fixture!("screaming-frog-de.csv"),
        "column \"Adresse\"",
        3,
        (4, "https://shop.example/kontakt"),
        &[],
    );
    check(
        fixture!("screaming-frog-inlinks.csv"),
        "column \"Source\"",
        2,
        (3, "https://shop.example/b"),
        &[],
    );
    let last = (5, "https://shop.example/c");
    check(
        fixture!("sitebulb-urls.csv"),
        "column \"URL\"",
        4,
        last,
        &[],
    );
    let last = (3, "https://shop.example/a");
    check(
        fixture!("ahrefs-top-pages.csv"),
        "column \"URL\"",
        2,
        last,
        &[],
    );
    check(
        fixture!("bing-pages.csv"),
        "column \"Page\"",
        3,
        (5, "https://shop.example/b"),
        &[(4, "n/a")],
    );
}

#[test]
fn what_excel_saves_is_read() {
    let last = (4, "https://shop.example/b");
    check(
        fixture!("excel-unicode-text.txt"),
        "column \"Seite\"",
        3,
        last,
        &[],
    );
    check(
        fixture!("excel-windows-1252.csv"),
        "column \"Adresse\"",
        3,
        last,
        &[],
    );
    let last = (3, "https://shop.example/a");
    check(
        fixture!("excel-utf-16-be.txt"),
        "column \"URL\"",
        2,
        last,
        &[],
    );
    let last = (4, "https://shop.example/a");
    check(
        fixture!("excel-sep.csv"),
        "column \"Address\"",
        2,
        last,
        &[],
    );
    check(
        fixture!("screaming-frog.xlsx"),
        "sheet Internal, column \"Address\" (External)",
        4,
        (7, "https://shop.example/rich"),
        &[(8, "")],
    );
}

#[test]
fn exports_of_google_analytics_are_read() {
    check(
        fixture!("ga4-landing-pages.csv"),
        "column \"Landing page\"",
        3,
        (15, "/shop/b?x=1"),
        &[(11, "1234"), (14, "(not set)")],
    );
    check(
        fixture!("ga4-full-urls.csv"),
        "column \"Full page URL\"",
        3,
        (14, "www.shop.example/d"),
        &[(13, "(other)")],
    );
    let (taken, found) = found(fixture!("ga4-two-tables-es.csv")).expect("a list");
    let column = Column::Named("Página de destino".to_owned());
    assert_eq!(taken.column, Some(column));
    let urls: Vec<_> = found.urls.iter().map(|(_, text)| &**text).collect();
    assert_eq!(urls, ["/tienda/a", "/tienda/b"]);
    // The days of the chart above, with their header, and what has no page.
    assert_eq!(found.others.len(), 1 + 28 + 1);
}

#[test]
fn sitemaps_are_lists() {
    let last = (5, "https://shop.example/b?x=1&y=2");
    let relative = [(6, "/relative")];
    check(fixture!("sitemap.xml"), "a sitemap", 3, last, &relative);
    check(fixture!("sitemap.xml.gz"), "a sitemap", 3, last, &relative);
}

#[test]
fn each_malformed_file_is_refused_with_advice() {
    let advice = "give one URL per line, or an export with a column of URLs";
    let cases = [
        (fixture!("broken/empty.csv"), format!("an empty file; {advice}")),
        (fixture!("broken/comments.txt"), format!("an empty file; {advice}")),
        (
            fixture!("broken/queries.csv"),
            format!("no URL in it; {advice}"),
        ),
        (
            fixture!("broken/pages.json"),
            format!("no URL in it; {advice}"),
        ),
        (
            fixture!("broken/picture.png"),
            "a binary file; save its table as CSV".to_owned(),
        ),
        (
            fixture!("broken/old.xls"),
            "an old or locked Excel file; save the sheet as CSV, or as .xlsx without a password"
                .to_owned(),
        ),
        (
            fixture!("broken/report.pdf"),
            "a PDF; give the table as CSV".to_owned(),
        ),
        (
            fixture!("broken/open-quote.csv"),
            "line 3: a quote that is not closed, or a row of over 1 MiB; save the file as CSV again"
                .to_owned(),
        ),
        (
            fixture!("broken/locked.zip"),
            "a zip file with a password; unpack it first".to_owned(),
        ),
        (
            fixture!("broken/queries.zip"),
            "no table with URLs in it, only Queries.csv, Devices.csv; export one that lists pages"
                .to_owned(),
        ),
        (
            fixture!("broken/no-urls.xlsx"),
            "no table with URLs in it, only Keywords; export one that lists pages".to_owned(),
        ),
        (
            fixture!("broken/sheet.ods"),
            "a spreadsheet of a kind that is not read; save the sheet as CSV or .xlsx".to_owned(),
        ),
        (
            fixture!("broken/index.xml"),
            "an index, which lists sitemaps and no pages; give one of these, or audit the site with --sitemap"
                .to_owned(),
        ),
        (
            fixture!("broken/page.html"),
            "an HTML page; give the list or the sitemap itself".to_owned(),
        ),
    ];
    for (file, expected) in cases {
        let fault = found(file).expect_err(&expected);
        assert_eq!(fault.to_string(), expected);
    }
    for file in [
        fixture!("broken/truncated.zip"),
        fixture!("broken/truncated.gz"),
        fixture!("broken/damaged.zip"),
    ] {
        let fault = found(file).expect_err("broken").to_string();
        assert!(fault.starts_with("it cannot be unpacked ("), "{fault}");
        assert!(fault.ends_with("); download or pack it again"), "{fault}");
    }
    let fault = found(fixture!("broken/cut.xml"))
        .expect_err("cut")
        .to_string();
    assert!(
        fault.starts_with("no sitemap with pages: line 1: broken XML"),
        "{fault}"
    );
}

#[test]
fn a_header_is_never_handed_out() {
    for header in ["URL", "Address", "Page", "Seite", "Top pages"] {
        for separator in [",", ";", "\t"] {
            for cells in ["https://a.example/x", "a.example/x", "/x"] {
                let row = format!("{cells}{separator}3");
                let list = format!("{header}{separator}n\n{row}\n{row}\n");
                let (_, found) = found(list.as_bytes()).expect("a list");
                let expected = [(2, cells.to_owned()), (3, cells.to_owned())];
                assert_eq!(found.urls, expected, "{list}");
                assert!(found.others.is_empty(), "{list}: {found:?}");
            }
        }
    }
}

#[test]
fn a_zip_file_of_many_files_is_refused() {
    let mut bytes = fixture!("search-console-performance.zip").to_vec();
    let end = memchr::memmem::rfind(&bytes, b"PK\x05\x06").expect("an end");
    bytes[end + 10..end + 12].copy_from_slice(&1_001_u16.to_le_bytes());
    let fault = found(&bytes).expect_err("too many").to_string();
    let expected = "a zip file of over 1,000 files; give the one with the URLs";
    assert_eq!(fault, expected);
}

#[test]
fn a_bomb_ends_at_the_limit() {
    let list = b"https://a.example/\n".repeat(100_000);
    let mut source = Source::of(Box::new(list.as_slice()), 1_000_000);
    let head = opening(&mut source);
    let layout = Layout::of_text(&head);
    let mut urls = 0;
    let fault = text(&head, &mut source, &layout, ListFault::Broken, &mut |_| {
        urls += 1;
    });
    assert!(matches!(fault, Err(ListFault::TooLarge(_))), "{fault:?}");
    assert_eq!(urls, 1_000_000_usize.div_ceil(19));
    // Zeros are what compresses best, and no text.
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed
        .write_all(&vec![0; 10_000_000])
        .expect("memory has room");
    let bomb = packed.finish().expect("memory has room");
    let fault = found(&bomb).expect_err("zeros").to_string();
    assert_eq!(fault, "a binary file; save its table as CSV");
}
