//! `gatecrawl logs`.

mod calls;
mod crawl;
