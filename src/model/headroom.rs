//! What a host bears: the load at which its failures begin, and the load that it was seen to take.

/// How hard a host was asked at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Load {
    /// Requests open at a time.
    pub open: u32,
    /// Requests begun per second.
    pub rate: f64,
}

/// What a host was seen to bear.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Headroom {
    /// The fewest open requests and the lowest rate at which failures began that were not seen to
    /// be the URL's own.
    pub failed: Option<Load>,
    /// The most open requests and the highest rate without a failure.
    pub clean: Load,
    /// URLs that failed at speed and were fine when asked again alone, at most once a second: the
    /// sign of failures that the crawl itself brings about.
    pub healed: u32,
}

impl Headroom {
    /// Takes notice of a failure at this load.
    pub fn failed_at(&mut self, load: Load) {
        let known = self.failed.unwrap_or(load);
        self.failed = Some(Load {
            open: known.open.min(load.open),
            rate: known.rate.min(load.rate),
        });
    }

    /// Takes notice that this load was borne.
    pub fn clean_at(&mut self, load: Load) {
        self.clean.open = self.clean.open.max(load.open);
        self.clean.rate = self.clean.rate.max(load.rate);
    }
}
