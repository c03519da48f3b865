//! The channels of a project, checked, so that errors are reported before the first run.

pub(super) mod mail;
pub(super) mod secret;
pub(super) mod send;
pub(super) mod slack;
pub(super) mod teams;
pub(super) mod webhook;

use lettre::message::Mailbox;
use reqwest::{Client, Url};

use crate::model::{Moment, Zone};

use self::send::is_loopback;
use super::choice::Choice;
use super::config::{ConfigError, NotifyConfig, PostConfig, SmtpConfig, WebhookConfig};
use super::message::Message;
use crate::model::Secret;
use mail::{Mail, Post};
use secret::Environment;
use send::SendError;
use webhook::Webhook;

/// Maximum channels of a kind, and maximum receivers of a mail.
const MOST: usize = 50;

/// Default and maximum of `attach-mib`, the size of an attached report in MiB: mail servers refuse larger mails.
const ATTACH: u8 = 5;
const MOST_ATTACH: u8 = 25;

/// A channel that a message is sent through.
#[derive(Clone, Debug)]
pub enum Channel {
    /// JSON with a signature.
    Webhook(Webhook),
    /// An incoming webhook of Slack, by its URL.
    Slack(Secret),
    /// An incoming webhook of Microsoft Teams, by its URL.
    Teams(Secret),
    /// A mail.
    Mail(Box<Mail>),
}

/// A project's channels by name, such as `mail.1`, and the occasions that it wants.
#[derive(Clone, Debug, Default)]
pub struct Channels {
    /// The occasions that the project wants.
    pub choice: Choice,
    /// The time zone of the times in messages.
    pub zone: Zone,
    list: Vec<(String, Channel)>,
}

impl Channels {
    /// Checks a configuration and reads the secrets that it names. `key` is its key, such as `project.shop.notify`.
    pub fn new(
        key: &str,
        config: &NotifyConfig,
        smtp: Option<&SmtpConfig>,
        environment: Environment<'_>,
    ) -> Result<Channels, ConfigError> {
        let mut list = Vec::new();
        let mut add = |kind: &str, at: usize, channel| {
            list.push((format!("{kind}.{}", at + 1), channel));
        };
        let kinds = [
            ("mail", config.mail.len()),
            ("webhook", config.webhook.len()),
            ("slack", config.slack.len()),
            ("teams", config.teams.len()),
        ];
        for (kind, entries) in kinds {
            if entries > MOST {
                let key = format!("{key}.{kind}");
                return Err(ConfigError::new(&key, format!("at most {MOST} entries")));
            }
        }
        let attach = config.attach_mib.unwrap_or(ATTACH);
        if attach > MOST_ATTACH {
            let key = format!("{key}.attach-mib");
            return Err(ConfigError::new(&key, format!("0 to {MOST_ATTACH}")));
        }
        if !config.mail.is_empty() {
            let Some(smtp) = smtp else {
                let why = "a mail needs a server: add [smtp] with `host` and `from`";
                return Err(ConfigError::new(&format!("{key}.mail"), why));
            };
            let post = Post::new(smtp, environment)?;
            for (at, entry) in config.mail.iter().enumerate() {
                let to = receivers(&format!("{key}.mail[{at}].to"), &entry.to)?;
                add(
                    "mail",
                    at,
                    Channel::Mail(Box::new(Mail::new(&post, to, attach))),
                );
            }
        }
        for (at, entry) in config.webhook.iter().enumerate() {
            let webhook = webhook_of(&format!("{key}.webhook[{at}]"), entry, environment)?;
            add("webhook", at, Channel::Webhook(webhook));
        }
        for (at, entry) in config.slack.iter().enumerate() {
            let address = address_of(&format!("{key}.slack[{at}]"), entry, environment)?;
            add("slack", at, Channel::Slack(address));
        }
        for (at, entry) in config.teams.iter().enumerate() {
            let address = address_of(&format!("{key}.teams[{at}]"), entry, environment)?;
            add("teams", at, Channel::Teams(address));
        }
        let choice = Choice {
            on: config.on.clone().unwrap_or_else(|| Choice::default().on),
            always: config.always,
        };
        Ok(Channels {
            choice,
            zone: Zone::default(),
            list,
        })
    }

    /// Returns names and channels, in the order of their kinds and of the configuration.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Channel)> {
        self.list
            .iter()
            .map(|(name, channel)| (name.as_str(), channel))
    }

    /// Returns the channel with this name.
    pub fn get(&self, name: &str) -> Option<&Channel> {
        self.iter()
            .find_map(|(known, channel)| (known == name).then_some(channel))
    }
}

impl Channel {
    /// Sends a message. `delivery` identifies it, also when it is sent again.
    pub async fn send(
        &self,
        client: &Client,
        message: &Message,
        (delivery, now): (i64, Moment),
    ) -> Result<(), SendError> {
        let json = |address: &Secret, body: serde_json::Value| {
            send::post(send::json(client, address.expose(), body.to_string()))
        };
        match self {
            Channel::Webhook(hook) => {
                send::post(webhook::request(client, hook, message, (delivery, now))).await
            }
            Channel::Slack(address) => json(address, slack::payload(message)).await,
            Channel::Teams(address) => json(address, teams::payload(message)).await,
            Channel::Mail(mail) => mail::send(mail, message, (delivery, now)).await,
        }
    }
}

fn receivers(key: &str, to: &[String]) -> Result<Vec<Mailbox>, ConfigError> {
    if to.is_empty() || to.len() > MOST {
        return Err(ConfigError::new(key, format!("1 to {MOST} addresses")));
    }
    to.iter().map(|text| mail::mailbox(key, text)).collect()
}

fn webhook_of(
    key: &str,
    entry: &WebhookConfig,
    environment: Environment<'_>,
) -> Result<Webhook, ConfigError> {
    let named = secret::read(
        &format!("{key}.url"),
        entry.url_env.as_deref(),
        entry.url_file.as_deref(),
        environment,
    )?;
    let address = match (&entry.url, named) {
        (Some(url), None) => Secret::from(url.as_str()),
        (None, Some(address)) => address,
        _ => {
            return Err(ConfigError::new(
                key,
                "take one of url, url-env and url-file",
            ));
        }
    };
    checked(key, &address, false)?;
    let secret = secret::read(
        &format!("{key}.secret"),
        entry.secret_env.as_deref(),
        entry.secret_file.as_deref(),
        environment,
    )?;
    Ok(Webhook { address, secret })
}

fn address_of(
    key: &str,
    entry: &PostConfig,
    environment: Environment<'_>,
) -> Result<Secret, ConfigError> {
    let (env, file) = (entry.url_env.as_deref(), entry.url_file.as_deref());
    let address = secret::read(&format!("{key}.url"), env, file, environment)?
        .ok_or_else(|| ConfigError::new(key, "take one of url-env and url-file"))?;
    checked(key, &address, true)?;
    Ok(address)
}

/// Checks that it is a URL, and that secrets are sent over TLS or to this machine only.
fn checked(key: &str, address: &Secret, secret: bool) -> Result<(), ConfigError> {
    // Neither the parser's error nor this one contains the URL, which may be secret.
    let url = Url::parse(address.expose())
        .map_err(|fault| ConfigError::new(key, format!("its url is invalid: {fault}")))?;
    match url.scheme() {
        "https" => Ok(()),
        "http" if !secret || is_loopback(url.host_str().unwrap_or_default()) => Ok(()),
        "http" => Err(ConfigError::new(key, "its url must begin with https://")),
        _ => Err(ConfigError::new(
            key,
            "its url must begin with https:// or http://",
        )),
    }
}
