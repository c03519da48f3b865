use std::path::Path;

/// Returns whether everybody on this machine may read a file. Its group may read it, because services share their
/// secrets in this way. Anything but a plain file, such as a pipe, counts as not exposed.
pub fn is_exposed(file: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;

        const OTHERS_READ: u32 = 0o004;
        std::fs::metadata(file)
            .is_ok_and(|file| file.is_file() && file.permissions().mode() & OTHERS_READ != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        false
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_is_exposed_if_others_may_read_it() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        for (mode, expected) in [(0o600, false), (0o640, false), (0o644, true), (0o604, true)] {
            let permissions = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(file.path(), permissions).expect("its owner");
            assert_eq!(is_exposed(file.path()), expected, "{mode:o}");
        }
        assert!(!is_exposed(Path::new("/nowhere")) && !is_exposed(Path::new("/")));
    }
}
