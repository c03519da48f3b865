//! Posts messages over HTTP.

use reqwest::{Client, RequestBuilder};

/// Why a message could not be sent, in one line without a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SendError(pub(in crate::schedule::notify) String);

/// Sends a request. Only an answer of 200-299 means that it was accepted: redirects are not followed.
pub(super) async fn post(request: RequestBuilder) -> Result<(), SendError> {
    // The URL may be a secret: chats identify their senders by nothing else.
    let answer = request.send().await.map_err(|fault| {
        let fault = fault.without_url();
        SendError(match fault {
            fault if fault.is_timeout() => "no answer in time".to_owned(),
            fault if fault.is_connect() => "could not connect".to_owned(),
            _ => "the connection broke".to_owned(),
        })
    })?;
    match answer.status() {
        status if status.is_success() => Ok(()),
        status if status.is_redirection() => Err(SendError(format!(
            "it redirects ({status}), which is not followed: name the place itself"
        ))),
        status => Err(SendError(format!("it answered {status}"))),
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
