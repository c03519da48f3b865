use std::fs::File;
use std::io::{Error, ErrorKind, Read};
use std::path::Path;

/// The text of a file that is held in memory as a whole. One of more than `most` bytes is refused, unread beyond
/// that: a device has no end.
pub fn read_text(path: &Path, most: u64) -> Result<String, Error> {
    let mut bytes = Vec::new();
    File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let why = format!("larger than {most} bytes");
        return Err(Error::new(ErrorKind::FileTooLarge, why));
    }
    let not_text = |_| Error::new(ErrorKind::InvalidData, "not UTF-8");
    String::from_utf8(bytes).map_err(not_text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_end_is_refused() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), "some").expect("written");
        assert_eq!(read_text(file.path(), 4).expect("fits"), "some");
        let fault = read_text(file.path(), 3).expect_err("too large");
        assert_eq!(fault.to_string(), "larger than 3 bytes");
        #[cfg(unix)]
        read_text(Path::new("/dev/zero"), 1 << 20).expect_err("endless");
    }
}
