//! Counts of URLs and failed requests of a log run, packed: a row for some thousands of them. Numbers take seven bits a
//! byte. A URL is its address, a number whose bits say which of its counts are not 0, and these; so one with few requests
//! takes ten bytes besides its address.

use std::borrow::Cow;
use std::collections::HashMap;

/// Number of the counts of a URL.
pub const URL_COUNTS: usize = 17;

/// Counts of a URL: those of one call, or the sum of several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogUrl<'a> {
    /// Host, path and query, or the pattern of a family.
    pub address: Cow<'a, [u8]>,
    /// Whether it is a family, whose URLs are not counted one by one.
    pub is_family: bool,
    /// Requests, those of users, of search engines and of Googlebot, answers of 4xx, the last good answer; failures by
    /// status (500, 502, 503, 504, others), those of users, of search engines and of Googlebot, the first and the last, the
    /// first of Googlebot. Times are seconds since 1970.
    pub counts: [u32; URL_COUNTS],
    /// Request times, packed.
    pub times: Cow<'a, [u8]>,
}

/// A failed request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogFailure<'a> {
    /// Milliseconds since 1970.
    pub millis: i64,
    /// Hash of the URL.
    pub url: u64,
    /// The status.
    pub status: u16,
    /// The backend.
    pub backend: Option<&'a str>,
    /// The cause.
    pub cause: Option<&'a str>,
    /// Duration in milliseconds.
    pub took: u32,
}

/// Size at which a part is complete, in bytes. Ours: it is read and written at once.
pub(in crate::store) const SIZE: usize = 1 << 18;

/// Appends a URL.
pub(in crate::store) fn add_url(part: &mut Vec<u8>, url: &LogUrl<'_>) {
    add(
        part,
        (url.address.len() as u64) << 1 | u64::from(url.is_family),
    );
    part.extend_from_slice(&url.address);
    let present = url.counts.iter().enumerate();
    let bits = present.fold(0, |bits, (at, count)| bits | u64::from(*count > 0) << at);
    add(part, bits | u64::from(!url.times.is_empty()) << URL_COUNTS);
    for count in url.counts.iter().filter(|count| **count > 0) {
        add(part, u64::from(*count));
    }
    if !url.times.is_empty() {
        add_text(part, &url.times);
    }
}

/// Reads the next URL; `None` at the end, and where the part is damaged.
pub(in crate::store) fn next_url<'p>(part: &mut &'p [u8]) -> Option<LogUrl<'p>> {
    let head = next(part)?;
    let address = next_bytes(part, head >> 1)?;
    let mut bits = next(part)?;
    let mut counts = [0; URL_COUNTS];
    let mut times: &[u8] = b"";
    while bits > 0 {
        match counts.get_mut(bits.trailing_zeros() as usize) {
            Some(count) => *count = u32::try_from(next(part)?).ok()?,
            None => times = next_text(part)?,
        }
        bits &= bits - 1;
    }
    Some(LogUrl {
        address: Cow::Borrowed(address),
        is_family: head & 1 == 1,
        counts,
        times: Cow::Borrowed(times),
    })
}

/// Failed requests, packed in their order. Names follow where they are first used; after that they are numbers.
#[derive(Clone, Debug, Default)]
pub struct LogFailures {
    /// Complete parts, and the one that is being written.
    parts: Vec<Vec<u8>>,
    names: HashMap<String, u64>,
    millis: i64,
}

impl LogFailures {
    /// Appends a failure.
    pub fn add(&mut self, failure: &LogFailure<'_>) {
        if self.parts.last().is_none_or(|part| part.len() >= SIZE) {
            *self = LogFailures {
                parts: std::mem::take(&mut self.parts),
                ..LogFailures::default()
            };
            self.parts.push(Vec::new());
        }
        let Some(part) = self.parts.last_mut() else {
            return;
        };
        let later = failure.millis.wrapping_sub(self.millis);
        self.millis = failure.millis;
        add(part, ((later << 1) ^ (later >> 63)).cast_unsigned());
        part.extend_from_slice(&failure.url.to_le_bytes());
        add(part, u64::from(failure.status));
        add(part, u64::from(failure.took));
        for name in [failure.backend, failure.cause] {
            let Some(name) = name else {
                add(part, 0);
                continue;
            };
            if let Some(number) = self.names.get(name) {
                add(part, *number);
                continue;
            }
            let number = self.names.len() as u64 + 1;
            self.names.insert(name.to_owned(), number);
            add(part, number);
            add_text(part, name.as_bytes());
        }
    }

    /// Returns the parts.
    pub(in crate::store) fn parts(&self) -> &[Vec<u8>] {
        &self.parts
    }

