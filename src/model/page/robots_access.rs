//! What a host's robots.txt allows.

/// What a host's robots.txt allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RobotsAccess {
    /// There is one: its rules hold.
    Rules,
    /// There is none: everything may be fetched.
    AllowAll,
    /// It could not be read: nothing may be fetched.
    Unreachable,
}

impl RobotsAccess {
    /// Every access.
    pub const ALL: [RobotsAccess; 3] = [
        RobotsAccess::Rules,
        RobotsAccess::AllowAll,
        RobotsAccess::Unreachable,
    ];

    /// The name in the `Access` column.
    pub const fn name(self) -> &'static str {
        match self {
            RobotsAccess::Rules => "rules",
            RobotsAccess::AllowAll => "allow_all",
            RobotsAccess::Unreachable => "unreachable",
        }
    }

    /// The access of that name.
    pub fn from_name(name: &str) -> Option<RobotsAccess> {
        RobotsAccess::ALL
            .into_iter()
            .find(|access| access.name() == name)
    }
}
