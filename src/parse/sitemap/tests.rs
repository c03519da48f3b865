//! Tests with whole files, as found in the wild.

use std::fmt::Write;

use proptest::prelude::*;

use super::*;
use crate::model::CrawlUrl;

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!("../../../fixtures/sitemaps/", $name)).as_slice()
    };
}

fn all(bytes: &[u8]) -> (Vec<Entry>, Report) {
    let mut entries = Vec::new();
    let report = read(bytes, &mut |entry| entries.push(entry));
    (entries, report)
}

/// Returns the locations; kinds other than pages are marked by their letter.
fn locations(bytes: &[u8]) -> Vec<String> {
    let mark = |kind| match kind {
        Kind::Page => "",
        Kind::Sitemap => "S ",
        Kind::Resource => "R ",
        Kind::Alternate => "A ",
    };
    let (entries, _) = all(bytes);
    let marked = entries
        .iter()
        .map(|e| mark(e.kind).to_owned() + &e.location);
    marked.collect()
}

fn problems(bytes: &[u8]) -> Vec<(u64, ProblemKind)> {
    let (_, report) = all(bytes);
    report.problems.iter().map(|p| (p.line, p.kind)).collect()
}

const SHOP: [&str; 3] = [
    "https://shop.example/",
    "https://shop.example/shoes?page=2&sort=price",
    "https://shop.example/café",
];

#[test]
fn every_format_gives_its_urls() {
    let cases: [(&[u8], Format, &[&str]); 10] = [
        (fixture!("urlset.xml"), Format::UrlSet, &SHOP),
        (fixture!("urlset.xml.gz"), Format::UrlSet, &SHOP),
        (fixture!("two-members.xml.gz"), Format::UrlSet, &SHOP),
        (
            fixture!("index.xml"),
            Format::Index,
            &[
                "S https://shop.example/sitemap-products.xml.gz",
                "S https://shop.example/sitemap-pages.xml",
            ],
        ),
        (
            fixture!("prefixed.xml"),
            Format::UrlSet,
            &["R https://shop.example/a.jpg", "https://shop.example/a"],
        ),
        (
            fixture!("media.xml"),
            Format::UrlSet,
            &[
                "A https://shop.example/de/film?a=1&b=2",
                "A https://shop.example/fr/film",
                "R https://cdn.example/film.jpg",
                "R https://cdn.example/thumb.jpg",
                "R https://cdn.example/film.mp4",
                "R https://shop.example/player?film=1",
                "https://shop.example/en/film",
            ],
        ),
        (
            fixture!("cdata.xml"),
            Format::UrlSet,
            &["https://shop.example/a?x=1&y=2"],
        ),
        (
            fixture!("rss.xml"),
            Format::Rss,
            &[
                "https://blog.example/one",
                "https://blog.example/two",
                "https://blog.example/four",
            ],
        ),
        (
            fixture!("atom.xml"),
            Format::Atom,
            &["https://blog.example/one", "https://blog.example/two"],
        ),
        (
            fixture!("list.txt"),
            Format::Text,
            &[
                "https://shop.example/a",
                "https://shop.example/b?x=1&y=2",
                "https://shop.example/d",
            ],
        ),
    ];
    for (bytes, format, expected) in cases {
        assert_eq!(locations(bytes), expected);
        let (_, report) = all(bytes);
        assert_eq!(report.format, format);
        let counted = report.entries + report.resources + report.alternates;
        assert_eq!(counted, expected.len() as u64);
        if format != Format::Text {
            assert_eq!(report.problems, [], "{format:?}");
        }
    }
}

#[test]
fn entries_carry_their_line_and_date() {
    let (entries, _) = all(fixture!("urlset.xml"));
    let found: Vec<_> = entries
        .iter()
        .map(|e| (e.line, e.lastmod.as_deref()))
        .collect();
    let expected = [
        (4, Some("2026-11-01")),
        (9, None),
        (11, Some("2026-11-22T11:00:00+01:00")),
    ];
    assert_eq!(found, expected);
    let (entries, _) = all(fixture!("atom.xml"));
    assert_eq!(entries[0].lastmod.as_deref(), Some("2026-11-22T10:00:00Z"));
}

