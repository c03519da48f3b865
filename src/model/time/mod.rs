//! A moment, and the time zone that people read it in.

pub(in crate::model) mod moment;
pub(in crate::model) mod zone;
