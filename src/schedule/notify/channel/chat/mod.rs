//! Chats that take messages as JSON at a secret URL, their incoming webhooks. They differ in the JSON alone: a chat is a
//! module with its `payload`, and a line of [`CHATS`].

pub(in crate::schedule::notify) mod slack;
pub(in crate::schedule::notify) mod teams;

use serde_json::Value;

use crate::schedule::notify::message::Message;

/// A kind of chat.
#[derive(Debug)]
pub struct Chat {
    /// Its name in the configuration, and in the names of its channels.
    pub name: &'static str,
    /// Renders a message for it.
    pub(super) payload: fn(&Message) -> Value,
}

/// All kinds of chats, in the order in which messages are sent.
pub static CHATS: [Chat; 2] = [
    Chat {
        name: "slack",
        payload: slack::payload,
    },
    Chat {
        name: "teams",
        payload: teams::payload,
    },
];
