//! The evidence about the network from the end of an attempt.

use crate::model::{Layer, Outcome};

/// What an attempt shows about this machine's network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkSign {
    /// Something answered.
    Answer,
    /// Nothing answered, as if there were no network.
    Silence,
    /// A failure of either kind.
    Unclear,
}

impl NetworkSign {
    /// Returns what an outcome shows. The host itself refuses a connection, or a proxy that does
    /// not belong to the site.
    ///
    /// `answered` is true if a first byte came, however late.
    pub fn of(outcome: Outcome, answered: bool, proxied: bool) -> NetworkSign {
        use Outcome as O;
        match outcome {
            O::TtfbTimeout if answered => NetworkSign::Answer,
            O::DnsTimeout
            | O::DnsServfail
            | O::DnsRefused
            | O::ConnectTimeout
            | O::ConnectUnreachable
            | O::TtfbTimeout
            | O::BodyTimeout => NetworkSign::Silence,
            O::ConnectRefused if proxied => NetworkSign::Silence,
            // A handshake may have been cut off, as a long body may.
            O::TlsHandshake | O::TotalTimeout => NetworkSign::Unclear,
            _ => match outcome.layer() {
                Layer::Http | Layer::Tls => NetworkSign::Answer,
                Layer::Dns | Layer::Tcp | Layer::Log | Layer::Policy => NetworkSign::Unclear,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_show_answers_or_silence() {
        let cases = [
            (Outcome::Server503, NetworkSign::Answer),
            (Outcome::TlsExpired, NetworkSign::Answer),
            (Outcome::ConnectTimeout, NetworkSign::Silence),
            (Outcome::ConnectUnreachable, NetworkSign::Silence),
            (Outcome::DnsServfail, NetworkSign::Silence),
            (Outcome::TtfbTimeout, NetworkSign::Silence),
            (Outcome::ConnectRefused, NetworkSign::Unclear),
            (Outcome::TlsHandshake, NetworkSign::Unclear),
            (Outcome::DnsNxdomain, NetworkSign::Unclear),
            (Outcome::AddressRefused, NetworkSign::Unclear),
        ];
        for (outcome, sound) in cases {
            assert_eq!(NetworkSign::of(outcome, false, false), sound, "{outcome}");
        }
        assert_eq!(
            NetworkSign::of(Outcome::ConnectRefused, false, true),
            NetworkSign::Silence
        );
        assert_eq!(
            NetworkSign::of(Outcome::TtfbTimeout, true, false),
            NetworkSign::Answer
        );
    }
}
