//! The access that a host's robots.txt allows.

/// The access that a host's robots.txt allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RobotsAccess {
    /// There is a file: its rules apply.
    Rules,
    /// There is no file: everything may be fetched.
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

    /// Returns the name in the `Access` column.
    pub const fn name(self) -> &'static str {
        match self {
            RobotsAccess::Rules => "rules",
            RobotsAccess::AllowAll => "allow_all",
            RobotsAccess::Unreachable => "unreachable",
        }
    }

    /// Returns the access with this name.
    pub fn from_name(name: &str) -> Option<RobotsAccess> {
        RobotsAccess::ALL
            .into_iter()
            .find(|access| access.name() == name)
    }
}
