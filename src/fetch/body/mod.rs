//! Bodies: read under caps, decoded, and kept while in flight.

pub(super) mod budget;
mod codings;
mod decode;
pub(super) mod read;
mod sink;
