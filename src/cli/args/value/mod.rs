//! Texts that people write, as values. Pure.

mod age;
mod confirm;
mod duration;
mod place;
mod sample;
mod secret;
mod seed;
mod server;
mod size;

pub(in crate::cli) use age::age;
pub(in crate::cli) use confirm::Schedule;
pub(in crate::cli) use duration::{duration, positive_duration};
pub(in crate::cli) use place::place;
pub(in crate::cli) use sample::sample;
pub(in crate::cli) use secret::Secret;
pub(in crate::cli) use seed::{Login, Seed, crawl_url, host, seed};
pub(in crate::cli) use server::ServerName;
pub(in crate::cli) use size::size;
