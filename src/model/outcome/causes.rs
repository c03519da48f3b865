//! The causes of a failure: none, one, or two if neither is certain enough.

use std::fmt;

use serde::{Serialize, Serializer};

use super::Cause;

/// The separator of two causes.
const OR: &str = " or ";

/// Possible causes, best first. As text, `overload or maintenance`; empty if there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Causes(Vec<Cause>);

impl Causes {
    /// Parses the text of an export. Returns `None` if it names something else.
    pub fn from_text(text: &str) -> Option<Causes> {
        if text.is_empty() {
            return Some(Causes::default());
        }
        let causes: Option<Vec<Cause>> = text.split(OR).map(Cause::from_id).collect();
        causes.map(Causes)
    }

    /// Returns whether no cause is known.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns whether this is the only cause.
    pub fn is_only(&self, cause: Cause) -> bool {
        self.0 == [cause]
    }

    /// Returns the best cause.
    pub fn first(&self) -> Option<Cause> {
        self.0.first().copied()
    }

    /// Returns the causes in the words for people.
    pub fn title(&self) -> String {
        let titles: Vec<&str> = self.0.iter().map(|cause| cause.title()).collect();
        titles.join(OR)
    }
}

impl FromIterator<Cause> for Causes {
    fn from_iter<T: IntoIterator<Item = Cause>>(causes: T) -> Causes {
        Causes(causes.into_iter().collect())
    }
}

impl fmt::Display for Causes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<&str> = self.0.iter().map(|cause| cause.id()).collect();
        f.write_str(&ids.join(OR))
    }
}

impl Serialize for Causes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_back() {
        for text in ["", "dns", "overload or maintenance"] {
            let causes = Causes::from_text(text).expect("causes");
            assert_eq!(causes.to_string(), text);
        }
        let two = Causes::from_text("upstream_down or overload").expect("causes");
        assert_eq!(two.title(), "a backend that is down or server overload");
        assert_eq!(two.first(), Some(Cause::UpstreamDown));
        assert!(!two.is_only(Cause::UpstreamDown));
        assert_eq!(Causes::from_text("dns or gnomes"), None);
    }
}
