//! Hears whether an answer has begun to arrive. The HTTP library says "incomplete" or "reset" and
//! not whether a single byte had come, and its connections cannot be looked into; but the records
//! of a TLS connection pass through ciphers that are ours to choose. They are left as they are:
//! each is asked to decrypt and the first byte of the result is noted. Plain HTTP has no such
//! place, and neither does a connection opened by an earlier attempt.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, LazyLock};

use rustls::crypto::CryptoProvider;
use rustls::crypto::cipher::{
    AeadKey, InboundOpaqueMessage, InboundPlainMessage, Iv, KeyBlockShape, MessageDecrypter,
    MessageEncrypter, Tls12AeadAlgorithm, Tls13AeadAlgorithm, UnsupportedOperationError,
};
use rustls::{
    CipherSuiteCommon, ConnectionTrafficSecrets, ContentType, Error, SupportedCipherSuite,
    Tls12CipherSuite, Tls13CipherSuite,
};

use super::attempt::Attempt;

/// The ring provider with ciphers that listen. Cipher suites have to live for ever; these few are
/// made once.
pub(super) fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| {
        let mut provider = rustls::crypto::ring::default_provider();
        for suite in &mut provider.cipher_suites {
            *suite = listening(*suite);
        }
        Arc::new(provider)
    });
    Arc::clone(&PROVIDER)
}

/// What was heard on one TLS connection.
#[derive(Debug, Default)]
pub(super) struct Ear(AtomicU8);

const HTTP1: u8 = 1;
const HTTP2: u8 = 2;

impl Ear {
    /// Whether a byte of an HTTP/1 answer has come.
    pub(super) fn answer_begun(&self) -> bool {
        self.0.load(Ordering::Relaxed) == HTTP1
    }

    fn hear(&self, message: &InboundPlainMessage<'_>) {
        if message.typ != ContentType::ApplicationData {
            return;
        }
        // HTTP/2 begins with the length of a settings frame, whose first byte is always zero.
        let heard = match message.payload.first() {
            None => return,
            Some(0) => HTTP2,
            Some(_) => HTTP1,
        };
        // Only the first byte counts, so a failed exchange is as good as none.
        let _ = self
            .0
            .compare_exchange(0, heard, Ordering::Relaxed, Ordering::Relaxed);
    }
}

fn listening(suite: SupportedCipherSuite) -> SupportedCipherSuite {
    match suite {
        SupportedCipherSuite::Tls13(suite) => {
            SupportedCipherSuite::Tls13(Box::leak(Box::new(Tls13CipherSuite {
                common: common(&suite.common),
                hkdf_provider: suite.hkdf_provider,
                aead_alg: Box::leak(Box::new(Listening(suite.aead_alg))),
                quic: None,
            })))
        }
        SupportedCipherSuite::Tls12(suite) => {
            SupportedCipherSuite::Tls12(Box::leak(Box::new(Tls12CipherSuite {
                common: common(&suite.common),
                prf_provider: suite.prf_provider,
                kx: suite.kx,
                sign: suite.sign,
                aead_alg: Box::leak(Box::new(Listening(suite.aead_alg))),
            })))
        }
    }
}

fn common(common: &CipherSuiteCommon) -> CipherSuiteCommon {
    CipherSuiteCommon {
        suite: common.suite,
        hash_provider: common.hash_provider,
        confidentiality_limit: common.confidentiality_limit,
    }
}

/// An algorithm whose decrypters listen.
struct Listening<A: ?Sized + 'static>(&'static A);

impl Tls13AeadAlgorithm for Listening<dyn Tls13AeadAlgorithm> {
    fn encrypter(&self, key: AeadKey, iv: Iv) -> Box<dyn MessageEncrypter> {
        self.0.encrypter(key, iv)
    }

    fn decrypter(&self, key: AeadKey, iv: Iv) -> Box<dyn MessageDecrypter> {
        with_ear(self.0.decrypter(key, iv))
    }

    fn key_len(&self) -> usize {
        self.0.key_len()
    }

    fn extract_keys(
        &self,
        key: AeadKey,
        iv: Iv,
    ) -> Result<ConnectionTrafficSecrets, UnsupportedOperationError> {
        self.0.extract_keys(key, iv)
    }
}

impl Tls12AeadAlgorithm for Listening<dyn Tls12AeadAlgorithm> {
    fn encrypter(&self, key: AeadKey, iv: &[u8], extra: &[u8]) -> Box<dyn MessageEncrypter> {
        self.0.encrypter(key, iv, extra)
    }

    fn decrypter(&self, key: AeadKey, iv: &[u8]) -> Box<dyn MessageDecrypter> {
        with_ear(self.0.decrypter(key, iv))
    }

    fn key_block_shape(&self) -> KeyBlockShape {
        self.0.key_block_shape()
    }

    fn extract_keys(
        &self,
        key: AeadKey,
        iv: &[u8],
        explicit: &[u8],
    ) -> Result<ConnectionTrafficSecrets, UnsupportedOperationError> {
        self.0.extract_keys(key, iv, explicit)
    }
}

/// Keys are agreed during the handshake, which runs inside the attempt that dials.
fn with_ear(inner: Box<dyn MessageDecrypter>) -> Box<dyn MessageDecrypter> {
    match Attempt::current() {
        Some(attempt) => Box::new(ListeningDecrypter {
            inner,
            ear: attempt.ear(),
        }),
        None => inner,
    }
}

struct ListeningDecrypter {
    inner: Box<dyn MessageDecrypter>,
    ear: Arc<Ear>,
}

impl MessageDecrypter for ListeningDecrypter {
    fn decrypt<'a>(
        &mut self,
        message: InboundOpaqueMessage<'a>,
        number: u64,
    ) -> Result<InboundPlainMessage<'a>, Error> {
        let plain = self.inner.decrypt(message, number)?;
        self.ear.hear(&plain);
        Ok(plain)
    }
}