    /// Calls a function with each failure of a part, up to where it is damaged.
    pub(in crate::store) fn each(part: &[u8], take: &mut dyn FnMut(LogFailure<'_>)) {
        let mut rest = part;
        let mut names: Vec<&str> = Vec::new();
        let mut millis = 0;
        while let Some(failure) = next_failure(&mut rest, &mut names, &mut millis) {
            take(failure);
        }
    }
}

fn next_failure<'p>(
    part: &mut &'p [u8],
    names: &mut Vec<&'p str>,
    millis: &mut i64,
) -> Option<LogFailure<'p>> {
    let later = next(part)?;
    *millis = millis.wrapping_add((later >> 1).cast_signed() ^ -(later & 1).cast_signed());
    let (url, rest) = part.split_first_chunk()?;
    *part = rest;
    let status = u16::try_from(next(part)?).ok()?;
    let took = u32::try_from(next(part)?).ok()?;
    let mut found = [None; 2];
    for name in &mut found {
        let Some(number) = (next(part)? as usize).checked_sub(1) else {
            continue;
        };
        if number == names.len() {
            names.push(std::str::from_utf8(next_text(part)?).ok()?);
        }
        *name = Some(*names.get(number)?);
    }
    let [backend, cause] = found;
    Some(LogFailure {
        millis: *millis,
        url: u64::from_le_bytes(*url),
        status,
        backend,
        cause,
        took,
    })
}

fn add_text(part: &mut Vec<u8>, text: &[u8]) {
    add(part, text.len() as u64);
    part.extend_from_slice(text);
}

fn next_text<'p>(part: &mut &'p [u8]) -> Option<&'p [u8]> {
    let length = next(part)?;
    next_bytes(part, length)
}

fn next_bytes<'p>(part: &mut &'p [u8], length: u64) -> Option<&'p [u8]> {
    let (bytes, rest) = part.split_at_checked(usize::try_from(length).ok()?)?;
    *part = rest;
    Some(bytes)
}

fn add(part: &mut Vec<u8>, number: u64) {
    let mut rest = number;
    while rest > 0x7f {
        part.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    part.push(rest as u8);
}

#[inline]
fn next(part: &mut &[u8]) -> Option<u64> {
    // Most numbers are small.
    match part.split_first()? {
        (byte, rest) if *byte < 0x80 => {
            *part = rest;
            Some(u64::from(*byte))
        }
        _ => next_long(part),
    }
}

fn next_long(part: &mut &[u8]) -> Option<u64> {
    let (mut number, mut shift) = (0, 0);
    loop {
        let (byte, rest) = part.split_first()?;
        *part = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
        shift += 7;
        if shift >= u64::BITS {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_and_failures_come_back_and_damaged_parts_end_early() {
        let mut dice = fastrand::Rng::with_seed(18);
        let urls: Vec<LogUrl<'_>> = (0..300_usize)
            .map(|at| LogUrl {
                address: Cow::Owned(vec![b'x'; at]),
                is_family: at % 3 == 0,
                counts: std::array::from_fn(|_| match dice.u32(..4) {
                    0 => u32::MAX,
                    1 => dice.u32(..300),
                    _ => 0,
                }),
                times: Cow::Owned(vec![7; at % 5]),
            })
            .collect();
        let mut part = Vec::new();
        for url in &urls {
            add_url(&mut part, url);
        }
        let read = |part: &[u8]| {
            let mut rest = part;
            std::iter::from_fn(|| next_url(&mut rest).map(|url| format!("{url:?}"))).count()
        };
        let mut rest = part.as_slice();
        for url in &urls {
            assert_eq!(next_url(&mut rest).as_ref(), Some(url));
        }
        assert_eq!(read(&part), 300);
        assert!((200..300).contains(&read(&part[..part.len() - 1])));

        let causes = [None, Some("upstream_down"), Some("tls")];
        let failures: Vec<LogFailure<'_>> = (0..60_000_u32)
            .map(|at| LogFailure {
                millis: 1_795_305_600_000 + i64::from(at) * 700 - dice.i64(..5_000),
                url: dice.u64(..),
                status: 500 + at as u16 % 5,
                backend: (at % 2 == 0).then_some("10.0.0.1:80"),
                cause: causes[at as usize % 3],
                took: dice.u32(..),
            })
            .collect();
        let mut packed = LogFailures::default();
        for failure in &failures {
            packed.add(failure);
        }
        assert!(packed.parts().len() > 1);
        let mut expected = failures.iter();
        for part in packed.parts() {
            LogFailures::each(part, &mut |failure| {
                assert_eq!(Some(&failure), expected.next());
            });
        }
        assert_eq!(expected.next(), None);
        let mut dice = fastrand::Rng::with_seed(18);
        for _ in 0..200 {
            let mut part = packed.parts()[0][..2_000].to_vec();
            (0..4).for_each(|_| part[dice.usize(..2_000)] = dice.u8(..));
            LogFailures::each(&part, &mut |_| {});
            read(&part);
        }
    }
}
