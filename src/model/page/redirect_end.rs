//! How a chain of redirects ends.

/// How a chain of redirects ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectEnd {
    /// At an answer.
    Final,
    /// In a loop.
    Loop,
    /// At a URL that was not fetched.
    NotFetched,
    /// After more redirects than are followed.
    TooMany,
}

impl RedirectEnd {
    /// Every end.
    pub const ALL: [RedirectEnd; 4] = [
        RedirectEnd::Final,
        RedirectEnd::Loop,
        RedirectEnd::NotFetched,
        RedirectEnd::TooMany,
    ];

    /// The name in the `Ending` column.
    pub const fn name(self) -> &'static str {
        match self {
            RedirectEnd::Final => "final",
            RedirectEnd::Loop => "loop",
            RedirectEnd::NotFetched => "not_fetched",
            RedirectEnd::TooMany => "too_many",
        }
    }

    /// The end of that name.
    pub fn from_name(name: &str) -> Option<RedirectEnd> {
        RedirectEnd::ALL.into_iter().find(|end| end.name() == name)
    }
}
