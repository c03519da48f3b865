//! Notifications about scheduled audits, and their delivery. An event is kept in the database ([`EventRecorder`]),
//! put into words ([`Message`]), queued once for each channel, and sent by a task of its own ([`Notifier`]): a dead
//! receiver delays nothing and nobody. Secrets come from the environment or from files; none is stored, logged or
//! part of an error.

mod channel;
mod choice;
mod compose;
mod config;
mod deliver;
mod message;
mod notified_event;
mod retry;
mod sample;
#[cfg(test)]
mod tests;
mod write;

pub use crate::model::Secret;
pub use channel::chat::{CHATS, Chat};
pub use channel::mail::html;
pub use channel::secret::Environment;
pub use channel::send::SendError;
pub use channel::webhook::signature;
pub use channel::{Channel, Channels};
pub use choice::{Choice, Occasion};
pub use compose::message;
pub use config::{
    ConfigError, MailConfig, NotifyConfig, PostConfig, SmtpConfig, SmtpSecurity, WebhookConfig,
};
pub use deliver::{EventRecorder, Notifier, NotifyError};
pub use message::Message;
pub use retry::{GIVE_UP, GIVE_UP_FINAL, next_try};
pub use sample::{notify_test, sample};
