//! The role of a URL in the crawl, and why it may not be fetched.

use serde::{Deserialize, Serialize};

/// The role of a URL in the crawl.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Role {
    /// A host's robots.txt: settled before anything else of that host is requested.
    Robots = 1,
    /// A sitemap or sitemap index.
    Sitemap = 2,
    /// A page of the site.
    Page = 3,
    /// An image, script, style or other part of pages of the site.
    Resource = 4,
    /// The target of a link to another site: its status is checked, it is never crawled.
    External = 5,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 5] = [
        Role::Robots,
        Role::Sitemap,
        Role::Page,
        Role::Resource,
        Role::External,
    ];

    /// Returns the stored number.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// Returns the role with a stored number.
    pub fn from_code(code: u8) -> Option<Role> {
        Role::ALL.get(usize::from(code).checked_sub(1)?).copied()
    }

    /// Returns the name in the `Scope` column.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Robots => "robots",
            Role::Sitemap => "sitemap",
            Role::Page => "page",
            Role::Resource => "resource",
            Role::External => "external",
        }
    }

    /// Returns the role with this name.
    pub fn from_name(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// Why a known URL was not fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum SkipReason {
    /// robots.txt forbids it, or could not be read.
    Robots = 1,
    /// Only nofollow links lead to it.
    Nofollow = 2,
    /// Outside the scope of the crawl.
    Scope = 3,
    /// More clicks away than allowed.
    Depth = 4,
    /// Found after the allowed number of pages.
    MaxPages = 5,
    /// Its host stopped answering.
    HostDown = 6,
    /// Looks like one of an endless number of URLs.
    Trap = 7,
    /// Not a URL.
    Invalid = 8,
    /// On a host beyond the allowed number of hosts.
    MaxHosts = 9,
    /// Not requested before the allowed time was over.
    MaxTime = 10,
    /// Not requested before the run had stored its maximum.
    MaxDisk = 11,
    /// Requests to its family of URLs took all the available time, and none succeeded.
    FamilyDown = 12,
}

impl SkipReason {
    /// Every reason.
    pub const ALL: [SkipReason; 12] = [
        SkipReason::Robots,
        SkipReason::Nofollow,
        SkipReason::Scope,
        SkipReason::Depth,
        SkipReason::MaxPages,
        SkipReason::HostDown,
        SkipReason::Trap,
        SkipReason::Invalid,
        SkipReason::MaxHosts,
        SkipReason::MaxTime,
        SkipReason::MaxDisk,
        SkipReason::FamilyDown,
    ];

    /// Reasons that mean that a part of the site was given up; a resumed run requests these URLs.
    pub const GIVEN_UP: [SkipReason; 2] = [SkipReason::HostDown, SkipReason::FamilyDown];

    /// Limits of the run as a whole. URLs beyond them resemble those that were fetched.
    pub const LIMITS: [SkipReason; 4] = [
        SkipReason::MaxPages,
        SkipReason::MaxHosts,
        SkipReason::MaxTime,
        SkipReason::MaxDisk,
    ];

    /// Returns whether it is a limit of the run as a whole.
    pub fn is_limit(self) -> bool {
        SkipReason::LIMITS.contains(&self)
    }

    /// Returns the stored number.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// Returns the reason with this stored number.
    pub fn from_code(code: u8) -> Option<SkipReason> {
        SkipReason::ALL.into_iter().find(|it| it.code() == code)
    }

    /// Returns the reason with this name.
    pub fn from_name(name: &str) -> Option<SkipReason> {
        SkipReason::ALL.into_iter().find(|it| it.name() == name)
    }

    /// Returns the name in the `Reason` column.
    pub const fn name(self) -> &'static str {
        match self {
            SkipReason::Robots => "robots",
            SkipReason::Nofollow => "nofollow",
            SkipReason::Scope => "scope",
            SkipReason::Depth => "depth",
            SkipReason::MaxPages => "max_pages",
            SkipReason::HostDown => "host_down",
            SkipReason::Trap => "trap",
            SkipReason::Invalid => "invalid",
            SkipReason::MaxHosts => "max_hosts",
            SkipReason::MaxTime => "max_time",
            SkipReason::MaxDisk => "max_disk",
            SkipReason::FamilyDown => "family_down",
        }
    }
}

/// A reason with details about the URL, such as the line of robots.txt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skip {
    /// The reason.
    pub reason: SkipReason,
    /// Details about this URL; may be empty.
    pub detail: String,
}

impl Skip {
    /// Creates a reason with its details.
    pub fn new(reason: SkipReason, detail: impl Into<String>) -> Skip {
        Skip {
            reason,
            detail: detail.into(),
        }
    }
}