#[test]
fn problems_name_their_line() {
    type Found = &'static [(u64, ProblemKind)];
    use ProblemKind as K;
    let cases: [(&[u8], Found); 12] = [
        (fixture!("broken.xml"), &[(5, K::Broken)]),
        (
            fixture!("faulty.xml"),
            &[
                (2, K::Doctype),
                (4, K::RelativeLocation),
                (5, K::MissingLocation),
                (6, K::BareAmpersand),
                (7, K::BadDate),
                (8, K::UnknownEntity),
                (8, K::RelativeLocation),
                (9, K::RelativeLocation),
                (10, K::MissingLocation),
            ],
        ),
        (fixture!("list.txt"), &[(4, K::RelativeLocation)]),
        (fixture!("error-page.html"), &[(1, K::Html)]),
        (b"\n<HTML><body/></HTML>", &[(2, K::Html)]),
        (fixture!("wrong-root.xml"), &[(2, K::WrongRoot)]),
        (b"", &[(1, K::Empty)]),
        (b" \n ", &[(1, K::Empty)]),
        (b"<urlset/>", &[(1, K::Empty)]),
        (b"<urlset>\n<url>", &[(2, K::Broken)]),
        (b"<urlset/>\n<urlset/>", &[(2, K::Broken)]),
        (b"\x1F\x8Bnot gzip at all", &[(1, K::BadGzip)]),
    ];
    for (bytes, expected) in cases {
        let text = String::from_utf8_lossy(bytes);
        assert_eq!(problems(bytes), expected, "{text}");
    }
}

#[test]
fn entries_before_a_break_are_kept() {
    let found = locations(fixture!("broken.xml"));
    let expected = [1, 2, 3].map(|n| format!("https://shop.example/{n}"));
    assert_eq!(found, expected);
    assert_eq!(
        locations(b"<urlset><url><loc>https://h/1</loc><lastm"),
        ["https://h/1"]
    );
    // A location without its end tag may be incomplete.
    assert_eq!(
        locations(b"<urlset><url><loc>https://h/1"),
        Vec::<String>::new()
    );
}

#[test]
fn compressed_data_cut_short_gives_what_came_before() {
    let whole = fixture!("urlset.xml.gz");
    let (_, report) = all(&whole[..whole.len() - 12]);
    assert!(
        report
            .problems
            .iter()
            .any(|p| p.kind == ProblemKind::BadGzip)
    );
    assert!(
        !report
            .problems
            .iter()
            .any(|p| p.kind == ProblemKind::Broken)
    );
}

#[test]
fn entities_are_never_expanded() {
    assert_eq!(
        locations(fixture!("bomb.xml")),
        ["https://shop.example/&c;"]
    );
}

#[test]
fn utf_16_is_read() {
    let text = "<urlset><url><loc>https://h/é</loc></url></urlset>";
    let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
    let bytes: Vec<u8> = units.flat_map(u16::to_le_bytes).collect();
    assert_eq!(locations(&bytes), ["https://h/é"]);
}

#[test]
fn invalid_bytes_are_reported_once() {
    let bytes = b"<urlset>\n<url><loc>https://h/\xE9</loc></url>\n\xFF</urlset>";
    assert_eq!(problems(bytes), [(2, ProblemKind::BadText)]);
    assert_eq!(locations(bytes), ["https://h/\u{FFFD}"]);
}

#[test]
fn entries_beyond_the_limit_are_only_counted() {
    let mut text = String::new();
    for n in 0..ENTRY_LIMIT + 7 {
        let _ = writeln!(text, "https://h/{n}");
    }
    let (entries, report) = all(text.as_bytes());
    assert_eq!(entries.len() as u64, ENTRY_LIMIT);
    assert_eq!(report.entries, ENTRY_LIMIT + 7);
    assert_eq!(report.problem_count, 1);
    let problem = &report.problems[0];
    assert_eq!(problem.kind, ProblemKind::TooManyEntries);
    assert_eq!(problem.detail, "7 more pages or sitemaps");
    assert!(!report.truncated);
}

#[test]
fn each_kind_of_entry_has_its_own_limit() {
    let image = "<image:image><image:loc>https://h/i</image:loc></image:image>";
    let images = image.repeat(ENTRY_LIMIT as usize + 2);
    let text = format!("<urlset><url>{images}<loc>https://h/</loc></url></urlset>");
    let (entries, report) = all(text.as_bytes());
    assert_eq!(entries.len() as u64, ENTRY_LIMIT + 1);
    assert_eq!((report.entries, report.resources), (1, ENTRY_LIMIT + 2));
    assert_eq!(report.problems[0].detail, "2 more images or videos");
}

#[test]
fn data_beyond_the_size_limit_is_not_read() {
    let filler = usize::try_from(SIZE_LIMIT).expect("64 bits") / 1000 + 1;
    let comment = format!("<!--{}-->\n", " ".repeat(992));
    let text = "<urlset><url><loc>https://h/1</loc></url>".to_owned()
        + &comment.repeat(filler)
        + "<url><loc>https://h/2</loc></url></urlset>";
    let (entries, report) = all(text.as_bytes());
    assert_eq!(entries.len(), 1);
    assert!(report.truncated);
    let kinds: Vec<_> = report.problems.iter().map(|p| p.kind).collect();
    assert_eq!(kinds, [ProblemKind::TooLarge]);
}

