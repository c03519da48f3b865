//! Maps a failed TLS handshake to an outcome.

use jiff::Timestamp;
use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, InvalidMessage};

use super::exchange::Fault;
use crate::fetch::tls::SelfSigned;
use crate::model::Outcome;

/// The error for a server that answers a TLS handshake with something else, usually plain HTTP.
pub const NOT_TLS: &str = "server does not speak tls";

pub(super) fn of_tls(error: &rustls::Error) -> Fault {
    use rustls::Error as E;
    match error {
        E::InvalidCertificate(certificate) => of_certificate(certificate),
        E::AlertReceived(AlertDescription::UnrecognisedName) => Fault::new(
            Outcome::TlsSniRejected,
            "server does not know the host name",
        ),
        E::InvalidMessage(
            InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion,
        ) => Fault::new(Outcome::TlsNotTls, NOT_TLS),
        E::AlertReceived(alert) => {
            Fault::new(Outcome::TlsHandshake, format!("tls alert {alert:?}"))
        }
        _ => Fault::new(Outcome::TlsHandshake, "tls handshake failed"),
    }
}

fn of_certificate(error: &CertificateError) -> Fault {
    use CertificateError as C;
    match error {
        C::Expired => Fault::new(Outcome::TlsExpired, "certificate expired"),
        C::ExpiredContext { not_after, .. } => Fault::new(
            Outcome::TlsExpired,
            format!("certificate expired {}", day(*not_after)),
        ),
        C::NotValidYet => Fault::new(Outcome::TlsExpired, "certificate not valid yet"),
        C::NotValidYetContext { not_before, .. } => Fault::new(
            Outcome::TlsExpired,
            format!("certificate not valid before {}", day(*not_before)),
        ),
        C::NotValidForName | C::NotValidForNameContext { .. } => {
            Fault::new(Outcome::TlsName, "certificate is for another name")
        }
        C::Revoked => Fault::new(Outcome::TlsRevoked, "certificate revoked"),
        C::UnknownIssuer => Fault::new(
            Outcome::TlsUntrusted,
            "certificate issuer unknown or intermediate missing",
        ),
        C::Other(other) if other.0.is::<SelfSigned>() => {
            Fault::new(Outcome::TlsSelfSigned, SelfSigned.to_string())
        }
        _ => Fault::new(Outcome::TlsUntrusted, "certificate not acceptable"),
    }
}

fn day(at: UnixTime) -> String {
    let seconds = i64::try_from(at.as_secs()).unwrap_or(i64::MAX);
    let written = Timestamp::from_second(seconds).map(|at| at.to_string());
    written.map_or_else(|_| String::new(), |text| text.chars().take(10).collect())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn revoked_and_future_certificates_are_recognised() {
        let revoked = of_certificate(&CertificateError::Revoked);
        assert_eq!(revoked.outcome.id(), "tls_revoked");
        let tomorrow = of_certificate(&CertificateError::NotValidYetContext {
            time: UnixTime::since_unix_epoch(Duration::ZERO),
            not_before: UnixTime::since_unix_epoch(Duration::from_hours(24)),
        });
        assert_eq!(tomorrow.outcome.id(), "tls_expired");
        assert_eq!(tomorrow.words, "certificate not valid before 1970-01-02");
    }
}
