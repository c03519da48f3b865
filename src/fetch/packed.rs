//! Secrets in a gzip file within a body, which readers of sitemaps unpack (`sitemap.xml.gz`).

use std::borrow::Cow;
use std::io::{self, Read, Write};

use flate2::Compression;
use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;

use super::redact::Redactor;
use crate::parse::sitemap::SIZE_LIMIT;

/// Bytes that are unpacked at a time.
const WINDOW: usize = 1 << 20;

/// What is read of a file: a byte more than of a sitemap, so that its reader still sees one that is too long.
const MOST: u64 = SIZE_LIMIT + 1;

/// The file without secrets; none if it is no gzip file or has none. Where it breaks off, the new one does too.
pub(super) fn cleaned(redactor: &Redactor, body: &[u8]) -> Option<Vec<u8>> {
    if !body.starts_with(&[0x1F, 0x8B]) {
        return None;
    }
    let mut has_secret = false;
    // What is wrong with the file is for its reader to say.
    let _ = unpack(body, &mut |piece| {
        has_secret |= matches!(redactor.bytes(piece), Cow::Owned(_));
        Ok(())
    });
    if !has_secret {
        return None;
    }
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    let whole = unpack(body, &mut |piece| packer.write_all(&redactor.bytes(piece)));
    match whole {
        Ok(()) => packer.finish().ok(),
        Err(_) => packer
            .flush()
            .ok()
            .map(|()| std::mem::take(packer.get_mut())),
    }
}

/// Hands out what is in the file, in pieces that end where no secret goes on.
fn unpack(body: &[u8], each: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let mut file = MultiGzDecoder::new(body).take(MOST);
    let mut window = Vec::new();
    loop {
        let room = WINDOW.saturating_sub(window.len()).max(1) as u64;
        let read = file.by_ref().take(room).read_to_end(&mut window);
        if matches!(read, Ok(0) | Err(_)) {
            return each(&window).and(read.map(|_| ()));
        }
        if window.len() >= WINDOW {
            // Before a tag or at the end of a line.
            let end = window.iter().rposition(|byte| matches!(byte, b'<' | b'\n'));
            let end = end.filter(|end| *end > 0).unwrap_or(window.len());
            each(&window[..end])?;
            window.drain(..end);
        }
    }
}

#[cfg(test)]
mod tests {
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
    fn secrets_are_cut_out_of_a_packed_file_however_large() {
        let line = "<loc>http://h/s3cret-token</loc>";
        let body = packed(line.repeat(100_000).as_bytes());
        let cleaned = cleaned(&redactor(), &body).expect("secrets");
        let expected = line.replace("s3cret-token", "[secret]").repeat(100_000);
        assert_eq!(unpacked(&cleaned), (expected, true));
    }

    #[test]
    fn what_breaks_off_still_does() {
        let body = packed("<loc>s3cret-token</loc>".repeat(1000).as_bytes());
        let cleaned = cleaned(&redactor(), &body[..body.len() - 20]).expect("secrets");
        let (text, whole) = unpacked(&cleaned);
        assert!(text.starts_with("<loc>[secret]</loc>") && !whole);
    }

    #[test]
    fn files_without_secrets_are_left_as_they_are() {
        for body in [
            &packed(b"<loc>http://h/</loc>")[..],
            b"s3cret-token",
            b"\x1F\x8B",
        ] {
            assert_eq!(cleaned(&redactor(), body), None);
        }
    }
}
