//! Experiments on URLs that still fail after the passes.

mod conduct;
pub(super) mod experiments;
pub(super) mod series;
