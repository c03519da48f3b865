//! The kinds of machine that make an error page.

use serde::{Serialize, Serializer};

/// The kind of machine that made a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Maker {
    /// A CDN or protection service in front of the site.
    Edge,
    /// A load balancer.
    LoadBalancer,
    /// A web server or proxy in front of the application.
    ReverseProxy,
    /// The application itself.
    Application,
    /// A hosting platform.
    Platform,
}

impl Maker {
    /// All kinds, the outermost first.
    pub const ALL: [Maker; 5] = [
        Maker::Edge,
        Maker::LoadBalancer,
        Maker::Platform,
        Maker::ReverseProxy,
        Maker::Application,
    ];

    /// Returns the name in data, such as `reverse_proxy`.
    pub const fn id(self) -> &'static str {
        match self {
            Maker::Edge => "edge",
            Maker::LoadBalancer => "load_balancer",
            Maker::ReverseProxy => "reverse_proxy",
            Maker::Application => "application",
            Maker::Platform => "platform",
        }
    }

    /// Returns the kind with this name.
    pub fn from_id(id: &str) -> Option<Maker> {
        Maker::ALL.into_iter().find(|maker| maker.id() == id)
    }

    /// Returns the name in sentences.
    pub const fn title(self) -> &'static str {
        match self {
            Maker::Edge => "the CDN's edge",
            Maker::LoadBalancer => "the load balancer",
            Maker::ReverseProxy => "the web server or proxy",
            Maker::Application => "the application",
            Maker::Platform => "the hosting platform",
        }
    }
}

impl Serialize for Maker {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}
