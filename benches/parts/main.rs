//! What the parts of a crawl cost, one at a time, over real pages: `cargo bench`.

mod export;
mod frontier;
mod parse;
mod robots;
mod samples;
mod sitemap;
mod store;

fn main() {
    divan::main();
}
