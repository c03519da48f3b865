//! Bytes to facts. Everything here is a pure function over what was received: no clock, no
//! socket, no file, and no input that makes it panic, run away or grow without bound. What a fact
//! means for the crawl is decided elsewhere.

mod retry_after;
pub mod robots;
pub mod sitemap;

pub use retry_after::{LONGEST_DELAY, RetryAfter, retry_after};
