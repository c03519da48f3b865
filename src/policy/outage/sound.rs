//! What the end of an attempt tells of the network it went through.

use crate::model::{Layer, Outcome};

/// What an attempt tells of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sound {
    /// Something answered.
    Answer,
    /// Nothing did, as if there were no network.
    Silence,
    /// A failure of either kind.
    Unclear,
}

impl Sound {
    /// What an outcome tells. A connection is refused by the host itself, or by a proxy that is
    /// none of the site's.
    pub fn of(outcome: Outcome, proxied: bool) -> Sound {
        use Outcome as O;
        match outcome {
            O::DnsTimeout
            | O::DnsServfail
            | O::DnsRefused
            | O::ConnectTimeout
            | O::ConnectUnreachable
            | O::TtfbTimeout
            | O::BodyTimeout => Sound::Silence,
            O::ConnectRefused if proxied => Sound::Silence,
            // A handshake may have been cut off, as a long body may.
            O::TlsHandshake | O::TotalTimeout => Sound::Unclear,
            _ if matches!(outcome.layer(), Layer::Http | Layer::Tls) => Sound::Answer,
            _ => Sound::Unclear,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_sound_like_answers_or_like_silence() {
        let cases = [
            (Outcome::Server503, Sound::Answer),
            (Outcome::TlsExpired, Sound::Answer),
            (Outcome::ConnectTimeout, Sound::Silence),
            (Outcome::ConnectUnreachable, Sound::Silence),
            (Outcome::DnsServfail, Sound::Silence),
            (Outcome::TtfbTimeout, Sound::Silence),
            (Outcome::ConnectRefused, Sound::Unclear),
            (Outcome::TlsHandshake, Sound::Unclear),
            (Outcome::DnsNxdomain, Sound::Unclear),
            (Outcome::AddressRefused, Sound::Unclear),
        ];
        for (outcome, sound) in cases {
            assert_eq!(Sound::of(outcome, false), sound, "{outcome}");
        }
        assert_eq!(Sound::of(Outcome::ConnectRefused, true), Sound::Silence);
    }
}
