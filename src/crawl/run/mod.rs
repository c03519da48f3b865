//! One crawl from its parts to its end, and what surrounds it: clock, events, limits of the disk, the ways to stop.

pub(super) mod clock;
pub(super) mod crawl;
pub(super) mod disk;
pub(super) mod event;
pub(super) mod parts;
pub(super) mod single;
pub(super) mod site;
pub(super) mod stop;