#[test]
fn long_locations_are_reported() {
    let of = |length: usize| "https://h/".to_owned() + &"x".repeat(length - 10);
    let file = |location: &str| format!("<urlset><url><loc>{location}</loc></url></urlset>");
    let (entries, report) = all(file(&of(2047)).as_bytes());
    assert_eq!((entries.len(), report.problem_count), (1, 0));
    let (entries, report) = all(file(&of(2048)).as_bytes());
    assert_eq!((entries.len(), report.problem_count), (1, 1));
    // Too long to be kept as a whole.
    let (entries, report) = all(file(&of(20_000)).as_bytes());
    assert_eq!((entries.len(), report.problem_count), (0, 1));
    let (entries, report) = all(of(20_000).as_bytes());
    assert_eq!((entries.len(), report.problem_count), (0, 1));
    // White space around it does not count.
    let padded = format!("{}{}{0}", " ".repeat(20_000), of(30));
    let (entries, report) = all(file(&padded).as_bytes());
    assert_eq!((entries.len(), report.problem_count), (1, 0));
}

#[test]
fn endless_markup_and_nesting_end_the_file() {
    let long = format!("<urlset><url a='{}'/></urlset>", "x".repeat(2 << 20));
    assert_eq!(problems(long.as_bytes()), [(1, ProblemKind::Broken)]);
    let deep = "<urlset>".to_owned() + &"<a>".repeat(100_000);
    assert_eq!(problems(deep.as_bytes()), [(1, ProblemKind::Broken)]);
    let wide = format!(
        "<urlset><url {}><loc>https://h/1</loc></url></urlset>",
        "a='' ".repeat(100_000)
    );
    assert_eq!(locations(wide.as_bytes()), ["https://h/1"]);
}

#[test]
fn problems_are_listed_up_to_a_limit_and_counted_beyond() {
    let text = "<urlset>".to_owned() + &"<url/>".repeat(1000) + "</urlset>";
    let (_, report) = all(text.as_bytes());
    assert_eq!(report.problems.len(), PROBLEM_LIMIT);
    assert_eq!(report.problem_count, 1000);
}

#[test]
fn a_sitemap_may_list_pages_of_its_own_host() {
    let url = |text| CrawlUrl::parse(text).expect("valid");
    let sitemap = url("https://h.example/maps/sitemap.xml");
    let cases = [
        ("https://h.example/a", true),
        ("https://h.example:443/a", true),
        ("http://h.example/a", false),
        ("https://www.h.example/a", false),
        ("https://h.example:8443/a", false),
    ];
    for (page, expected) in cases {
        assert_eq!(belongs(&sitemap, &url(page)), expected, "{page}");
    }
}

proptest! {
    #[test]
    fn any_bytes_end_in_a_report(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = all(&bytes);
        let _ = all(&[b"<?xml version='1.0'?><urlset><url><loc>".as_slice(), &bytes].concat());
        let _ = all(&[b"\x1F\x8B\x08\0\0\0\0\0\0\x03".as_slice(), &bytes].concat());
    }

    #[test]
    fn any_arrangement_of_tags_ends_in_a_report(
        pieces in proptest::collection::vec(
            prop_oneof![
                Just("<urlset>"), Just("</urlset>"), Just("<url>"), Just("</url>"), Just("<loc>"),
                Just("</loc>"), Just("https://h/"), Just("&amp;"), Just("&#0;"), Just("&x"),
                Just(";"), Just("<![CDATA["), Just("]]>"), Just("<!--"), Just("-->"), Just("<?"),
                Just("<rss><channel><item>"), Just("<link href='"), Just("'/>"), Just("<"),
                Just(">"), Just("<!DOCTYPE"), Just("\u{e9}"), Just("\n"),
            ],
            0..40,
        ),
    ) {
        let (entries, report) = all(pieces.concat().as_bytes());
        let counted = report.entries + report.resources + report.alternates;
        prop_assert_eq!(counted, entries.len() as u64);
        prop_assert!(report.problem_count >= report.problems.len() as u64);
    }
}

#[test]
fn alternates_do_not_count_as_entries() {
    let mut text = String::from(
        "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' xmlns:xhtml='http://www.w3.org/1999/xhtml'>",
    );
    for n in 0..10_000 {
        let _ = write!(text, "<url><loc>https://h/{n}</loc>");
        for language in ["de", "en", "es", "fr", "it", "pl"] {
            let _ = write!(
                text,
                "<xhtml:link rel='alternate' hreflang='{language}' href='https://h/{language}/{n}'/>"
            );
        }
        text.push_str("</url>");
    }
    text.push_str("</urlset>");
    let (entries, report) = all(text.as_bytes());
    assert_eq!(entries.len(), 70_000);
    assert_eq!((report.entries, report.alternates), (10_000, 60_000));
    assert_eq!(report.problem_count, 0, "{:?}", report.problems);
}
