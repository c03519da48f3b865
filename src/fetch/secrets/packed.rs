//! Cuts secrets out of a gzip file within a body, which readers of sitemaps unpack (`sitemap.xml.gz`).

use std::borrow::Cow;
use std::io::{self, Read, Write};

use flate2::Compression;
use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;
use xxhash_rust::xxh3::Xxh3Default;

use super::redact::{Redactor, cut, merged};
use crate::parse::sitemap::SIZE_LIMIT;

/// Maximum bytes read of a file: one more than of a sitemap, so that its reader still sees a sitemap that is
/// too long.
const MOST: u64 = SIZE_LIMIT + 1;

/// A gzip file from which secrets were removed.
#[derive(Debug)]
pub(in crate::fetch) struct Cleaned {
    pub(in crate::fetch) file: Vec<u8>,
    /// Fingerprint of its content.
    pub(in crate::fetch) fingerprint: u64,
}

/// Returns the file without secrets, or `None` if it is not a gzip file or has none. If the file breaks off, the new
/// one does too.
pub(in crate::fetch) fn cleaned(redactor: &Redactor, body: &[u8]) -> Option<Cleaned> {
    if !body.starts_with(&[0x1F, 0x8B]) {
        return None;
    }
    let mut has_secret = false;
    // Its reader reports faults of the file.
    let _ = unpack(redactor, body, &mut |piece| {
        has_secret |= matches!(piece, Cow::Owned(_));
        Ok(())
    });
    if !has_secret {
        return None;
    }
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    let mut digest = Xxh3Default::new();
    let whole = unpack(redactor, body, &mut |piece| {
        digest.update(&piece);
        packer.write_all(&piece)
    });
    let file = match whole {
        Ok(()) => packer.finish().ok(),
        Err(_) => packer
            .flush()
            .ok()
            .map(|()| std::mem::take(packer.get_mut())),
    };
    Some(Cleaned {
        file: file?,
        fingerprint: digest.digest(),
    })
}

/// Passes the content of the file in pieces, without secrets.
fn unpack(
    redactor: &Redactor,
    body: &[u8],
    each: &mut dyn FnMut(Cow<'_, [u8]>) -> io::Result<()>,
) -> io::Result<()> {
    let mut file = MultiGzDecoder::new(body).take(MOST);
    let mut window = Vec::new();
    // Bytes of the window that were passed on before and remain only for the search.
    let mut done = 0;
    let mut width = redactor.windows().width();
    loop {
        let room = width.saturating_sub(window.len()).max(1) as u64;
        let read = file.by_ref().take(room).read_to_end(&mut window);
        let is_end = matches!(read, Ok(0) | Err(_));
        if !is_end && window.len() < width {
            continue;
        }
        let next = match redactor.windows().next_start(&window) {
            _ if is_end => window.len(),
            Some(next) => next,
            None => {
                width *= 2;
                continue;
            }
        };
        let mut parts = merged(redactor.parts_of_window(&window));
        // A part that begins in the next window is found there. A part that ends in it is cut here, as a
        // whole.
        parts.retain(|part| part.end > done && part.start < next);
        let end = parts.last().map_or(next, |part| part.end.max(next));
        let parts = parts.into_iter();
        let parts = parts.map(|part| part.start.saturating_sub(done)..part.end - done);
        each(cut(&window[done.min(end)..end], parts.collect()))?;
        if is_end {
            return read.map(|_| ());
        }
        window.drain(..next);
        done = end - next;
        width = redactor.windows().width();
    }
}

#[cfg(test)]
mod tests {
    use xxhash_rust::xxh3::xxh3_64;

    use super::super::echo::Echo;
    use super::*;

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(text).expect("memory has room");
        packer.finish().expect("memory has room")
    }

    fn redactor() -> Redactor {
        let echo = Echo::Value("s3cret-token".to_owned());
        Redactor::new(&[echo], &[]).expect("few").expect("one")
    }

    fn unpacked(body: &[u8]) -> (String, bool) {
        let mut text = Vec::new();
        let whole = MultiGzDecoder::new(body).read_to_end(&mut text).is_ok();
        (String::from_utf8(text).expect("UTF-8"), whole)
    }

    #[test]
    fn secrets_are_cut_out_of_packed_files_of_any_size() {
        let line = "<loc>http://h/s3cret-token</loc>";
        let body = packed(line.repeat(100_000).as_bytes());
        let cleaned = cleaned(&redactor(), &body).expect("secrets");
        let expected = line.replace("s3cret-token", "[secret]").repeat(100_000);
        assert_eq!(cleaned.fingerprint, xxh3_64(expected.as_bytes()));
        assert_eq!(unpacked(&cleaned.file), (expected, true));
    }

    #[test]
    fn a_secret_is_found_at_every_window_boundary() {
        let (redactor, width) = (redactor(), redactor().windows().width());
        for echo in ["s3cret-token", "s3cr\net-tok\ne\nn", "%733cret%2Dtoken"] {
            for before in (width - 2 * echo.len()..width + 2).step_by(7) {
                let text =
                    |echo: &str| "x".repeat(before) + echo + &"y".repeat(width - 700) + echo + "z";
                let cleaned = cleaned(&redactor, &packed(text(echo).as_bytes())).expect("secrets");
                let (found, _) = unpacked(&cleaned.file);
                assert!(found == text("[secret]"), "{echo:?} after {before}");
            }
        }
    }

    #[test]
    fn a_truncated_file_stays_truncated() {
        let body = packed("<loc>s3cret-token</loc>".repeat(1000).as_bytes());
        let cleaned = cleaned(&redactor(), &body[..body.len() - 20]).expect("secrets");
        let (text, whole) = unpacked(&cleaned.file);
        assert!(text.starts_with("<loc>[secret]</loc>") && !whole);
    }

    #[test]
    fn files_without_secrets_are_unchanged() {
        for body in [
            &packed(b"<loc>http://h/</loc>")[..],
            b"s3cret-token",
            b"\x1F\x8B",
        ] {
            assert!(cleaned(&redactor(), body).is_none());
        }
    }
}
