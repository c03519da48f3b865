use std::fs::File;
use std::io::{Error, ErrorKind, Read};
use std::path::Path;

/// Reads a file as a whole. Refuses more than `most` bytes and reads no further: a device has no end.
pub fn read_file(path: &Path, most: u64) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let why = format!("larger than {most} bytes");
        return Err(Error::new(ErrorKind::FileTooLarge, why));
    }
    Ok(bytes)
}

/// Reads a file as a whole, as UTF-8. Refuses more than `most` bytes.
pub fn read_text(path: &Path, most: u64) -> Result<String, Error> {
    let bytes = read_file(path, most)?;
    let not_text = |_| Error::new(ErrorKind::InvalidData, "not UTF-8");
    String::from_utf8(bytes).map_err(not_text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endless_file_is_refused() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), "some").expect("written");
        assert_eq!(read_text(file.path(), 4).expect("fits"), "some");
        let fault = read_text(file.path(), 3).expect_err("too large");
        assert_eq!(fault.to_string(), "larger than 3 bytes");
        #[cfg(unix)]
        read_text(Path::new("/dev/zero"), 1 << 20).expect_err("endless");
    }
}
