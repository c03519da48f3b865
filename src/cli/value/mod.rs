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

pub(super) use age::age;
pub(super) use confirm::Schedule;
pub(super) use duration::{duration, positive_duration};
pub(super) use place::place;
pub(super) use sample::sample;
pub(super) use secret::Secret;
pub(super) use seed::{Login, Seed, crawl_url, host, seed};
pub(super) use server::ServerName;
pub(super) use size::size;
