use std::path::PathBuf;

/// Checks the path of a file or directory to write: control characters are not allowed. Paths are printed one per
/// line, and programs read some of these lines.
pub(crate) fn place(path: PathBuf) -> Result<PathBuf, String> {
    if path.to_string_lossy().contains(char::is_control) {
        return Err(
            "a name with line breaks or other control characters is not allowed".to_owned(),
        );
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_a_name_of_one_line() {
        for name in ["reports", "my reports/ü", "-x"] {
            assert_eq!(place(name.into()), Ok(name.into()));
        }
        for name in ["a\nb", "a\r", "\x1b[2J", "a\tb"] {
            assert!(place(name.into()).is_err(), "{name:?}");
        }
    }
}
