//! robots.txt: reading one, and asking it about URLs.

use std::fmt::Write as _;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use gatecrawl::parse::robots::Robots;

use crate::samples::fixture;

/// The robots.txt of a shop, and one of a thousand rules.
const FILES: [&str; 2] = ["shop", "long"];

fn file(name: &str) -> Vec<u8> {
    if name == "shop" {
        return fixture("robots/shop.txt");
    }
    let mut text = String::from("User-agent: *\n");
    for rule in 0..1000 {
        writeln!(text, "Disallow: /section-{rule}/*/print$").expect("a string");
    }
    text.into_bytes()
}

#[divan::bench(args = FILES)]
fn read(bencher: Bencher, name: &str) {
    let file = file(name);
    bencher
        .counter(BytesCount::new(file.len()))
        .bench_local(|| Robots::parse(black_box(&file)));
}

#[divan::bench(args = FILES)]
fn ask(bencher: Bencher, name: &str) {
    let group = Robots::parse(&file(name)).group(&["gatecrawl"]);
    let paths: Vec<String> = (0..100)
        .map(|path| format!("/section-{path}/shoes/red-shoe-{path}.html?size=4{path}"))
        .collect();
    bencher
        .counter(ItemsCount::new(paths.len()))
        .bench_local(|| {
            for path in &paths {
                black_box(group.verdict(path));
            }
        });
}
