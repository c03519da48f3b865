//! gatecrawl crawls a whole site politely, keeps every attempt at every URL and tells which pages
//! answer 5xx, how often, and why. The rooms and their floors are described in ARCHITECTURE.md.

pub mod assess;
pub mod audit;
pub mod check;
pub mod cli;
pub mod crawl;
pub mod demo;
pub mod fetch;
pub mod frontier;
pub mod machine;
pub mod measure;
pub mod model;
pub mod parse;
pub mod policy;
pub mod report;
pub mod schedule;
mod settings;
pub mod store;
mod terminal;
