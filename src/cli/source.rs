//! Bytes from where a command's argument says: a file, or stdin.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::failure::Failure;

/// Reads a text file, or stdin for `-`, of at most `most` bytes.
pub(super) fn read_file(
    flag: &str,
    path: &Path,
    most: u64,
    stdin: &mut dyn Read,
) -> Result<String, Failure> {
    let bytes = read_bytes(flag, path, most, stdin)?;
    String::from_utf8(bytes)
        .map_err(|_| Failure::usage(format!("{flag} {}: not UTF-8", path.display())))
}

/// Reads a file, or stdin for `-`. What exceeds `most` bytes is refused.
pub(super) fn read_bytes(
    flag: &str,
    path: &Path,
    most: u64,
    stdin: &mut dyn Read,
) -> Result<Vec<u8>, Failure> {
    let fault = |what: &dyn std::fmt::Display| {
        Failure::usage(format!("{flag} {}: {what}", path.display()).trim_start())
    };
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        stdin.take(most + 1).read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(most + 1).read_to_end(&mut bytes))
    };
    read.map_err(|error| fault(&error))?;
    if bytes.len() as u64 > most {
        return Err(fault(&format!("larger than {most} bytes")));
    }
    Ok(bytes)
}
