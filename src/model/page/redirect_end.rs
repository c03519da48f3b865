//! The end of a chain of redirects.

/// The end of a chain of redirects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectEnd {
    /// At an answer.
    Final,
    /// In a loop.
    Loop,
    /// At a URL that was not fetched.
    NotFetched,
    /// After the maximum number of redirects.
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

    /// Returns the name in the `Ending` column.
    pub const fn name(self) -> &'static str {
        match self {
            RedirectEnd::Final => "final",
            RedirectEnd::Loop => "loop",
            RedirectEnd::NotFetched => "not_fetched",
            RedirectEnd::TooMany => "too_many",
        }
    }

    /// Returns the end with this name.
    pub fn from_name(name: &str) -> Option<RedirectEnd> {
        RedirectEnd::ALL.into_iter().find(|end| end.name() == name)
    }
}
