//! Sitemaps: a full one of 50,000 URLs, plain and compressed.

use std::fmt::Write as _;
use std::io::Write as _;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use flate2::Compression;
use flate2::write::GzEncoder;
use gatecrawl::parse::sitemap;

const URLS: usize = 50_000;

fn urls() -> Vec<u8> {
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n",
    );
    for url in 0..URLS {
        writeln!(
            text,
            "<url><loc>https://shop.example/shoes/red-shoe-{url}.html</loc>\
             <lastmod>2026-03-0{}</lastmod><changefreq>daily</changefreq></url>",
            url % 9 + 1
        )
        .expect("a string");
    }
    text.push_str("</urlset>\n");
    text.into_bytes()
}

fn count(bytes: &[u8]) -> usize {
    let mut count = 0;
    sitemap::read(bytes, &mut |entry| {
        black_box(&entry);
        count += 1;
    });
    assert_eq!(count, URLS);
    count
}

#[divan::bench(sample_count = 20)]
fn plain(bencher: Bencher) {
    let file = urls();
    bencher
        .counter(ItemsCount::new(URLS))
        .bench_local(|| count(black_box(&file)));
}

#[divan::bench(sample_count = 20)]
fn compressed(bencher: Bencher) {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(&urls()).expect("memory");
    let file = gzip.finish().expect("memory");
    bencher
        .counter(ItemsCount::new(URLS))
        .bench_local(|| count(black_box(&file)));
}
