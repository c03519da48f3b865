//! Facts of stored findings.

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::assess::diagnose::Evidence;

/// A fact of a stored finding: as it was stored, which exports repeat, and as this program reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredFact {
    stored: Value,
    evidence: Option<Evidence>,
}

impl StoredFact {
    /// Returns the fact; `None` if it is of a kind that only another version knows.
    pub const fn evidence(&self) -> Option<&Evidence> {
        self.evidence.as_ref()
    }
}

impl From<Value> for StoredFact {
    fn from(stored: Value) -> StoredFact {
        let evidence = Evidence::deserialize(&stored).ok();
        StoredFact { stored, evidence }
    }
}

impl Serialize for StoredFact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.stored.serialize(serializer)
    }
}

#[cfg(test)]
impl From<Evidence> for StoredFact {
    fn from(evidence: Evidence) -> StoredFact {
        serde_json::to_value(evidence).expect("JSON").into()
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use serde_json::json;

    use super::*;
    use crate::assess::diagnose::{Load, Ratio, SoftSign};
    use crate::model::{Cause, LinkKind, Moment, Outcome};

    #[test]
    fn every_type_of_field_is_read_back_as_it_was_stored() {
        let at = Moment::from_millis(1_790_000_000_123);
        let half = Ratio::new(1, 2);
        let all = [
            Evidence::Outage {
                from: at,
                until: at,
                failed: 3,
                pages: 2,
                before: None,
                after: Some(at),
            },
            Evidence::Load {
                load: Load::Begun,
                from: 4,
                below: half,
                above: half,
            },
            Evidence::SoftSign {
                sign: SoftSign::KnownPage,
                count: 1,
            },
            Evidence::BrokenReference {
                reference: LinkKind::Canonical,
                urls: 1,
                pages: 2,
                address: "https://shop.test/a".to_owned(),
                page: "https://shop.test/".to_owned(),
            },
            Evidence::Policy {
                text: Cow::Borrowed("Google drops the URLs"),
            },
            Evidence::LogLine {
                cause: Cause::Overload,
                failures: half,
                line: "error.log:7".to_owned(),
            },
            Evidence::Outcome {
                outcome: Outcome::Server502,
                count: 9,
            },
            Evidence::HomePage,
        ];
        for evidence in all {
            let fact = StoredFact::from(evidence.clone());
            assert_eq!(fact.evidence(), Some(&evidence));
        }
    }

    #[test]
    fn a_fact_of_another_version_is_kept_as_it_is() {
        let later = json!({"kind": "moon_phase", "full": true});
        let fact = StoredFact::from(later.clone());
        assert_eq!(fact.evidence(), None);
        assert_eq!(serde_json::to_value(&fact).expect("JSON"), later);
    }

    #[test]
    fn an_outage_that_an_earlier_version_stored_is_read() {
        let earlier = json!({
            "kind": "outage",
            "from": "2026-11-22T11:00:03.000Z",
            "until": "2026-11-22T11:01:03.000Z",
            "failed": 12,
        });
        let fact = StoredFact::from(earlier);
        let Some(Evidence::Outage { from, until, .. }) = fact.evidence() else {
            panic!("not an outage: {fact:?}");
        };
        assert_eq!(until.since(*from).as_secs(), 60);
    }
}
