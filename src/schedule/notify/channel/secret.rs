//! Reads the secrets of channels from the environment or from files.

use std::path::Path;

use crate::machine;
use crate::model::Secret;

use crate::schedule::notify::config::ConfigError;

/// Maximum length of a secret in bytes: enough for any token, and small if a wrong file is named.
const LONGEST: usize = 8 * 1024;

/// Looks up an environment variable; a parameter, so that tests can have their own environment.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Reads the secret that `KEY-env` or `KEY-file` names; `None` if both are missing.
pub(in crate::schedule::notify) fn read(
    key: &str,
    env: Option<&str>,
    file: Option<&Path>,
    environment: Environment<'_>,
) -> Result<Option<Secret>, ConfigError> {
    let (key, text) = match (env, file) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            return Err(ConfigError::new(
                key,
                format!("take {key}-env or {key}-file, not both"),
            ));
        }
        (Some(name), None) => {
            let key = format!("{key}-env");
            let text = environment(name).ok_or_else(|| {
                let why = format!("the environment has no variable {}", shown(name));
                ConfigError::new(&key, why).without(name)
            })?;
            (key, text)
        }
        (None, Some(path)) => {
            let key = format!("{key}-file");
            let text = machine::read_text(path, LONGEST as u64 + 2).map_err(|fault| {
                // The file's name is left out: it may be the secret itself, written in the wrong place.
                let why = format!("could not read the file that it names: {fault}");
                ConfigError::new(&key, why)
            })?;
            if machine::is_exposed(path) {
                let path = path.display();
                tracing::warn!(
                    "{key}: everybody on this machine may read {path}; `chmod o-r {path}` changes that"
                );
            }
            (key, text)
        }
    };
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() || text.len() > LONGEST || text.contains(char::is_control) {
        let why = format!("what it names is not one line of 1 to {LONGEST} bytes");
        return Err(ConfigError::new(&key, why));
    }
    Ok(Some(Secret::from(text)))
}

/// Returns the name of a variable for messages. A text that does not look like a name may be the secret itself.
fn shown(name: &str) -> &str {
    let fit = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    if name.chars().all(fit) {
        name
    } else {
        "of the name that is written there (a name such as SECRET belongs there, not the secret)"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_come_from_one_place_and_are_never_shown() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("password");
        std::fs::write(&file, "hush\n").expect("written");
        let world = |name: &str| (name == "PASSWORD").then(|| "hush".to_owned());
        let hush = Some(Secret::from("hush"));
        assert_eq!(
            read("p", Some("PASSWORD"), None, &world).expect("read"),
            hush
        );
        assert_eq!(read("p", None, Some(&file), &world).expect("read"), hush);
        assert_eq!(read("p", None, None, &world).expect("read"), None);
        assert_eq!(format!("{hush:?}"), "Some(Secret(..))");
        let faults = [
            (
                read("p", Some("OTHER"), None, &world),
                "p-env: the environment has no variable OTHER",
            ),
            (
                read("p", Some("A"), Some(&file), &world),
                "p: take p-env or p-file, not both",
            ),
        ];
        for (fault, words) in faults {
            assert_eq!(fault.expect_err("refused").to_string(), words);
        }
        let address = "https://hooks.example.com/hush";
        for fault in [
            read("p", Some(address), None, &world),
            read("p", Some("hush"), None, &world),
            read("p", None, Some(Path::new(address)), &world),
            read("p", None, Some(Path::new("hush")), &world),
        ] {
            let words = fault.expect_err("refused").to_string();
            assert!(!words.contains("hush"), "{words}");
        }
    }
}
