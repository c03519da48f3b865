//! gatecrawl crawls a whole site politely, keeps every attempt at every URL and reports which pages answer 5xx, how
//! often, and why. ARCHITECTURE.md describes the rooms and their floors.

pub mod assess;
pub mod audit;
pub mod check;
pub mod cli;
pub mod crawl;
pub mod demo;
pub mod fetch;
pub mod frontier;
pub mod logs;
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
