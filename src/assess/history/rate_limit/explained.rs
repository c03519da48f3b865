//! A limit that was tried, and how well it explains what was refused.

/// A limit, and the number of answers that it does not explain.
#[derive(Clone, Copy, Debug)]
pub(super) struct Explained {
    pub(super) wrong: u64,
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) burst: u32,
    /// Distance from one whole token within which a bucket may do either.
    pub(super) unsure: f64,
    /// Its window, if it counts by window.
    pub(super) window: Option<Window>,
}

impl Explained {
    /// Returns its token bucket.
    pub(super) fn bucket(&self) -> Bucket {
        Bucket {
            rate: self.low,
            burst: self.burst,
            unsure: self.unsure,
        }
    }
}

/// A token bucket, which is full at the beginning.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    /// Tokens that it gets per second.
    pub(super) rate: f64,
    /// Tokens that it holds.
    pub(super) burst: u32,
    /// Distance from one whole token within which it may let a request through or refuse it.
    pub(super) unsure: f64,
}

/// A window of time in which requests are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Window {
    /// Windows of this length, one after the other, of which one begins at this time; in milliseconds.
    Fixed { length: i64, phase: i64 },
    /// The time before each request, of this length in milliseconds.
    Sliding { length: i64 },
}

impl Window {
    /// Returns its length in milliseconds.
    pub(super) const fn length(self) -> i64 {
        match self {
            Window::Fixed { length, .. } | Window::Sliding { length } => length,
        }
    }
}
