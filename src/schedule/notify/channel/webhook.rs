//! Webhooks: the message as JSON, signed.
//!
//! `X-Gatecrawl-Signature: sha256=HEX` is the HMAC-SHA256 (RFC 2104) of the value of `X-Gatecrawl-Timestamp` (seconds
//! since 1970 UTC), a full stop, and the body as sent, with the shared secret as the key. A receiver computes it over
//! the request, compares in constant time, and refuses old timestamps. `X-Gatecrawl-Delivery` stays the same when a
//! message is sent again.

use std::fmt::Write as _;

use reqwest::{Client, RequestBuilder};
use ring::hmac;

use crate::model::Moment;

use super::send;
use crate::model::Secret;
use crate::schedule::notify::message::Message;

/// A receiver of JSON.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// Its URL, which may contain a token.
    pub(in crate::schedule::notify) address: Secret,
    /// The key of the signature; `None` for unsigned requests.
    pub(in crate::schedule::notify) secret: Option<Secret>,
}

/// Returns the request with a message; `delivery` identifies it.
pub(in crate::schedule::notify) fn request(
    client: &Client,
    webhook: &Webhook,
    message: &Message,
    (delivery, now): (i64, Moment),
) -> RequestBuilder {
    let body = message.json().to_string();
    let seconds = (now.millis() / 1_000).to_string();
    let signed = webhook
        .secret
        .as_ref()
        .map(|secret| signature(secret, &seconds, body.as_bytes()));
    let mut request = send::json(client, webhook.address.expose(), body)
        .header("x-gatecrawl-event", message.occasion().name())
        .header("x-gatecrawl-delivery", delivery.to_string())
        .header("x-gatecrawl-timestamp", seconds);
    if let Some(signed) = signed {
        request = request.header("x-gatecrawl-signature", signed);
    }
    request
}

/// Returns the value of `X-Gatecrawl-Signature`.
pub fn signature(secret: &Secret, timestamp: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
    let mut context = hmac::Context::with_key(&key);
    context.update(timestamp.as_bytes());
    context.update(b".");
    context.update(body);
    let tag = context.sign();
    let mut text = "sha256=".to_owned();
    for byte in tag.as_ref() {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac key
    #[test]
    fn the_signature_is_that_of_openssl() {
        assert_eq!(
            signature(&Secret::from("key"), "1700000000", br#"{"a":1}"#),
            "sha256=a438e398bfafc57e4396bb7fc2304422f0f768e965d073ca313cb52e22e6ad03"
        );
    }
}
