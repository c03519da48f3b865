//! What the configuration says of notifications: `[smtp]` and `[project.NAME.notify]`.

use std::path::PathBuf;

use serde::{Deserialize, Deserializer};

use super::choice::Occasion;

/// A key of the configuration that cannot be carried out, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {why}")]
pub struct ConfigError {
    /// The key's path from the top of the file, such as `project.shop.notify.mail[0].to`.
    pub key: String,
    why: String,
    /// The byte of the file at which it is wrong, if that is known.
    pub at: Option<usize>,
    /// The variable that the environment does not have, if that is all that is wrong.
    pub missing: Option<String>,
}

/// `[project.NAME.notify]`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct NotifyConfig {
    /// On which occasions; absent: on all.
    pub on: Option<Vec<Occasion>>,
    /// Digests of runs in which nothing changed as well.
    pub always: bool,
    /// The largest report that a mail takes along, in MiB, 0 to 25; absent: 5.
    pub attach_mib: Option<u8>,
    /// Mails, one for each entry.
    pub mail: Vec<MailConfig>,
    /// Receivers of JSON.
    pub webhook: Vec<WebhookConfig>,
    /// Incoming webhooks of Slack.
    pub slack: Vec<PostConfig>,
    /// Incoming webhooks of Microsoft Teams.
    pub teams: Vec<PostConfig>,
}

/// `[[project.NAME.notify.mail]]`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MailConfig {
    /// Who gets it: `name@example.com` or `Name <name@example.com>`; 1 to 50.
    pub to: Vec<String>,
}

/// `[[project.NAME.notify.webhook]]`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct WebhookConfig {
    /// Where it is, if that is no secret.
    pub url: Option<String>,
    /// The environment variable that says where it is.
    pub url_env: Option<String>,
    /// The file that says where it is.
    pub url_file: Option<PathBuf>,
    /// The environment variable with the secret of the signature.
    pub secret_env: Option<String>,
    /// The file with the secret of the signature.
    pub secret_file: Option<PathBuf>,
}

/// `[[project.NAME.notify.slack]]` and `teams`: their addresses are secrets.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct PostConfig {
    /// The environment variable that says where it is.
    pub url_env: Option<String>,
    /// The file that says where it is.
    pub url_file: Option<PathBuf>,
}

/// `[smtp]`: how mail leaves.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SmtpConfig {
    /// The server's name.
    pub host: String,
    /// Its port; absent: 587 for STARTTLS, 465 for TLS, 25 without.
    pub port: Option<u16>,
    /// How the connection is kept secret; absent: STARTTLS.
    #[serde(default)]
    pub security: SmtpSecurity,
    /// Who the mail is from.
    pub from: String,
    /// The user to log in as, if one has to.
    pub user: Option<String>,
    /// The environment variable with the user's password.
    pub password_env: Option<String>,
    /// The file with the user's password.
    pub password_file: Option<PathBuf>,
    /// A file in PEM with the authority of the server's certificate, if it is no public one.
    pub ca_file: Option<PathBuf>,
}

/// How a connection to a mail server is kept secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SmtpSecurity {
    /// It begins in clear and must be secured before anything is said (RFC 3207).
    #[default]
    Starttls,
    /// TLS from the beginning (RFC 8314).
    Tls,
    /// Not at all: on this machine only.
    None,
}

impl NotifyConfig {
    /// Reads the table under `key`, such as `project.shop.notify`.
    pub fn read<'f>(key: &str, table: impl Table<'f>) -> Result<NotifyConfig, ConfigError> {
        read(key, table)
    }
}

impl SmtpConfig {
    /// Reads the table `[smtp]`.
    pub fn read<'f>(table: impl Table<'f>) -> Result<SmtpConfig, ConfigError> {
        read("smtp", table)
    }
}

/// A table of the file.
pub trait Table<'f>: Deserializer<'f, Error = toml::de::Error> {}

impl<'f, T: Deserializer<'f, Error = toml::de::Error>> Table<'f> for T {}

fn read<'f, T: Deserialize<'f>>(key: &str, table: impl Table<'f>) -> Result<T, ConfigError> {
    T::deserialize(table).map_err(|fault| ConfigError {
        at: fault.span().map(|span| span.start),
        ..ConfigError::new(key, without_value(fault.message()))
    })
}

/// What is wrong with a value of the wrong type, without the value: an address at the wrong place may be secret.
fn without_value(words: &str) -> String {
    let value = words.find("string \"").zip(words.rfind("\", expected"));
    match value {
        Some((start, end)) if start < end => {
            format!("{}{}", &words[..start + "string".len()], &words[end + 1..])
        }
        _ => words.to_owned(),
    }
}

impl ConfigError {
    /// Says that only a variable is missing.
    pub(super) fn without(self, variable: &str) -> ConfigError {
        ConfigError {
            missing: Some(variable.to_owned()),
            ..self
        }
    }

    pub(super) fn new(key: &str, why: impl Into<String>) -> ConfigError {
        ConfigError {
            key: key.to_owned(),
            why: why.into(),
            at: None,
            missing: None,
        }
    }
}
