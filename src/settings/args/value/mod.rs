//! Values parsed from the texts that people write. Pure.

mod age;
mod confirm;
mod duration;
mod place;
mod sample;
mod seed;
mod server;
mod size;

pub(crate) use age::age;
pub(crate) use confirm::Schedule;
pub(crate) use duration::{duration, positive_duration};
pub(crate) use place::place;
pub(crate) use sample::sample;
pub(crate) use seed::{Login, Seed, crawl_url, host, seed};
pub(crate) use server::ServerName;
pub(crate) use size::size;
