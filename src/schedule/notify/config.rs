//! The configuration of notifications: `[smtp]` and `[project.NAME.notify]`.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::channel::chat::{CHATS, Chat};
use super::choice::Occasion;

/// An invalid key of the configuration, and the reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {why}")]
pub struct ConfigError {
    /// The key's path from the top of the file, such as `project.shop.notify.mail[0].to`.
    pub key: String,
    why: String,
    /// The position of the error in the file, in bytes, if known.
    pub at: Option<usize>,
    /// The missing environment variable, if that is the only error.
    pub missing: Option<String>,
}

/// `[project.NAME.notify]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NotifyConfig {
    /// The wanted occasions; absent: all.
    pub on: Option<Vec<Occasion>>,
    /// Whether digests are also sent for runs without a change.
    pub always: bool,
    /// Maximum size of an attached report, in MiB, 0 to 25; absent: 5.
    pub attach_mib: Option<u8>,
    /// Mails, one for each table.
    pub mail: Vec<MailConfig>,
    /// Receivers of JSON.
    pub webhook: Vec<WebhookConfig>,
    /// Incoming webhooks of chats, by the chat's name.
    pub chats: BTreeMap<&'static str, Vec<PostConfig>>,
}

/// A key of `[project.NAME.notify]`.
#[derive(Deserialize)]
#[serde(try_from = "String")]
enum Key {
    On,
    Always,
    AttachMib,
    Mail,
    Webhook,
    Chat(&'static Chat),
}

impl TryFrom<String> for Key {
    type Error = String;

    fn try_from(name: String) -> Result<Key, String> {
        match name.as_str() {
            "on" => Ok(Key::On),
            "always" => Ok(Key::Always),
            "attach-mib" => Ok(Key::AttachMib),
            "mail" => Ok(Key::Mail),
            "webhook" => Ok(Key::Webhook),
            name => {
                let chat = CHATS.iter().find(|chat| chat.name == name);
                chat.map(Key::Chat).ok_or_else(|| {
                    let chats = CHATS.iter().map(|chat| format!("`{}`", chat.name));
                    let chats = chats.collect::<Vec<_>>().join(", ");
                    format!(
                        "unknown field `{name}`, expected one of `on`, `always`, `attach-mib`, `mail`, `webhook`, {chats}"
                    )
                })
            }
        }
    }
}

/// Reads the keys one by one: those of the chats are known only to [`CHATS`].
impl<'de> Deserialize<'de> for NotifyConfig {
    fn deserialize<D: Deserializer<'de>>(table: D) -> Result<NotifyConfig, D::Error> {
        struct Keys;

        impl<'de> Visitor<'de> for Keys {
            type Value = NotifyConfig;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table of notifications")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut keys: M) -> Result<NotifyConfig, M::Error> {
                let mut config = NotifyConfig::default();
                while let Some(key) = keys.next_key()? {
                    match key {
                        Key::On => config.on = keys.next_value()?,
                        Key::Always => config.always = keys.next_value()?,
                        Key::AttachMib => config.attach_mib = keys.next_value()?,
                        Key::Mail => config.mail = keys.next_value()?,
                        Key::Webhook => config.webhook = keys.next_value()?,
                        Key::Chat(chat) => {
                            config.chats.insert(chat.name, keys.next_value()?);
                        }
                    }
                }
                Ok(config)
            }
        }

        table.deserialize_map(Keys)
    }
}

/// `[[project.NAME.notify.mail]]`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MailConfig {
    /// The receivers: `name@example.com` or `Name <name@example.com>`; 1 to 50.
    pub to: Vec<String>,
}

/// `[[project.NAME.notify.webhook]]`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct WebhookConfig {
    /// The URL, if it is not a secret.
    pub url: Option<String>,
    /// The environment variable that holds the URL.
    pub url_env: Option<String>,
    /// The file that holds the URL.
    pub url_file: Option<PathBuf>,
    /// The environment variable with the secret of the signature.
    pub secret_env: Option<String>,
    /// The file with the secret of the signature.
    pub secret_file: Option<PathBuf>,
}

/// A chat, such as `[[project.NAME.notify.slack]]`: its URL is a secret.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct PostConfig {
    /// The environment variable that holds the URL.
    pub url_env: Option<String>,
    /// The file that holds the URL.
    pub url_file: Option<PathBuf>,
}

/// `[smtp]`: the mail server.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SmtpConfig {
    /// The server's name.
    pub host: String,
    /// Its port; absent: 587 for STARTTLS, 465 for TLS, 25 without.
    pub port: Option<u16>,
    /// The encryption of the connection; absent: STARTTLS.
    #[serde(default)]
    pub security: SmtpSecurity,
    /// The sender of the mail.
    pub from: String,
    /// The user to log in as, if the server requires a login.
    pub user: Option<String>,
    /// The environment variable with the user's password.
    pub password_env: Option<String>,
    /// The file with the user's password.
    pub password_file: Option<PathBuf>,
    /// A PEM file with the authority of the server's certificate, if it is not a public one.
    pub ca_file: Option<PathBuf>,
}

/// The encryption of a connection to a mail server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SmtpSecurity {
    /// The connection begins in plain text, and must be encrypted before anything else is sent (RFC 3207).
    #[default]
    Starttls,
    /// TLS from the beginning (RFC 8314).
    Tls,
    /// No encryption: on this machine only.
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

/// A table of the configuration file, as TOML.
pub trait Table<'f>: Deserializer<'f, Error = toml::de::Error> {}

impl<'f, T: Deserializer<'f, Error = toml::de::Error>> Table<'f> for T {}

fn read<'f, T: Deserialize<'f>>(key: &str, table: impl Table<'f>) -> Result<T, ConfigError> {
    T::deserialize(table).map_err(|fault| ConfigError {
        at: fault.span().map(|span| span.start),
        ..ConfigError::new(key, without_value(fault.message()))
    })
}

/// Returns the error of a value of the wrong type without the value, which may be a secret URL.
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
    /// Records that the only error is this missing environment variable.
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
