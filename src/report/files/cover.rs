//! Whose report it is: a title and a logo of one's own, and the readers, for whom technical parts may be left out.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};

use super::error::ReportError;

/// Maximum bytes of a logo: it is part of the report's one file.
const MOST_LOGO: u64 = 256 << 10;

/// The kinds of pictures that a logo may be, by their first bytes.
const KINDS: [(&[u8], &str); 4] = [
    (b"\x89PNG", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"RIFF", "image/webp"),
];

/// Whose report it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Cover {
    /// The title of the report; absent if it has the site's name.
    pub title: Option<String>,
    /// The file of a picture at the top.
    pub logo: Option<PathBuf>,
    /// The readers.
    pub audience: Audience,
    /// Whether CSV files begin with a byte order mark, without which Excel takes them for another charset than UTF-8.
    pub csv_bom: bool,
}

/// The readers of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// The people who fix the site: everything is shown.
    #[default]
    Team,
    /// The owners of the site: attempts and commands are left out.
    Client,
}

impl FromStr for Audience {
    type Err = &'static str;

    fn from_str(name: &str) -> Result<Audience, &'static str> {
        match name {
            "team" => Ok(Audience::Team),
            "client" => Ok(Audience::Client),
            _ => Err("not `client` or `team`"),
        }
    }
}

impl Cover {
    /// Checks that the logo can be shown, so that a wrong file is an error before the crawl and not after it.
    pub fn check(&self) -> Result<(), ReportError> {
        self.picture().map(|_| ())
    }

    /// Returns the logo as a `data:` URL.
    pub(in crate::report) fn picture(&self) -> Result<Option<String>, ReportError> {
        let Some(path) = &self.logo else {
            return Ok(None);
        };
        let fault = |source| ReportError::Logo {
            path: path.clone(),
            source,
        };
        let bytes = read(path).map_err(fault)?;
        let kind = KINDS.iter().find(|(start, _)| bytes.starts_with(start));
        let kind = kind.map(|(_, kind)| *kind);
        let is_svg = || bytes.starts_with(b"<") && bytes.windows(4).any(|part| part == b"<svg");
        let Some(kind) = kind.or_else(|| is_svg().then_some("image/svg+xml")) else {
            let what = "it is not a PNG, JPEG, GIF, WebP or SVG picture";
            return Err(fault(io::Error::new(io::ErrorKind::InvalidData, what)));
        };
        let text = BASE64_STANDARD.encode(bytes);
        Ok(Some(format!("data:{kind};base64,{text}")))
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(MOST_LOGO + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST_LOGO {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "it has more than 256 KiB",
        ));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logo_is_a_small_picture() {
        let dir = tempfile::tempdir().expect("a directory");
        let shown = |bytes: &[u8]| {
            let path = dir.path().join("logo");
            std::fs::write(&path, bytes).expect("written");
            let logo = Some(path);
            let cover = Cover {
                logo,
                ..Cover::default()
            };
            cover.picture().map_err(|fault| fault.to_string())
        };
        let png = shown(b"\x89PNG\r\n").expect("a picture");
        assert_eq!(png.as_deref(), Some("data:image/png;base64,iVBORw0K"));
        assert!(shown(b"<svg xmlns='http://www.w3.org/2000/svg'/>").is_ok());
        assert!(shown(b"hello").is_err() && shown(b"<html>").is_err());
        let large = [b"\x89PNG".as_slice(), &vec![0; MOST_LOGO as usize]].concat();
        assert!(shown(&large).is_err());
        assert_eq!(Cover::default().picture().expect("none"), None);
    }
}
