//! From the bytes of a page to its facts and the URLs it links to.

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use gatecrawl::assess::diagnose::soft_error;
use gatecrawl::model::CrawlUrl;
use gatecrawl::parse::{Resolver, decode, page};

use crate::samples::pages;

const SITES: [&str; 3] = ["python", "postgresql", "java"];

fn bytes(pages: &[Vec<u8>]) -> BytesCount {
    BytesCount::new(pages.iter().map(Vec::len).sum::<usize>())
}

/// Bytes to text.
#[divan::bench(args = SITES)]
fn charset(bencher: Bencher, site: &str) {
    let pages = pages(site);
    bencher.counter(bytes(&pages)).bench_local(|| {
        for page in &pages {
            black_box(decode(page, Some("text/html")));
        }
    });
}

/// Text to facts and references.
#[divan::bench(args = SITES)]
fn html(bencher: Bencher, site: &str) {
    let pages = pages(site);
    let texts: Vec<_> = pages.iter().map(|it| decode(it, None).0).collect();
    bencher.counter(bytes(&pages)).bench_local(|| {
        for text in &texts {
            black_box(page(text));
        }
    });
}

/// Whether a page is an error page that says 200.
#[divan::bench(args = SITES)]
fn soft_errors(bencher: Bencher, site: &str) {
    let pages = pages(site);
    bencher.counter(bytes(&pages)).bench_local(|| {
        for page in &pages {
            black_box(soft_error(200, page));
        }
    });
}

/// References to URLs, with their fingerprints.
#[divan::bench(args = SITES)]
fn resolve(bencher: Bencher, site: &str) {
    let address = CrawlUrl::parse("https://docs.example/3.11/library/index.html").expect("a URL");
    let pages = pages(site);
    let texts: Vec<_> = pages.iter().map(|bytes| decode(bytes, None)).collect();
    let pages: Vec<_> = texts
        .iter()
        .map(|(text, encoding)| {
            let page = page(text);
            (
                Resolver::new(&address, page.base.as_deref(), encoding),
                page.references,
            )
        })
        .collect();
    let references: usize = pages.iter().map(|(_, references)| references.len()).sum();
    bencher
        .counter(ItemsCount::new(references))
        .bench_local(|| {
            for (resolver, references) in &pages {
                for reference in references {
                    let url = resolver.resolve(&reference.target);
                    black_box(url.map(|url| url.fingerprint()).ok());
                }
            }
        });
}
