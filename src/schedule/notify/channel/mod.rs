//! The channels of a project, checked, so that errors are reported before the first run.

pub(super) mod chat;
pub(super) mod mail;
pub(super) mod secret;
pub(super) mod send;
pub(super) mod webhook;

use lettre::message::Mailbox;
use reqwest::{Client, Url};

use crate::model::{Moment, Zone};

use self::send::is_loopback;
use super::choice::Choice;
use super::config::{ConfigError, MailConfig, NotifyConfig, PostConfig, SmtpConfig, WebhookConfig};
use super::message::Message;
use crate::model::Secret;
use chat::{CHATS, Chat};
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
    /// An incoming webhook of a chat, by its URL.
    Chat(&'static Chat, Secret),
    /// A mail.
    Mail(Box<Mail>),
}

/// An entry of the configuration: one channel.
enum Entry<'a> {
    /// A mail through this server, with the maximum size of an attached report in MiB.
    Mail(&'a Post, &'a MailConfig, u8),
    Webhook(&'a WebhookConfig),
    Chat(&'static Chat, &'a PostConfig),
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
        if config.on.as_ref().is_some_and(Vec::is_empty) {
            let why =
                "an empty list sends nothing; name occasions, or leave the key out for all of them";
            return Err(ConfigError::new(&format!("{key}.on"), why));
        }
        let attach = config.attach_mib.unwrap_or(ATTACH);
        if attach > MOST_ATTACH {
            let key = format!("{key}.attach-mib");
            return Err(ConfigError::new(&key, format!("0 to {MOST_ATTACH}")));
        }
        let post = match (config.mail.is_empty(), smtp) {
            (true, _) => None,
            (false, Some(smtp)) => Some(Post::new(smtp, environment)?),
            (false, None) => {
                let why = "a mail needs a server: add [smtp] with `host` and `from`";
                return Err(ConfigError::new(&format!("{key}.mail"), why));
            }
        };
        let mut list = Vec::new();
        for (kind, entries) in entries(config, post.as_ref(), attach) {
            if entries.len() > MOST {
                let key = format!("{key}.{kind}");
                return Err(ConfigError::new(&key, format!("at most {MOST} entries")));
            }
            for (at, entry) in entries.into_iter().enumerate() {
                let channel = Channel::new(&format!("{key}.{kind}[{at}]"), &entry, environment)?;
                list.push((format!("{kind}.{}", at + 1), channel));
            }
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

/// Returns the entries of all kinds, by the name of their kind. This name is the key in the configuration, and part of
/// the channel's name, which queued messages have.
fn entries<'a>(
    config: &'a NotifyConfig,
    post: Option<&'a Post>,
    attach: u8,
) -> Vec<(&'static str, Vec<Entry<'a>>)> {
    let mails = post.iter().flat_map(|post| {
        let mails = config.mail.iter();
        mails.map(move |mail| Entry::Mail(post, mail, attach))
    });
    let webhooks = config.webhook.iter().map(Entry::Webhook);
    let mut kinds = vec![("mail", mails.collect()), ("webhook", webhooks.collect())];
    kinds.extend(CHATS.iter().map(|chat| {
        let entries = config.chats.get(chat.name).into_iter().flatten();
        (
            chat.name,
            entries.map(|entry| Entry::Chat(chat, entry)).collect(),
        )
    }));
    kinds
}

impl Channel {
    /// Checks an entry, whose key is `key`, and reads its secrets.
    fn new(
        key: &str,
        entry: &Entry<'_>,
        environment: Environment<'_>,
    ) -> Result<Channel, ConfigError> {
        Ok(match entry {
            Entry::Mail(post, mail, attach) => {
                let to = receivers(&format!("{key}.to"), &mail.to)?;
                Channel::Mail(Box::new(Mail::new(post, to, *attach)))
            }
            Entry::Webhook(entry) => Channel::Webhook(webhook_of(key, entry, environment)?),
            Entry::Chat(chat, entry) => Channel::Chat(chat, address_of(key, entry, environment)?),
        })
    }

    /// Sends a message. `delivery` identifies it, also when it is sent again.
    pub async fn send(
        &self,
        client: &Client,
        message: &Message,
        (delivery, now): (i64, Moment),
    ) -> Result<(), SendError> {
        match self {
            Channel::Webhook(hook) => {
                send::post(webhook::request(client, hook, message, (delivery, now))).await
            }
            Channel::Chat(chat, address) => {
                let body = (chat.payload)(message).to_string();
                send::post(send::json(client, address.expose(), body)).await
            }
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
