//! What a crawl knows, and what follows from it: which URL is next, what an answer means for its host, what is confirmed.
//! Nothing here waits, requests or writes: a decision is a list of effects, which the dispatcher carries out.

mod crawl;
mod disk;
mod effect;
mod experiment;
mod experiments;
mod hosts;
mod intake;
mod lease;
mod network;
mod passes;
mod resume;
mod returned;
#[cfg(test)]
mod tests;

pub(super) use crawl::State;
pub(super) use disk::Disk;
pub(super) use effect::{Effect, Effects};
pub use hosts::first_pace;
pub(super) use intake::levels::HeldBack;
pub(super) use lease::Due;
pub(super) use returned::Returned;
