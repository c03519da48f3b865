//! The names of the causes of a failing page, as exports, rules and playbooks write them.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Cause;

impl Cause {
    /// The causes that a diagnosis separates; `None` and `AsTarget` are not causes.
    pub const TEN: [Cause; 10] = [
        Cause::Overload,
        Cause::Maintenance,
        Cause::Network,
        Cause::Firewall,
        Cause::Dns,
        Cause::UpstreamDown,
        Cause::UpstreamTimeout,
        Cause::InvalidUpstreamResponse,
        Cause::Tls,
        Cause::ApplicationError,
    ];

    /// Returns the name in exports and the key of its playbook, such as `upstream_down`.
    pub const fn id(self) -> &'static str {
        match self {
            Cause::None => "none",
            Cause::Overload => "overload",
            Cause::Maintenance => "maintenance",
            Cause::Network => "network",
            Cause::Firewall => "firewall",
            Cause::Dns => "dns",
            Cause::UpstreamDown => "upstream_down",
            Cause::UpstreamTimeout => "upstream_timeout",
            Cause::InvalidUpstreamResponse => "invalid_upstream_response",
            Cause::Tls => "tls",
            Cause::ApplicationError => "application_error",
            Cause::AsTarget => "as_target",
        }
    }

    /// Returns the cause of the ten with this name.
    pub fn from_id(id: &str) -> Option<Cause> {
        Cause::TEN.into_iter().find(|cause| cause.id() == id)
    }

    /// Returns the name for people.
    pub const fn title(self) -> &'static str {
        match self {
            Cause::None => "no cause",
            Cause::Overload => "server overload",
            Cause::Maintenance => "maintenance",
            Cause::Network => "network trouble",
            Cause::Firewall => "a firewall or bot protection",
            Cause::Dns => "DNS",
            Cause::UpstreamDown => "a backend that is down",
            Cause::UpstreamTimeout => "a backend that answers too slowly",
            Cause::InvalidUpstreamResponse => "an invalid answer of the backend",
            Cause::Tls => "TLS",
            Cause::ApplicationError => "an error in the application",
            Cause::AsTarget => "the cause of the target",
        }
    }
}

impl Serialize for Cause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

impl<'de> Deserialize<'de> for Cause {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Cause, D::Error> {
        let id = String::deserialize(deserializer)?;
        let unknown = || D::Error::custom(format_args!("unknown cause {id}"));
        Cause::from_id(&id).ok_or_else(unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Outcome;

    #[test]
    fn names_are_read_back_and_match_the_dossier() {
        for cause in Cause::TEN {
            assert_eq!(Cause::from_id(cause.id()), Some(cause));
        }
        assert_eq!(Cause::from_id("none"), None);
        let text = include_str!("../../../fixtures/domain/outcomes.csv");
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        for (row, outcome) in reader.records().zip(Outcome::ALL) {
            let row = row.expect("valid CSV");
            assert_eq!(&row[7], outcome.default_cause().id(), "{outcome}");
        }
    }
}
