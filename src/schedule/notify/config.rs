//! What the configuration says of notifications: `[smtp]` and `[project.NAME.notify]`.

use std::path::PathBuf;

use serde::Deserialize;

use super::choice::Occasion;

/// A key of the configuration that cannot be carried out, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {why}")]
pub struct ConfigError {
    key: String,
    why: String,
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
    pub fn read(key: &str, table: toml::Table) -> Result<NotifyConfig, ConfigError> {
        read(key, table)
    }
}

impl SmtpConfig {
    /// Reads the table `[smtp]`.
    pub fn read(table: toml::Table) -> Result<SmtpConfig, ConfigError> {
        read("smtp", table)
    }
}

fn read<T: serde::de::DeserializeOwned>(key: &str, table: toml::Table) -> Result<T, ConfigError> {
    // What the parser says names the key within the table; it may take more than a line.
    table.try_into().map_err(|fault: toml::de::Error| {
        let words: Vec<String> = fault
            .to_string()
            .lines()
            .map(|line| line.trim().to_owned())
            .collect();
        ConfigError::new(key, without_value(words.join(" ").trim()))
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
    pub(super) fn new(key: &str, why: impl Into<String>) -> ConfigError {
        ConfigError {
            key: key.to_owned(),
            why: why.into(),
        }
    }
}
