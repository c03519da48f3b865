//! Names with `*` for any text, as in `utm_*`.

/// A list of patterns, any of which may match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Globs(Vec<String>);

impl Globs {
    /// Returns a list of patterns in which `*` stands for any text, including the empty one.
    pub fn new(patterns: &[String]) -> Globs {
        Globs(patterns.to_vec())
    }

    /// Returns whether there is no pattern at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns whether one of the patterns matches the whole name.
    pub fn matches(&self, name: &str) -> bool {
        self.0.iter().any(|pattern| glob(pattern, name))
    }
}

/// Matches piece by piece: the first must start the name, the last must end it, the others must
/// follow each other in between. The leftmost match of each is enough.
fn glob(pattern: &str, name: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(mut left) = name.strip_prefix(first) else {
        return false;
    };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    for piece in middle.split('*').filter(|piece| !piece.is_empty()) {
        match left.find(piece) {
            Some(at) => left = &left[at + piece.len()..],
            None => return false,
        }
    }
    left.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_text() {
        let cases = [
            ("utm_*", "utm_source", true),
            ("utm_*", "utm", false),
            ("*", "", true),
            ("a*c", "abc", true),
            ("a*c", "ac", true),
            ("a*c", "acb", false),
            ("a*b*c", "aXbYc", true),
            ("a*b*c", "aXc", false),
            ("ab*ba", "aba", false),
            ("sid", "sid", true),
            ("sid", "sids", false),
        ];
        for (pattern, name, expected) in cases {
            let globs = Globs::new(&[pattern.to_owned()]);
            assert_eq!(globs.matches(name), expected, "{pattern} on {name}");
        }
    }
}
