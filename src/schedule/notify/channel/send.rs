//! Posts messages over HTTP.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, StatusCode};

use crate::schedule::notify::retry::{GIVE_UP, GIVE_UP_FINAL};

/// Why a message could not be sent, in one line without a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The receiver is silent.
    #[error("no answer in time")]
    NoAnswer,
    /// There is no way to the receiver.
    #[error("could not connect")]
    NoConnection,
    /// The connection ended before the answer.
    #[error("the connection broke")]
    BrokenOff,
    /// The receiver is elsewhere.
    #[error("it redirects ({0}), which is not followed: name the place itself")]
    Redirect(StatusCode),
    /// The receiver did not accept the message.
    #[error("it answered {0}")]
    Refused(StatusCode),
    /// The mail could not be written or handed over.
    #[error("{0}")]
    Mail(String),
    /// The channel was removed from the configuration.
    #[error("the configuration has no such channel any more")]
    NoChannel,
    /// The queued message is that of another version.
    #[error("its stored text cannot be read")]
    Unreadable,
}

impl SendError {
    /// Returns how long the message is retried after it was queued. Errors that only a person can end, such as those of
    /// a webhook that was deleted, get the time of a deploy or of a mistake in the configuration.
    pub(in crate::schedule::notify) fn patience(&self) -> Duration {
        match self {
            SendError::Refused(
                StatusCode::UNAUTHORIZED
                | StatusCode::FORBIDDEN
                | StatusCode::NOT_FOUND
                | StatusCode::GONE,
            )
            | SendError::NoChannel
            | SendError::Unreadable => GIVE_UP_FINAL,
            SendError::NoAnswer
            | SendError::NoConnection
            | SendError::BrokenOff
            | SendError::Redirect(_)
            | SendError::Refused(_)
            | SendError::Mail(_) => GIVE_UP,
        }
    }
}

/// Sends a request. Only an answer of 200-299 means that it was accepted: redirects are not followed.
pub(super) async fn post(request: RequestBuilder) -> Result<(), SendError> {
    // The error's URL may be a secret: chats identify their senders by nothing else. So none of its text is kept.
    let answer = request.send().await.map_err(|fault| match fault {
        fault if fault.is_timeout() => SendError::NoAnswer,
        fault if fault.is_connect() => SendError::NoConnection,
        _ => SendError::BrokenOff,
    })?;
    match answer.status() {
        status if status.is_success() => Ok(()),
        status if status.is_redirection() => Err(SendError::Redirect(status)),
        status => Err(SendError::Refused(status)),
    }
}

/// Returns a request with a JSON body.
pub(in crate::schedule::notify) fn json(
    client: &Client,
    address: &str,
    body: String,
) -> RequestBuilder {
    client
        .post(address)
        .header("content-type", "application/json; charset=utf-8")
        .body(body)
}

/// Returns whether a host is this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || bare
            .parse()
            .is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}
