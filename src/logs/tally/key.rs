//! What identifies a URL: its host, if the log names it, its path and its query, without secrets and without
//! parameters that the user drops.

/// Parameters whose values are secrets, in parts of their names.
const SECRETS: [&[u8]; 12] = [
    b"token",
    b"secret",
    b"password",
    b"passwd",
    b"pwd",
    b"apikey",
    b"api_key",
    b"api-key",
    b"auth",
    b"session",
    b"signature",
    b"credential",
];

/// Names that are secrets as they are.
const SECRET_NAMES: [&[u8]; 6] = [b"key", b"sid", b"sig", b"code", b"jwt", b"pass"];

/// The value that stands for a secret.
const MASK: &[u8] = b"***";

/// Maximum bytes of a URL that are kept; longer ones are cut. Ours.
const LONGEST: usize = 2_048;

/// Makes keys.
#[derive(Debug)]
pub(in crate::logs) struct Keys {
    ignored: Vec<Vec<u8>>,
    scratch: Vec<u8>,
}

impl Keys {
    pub(in crate::logs) fn new(ignored: &[String]) -> Keys {
        Keys {
            ignored: ignored
                .iter()
                .map(|name| name.as_bytes().to_ascii_lowercase())
                .collect(),
            scratch: Vec::new(),
        }
    }

    /// Returns the key of a URL: `host/path?query`, or `/path?query`.
    pub(in crate::logs) fn of<'s>(&'s mut self, host: &[u8], target: &'s [u8]) -> &'s [u8] {
        let query = memchr::memchr2(b'?', b'#', target);
        if host.is_empty() && query.is_none() && target.len() <= LONGEST {
            return target;
        }
        let (path, query) = target.split_at(query.unwrap_or(target.len()));
        self.scratch.clear();
        self.scratch.extend(host.iter().map(u8::to_ascii_lowercase));
        self.scratch.extend_from_slice(path);
        if query.first() == Some(&b'?') {
            let query = &query[1..];
            let end = memchr::memchr(b'#', query).unwrap_or(query.len());
            self.add_query(&query[..end]);
        }
        self.scratch.truncate(LONGEST);
        &self.scratch
    }

    fn add_query(&mut self, query: &[u8]) {
        let mut joint = b'?';
        for pair in query.split(|byte| *byte == b'&') {
            let end = memchr::memchr(b'=', pair).unwrap_or(pair.len());
            let name = &pair[..end];
            if self.is_ignored(name) {
                continue;
            }
            self.scratch.push(joint);
            joint = b'&';
            if end < pair.len() && is_secret(name) {
                self.scratch.extend_from_slice(name);
                self.scratch.push(b'=');
                self.scratch.extend_from_slice(MASK);
            } else {
                self.scratch.extend_from_slice(pair);
            }
        }
    }

    fn is_ignored(&self, name: &[u8]) -> bool {
        self.ignored
            .iter()
            .any(|ignored| match ignored.strip_suffix(b"*") {
                Some(start) => name
                    .get(..start.len())
                    .is_some_and(|it| it.eq_ignore_ascii_case(start)),
                None => name.eq_ignore_ascii_case(ignored),
            })
    }
}

fn is_secret(name: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_NAMES.contains(&name.as_slice())
        || SECRETS
            .iter()
            .any(|part| memchr::memmem::find(&name, part).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_and_dropped_parameters_are_gone() {
        let mut keys = Keys::new(&["utm_*".to_owned(), "ref".to_owned()]);
        for (host, target, expected) in [
            ("", "/a", "/a"),
            ("", "/a?b=1&c", "/a?b=1&c"),
            ("", "/a?utm_source=x&b=1&REF=y", "/a?b=1"),
            ("", "/a?utm_source=x", "/a"),
            ("", "/a?Access_Token=abc&b=1#c", "/a?Access_Token=***&b=1"),
            ("", "/reset?code=1234", "/reset?code=***"),
            ("Shop.test", "/A#b", "shop.test/A"),
        ] {
            let found = keys.of(host.as_bytes(), target.as_bytes());
            assert_eq!(String::from_utf8_lossy(found), expected);
        }
        let long = format!("/{}", "x".repeat(5_000));
        assert_eq!(keys.of(b"", long.as_bytes()).len(), LONGEST);
    }
}
