//! Experiments on URLs that still fail after the passes.

pub(super) mod conduct;
pub(super) mod experiments;
