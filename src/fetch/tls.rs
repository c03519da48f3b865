//! TLS of the fetcher: the usual public authorities, HTTP/2 offered, and a verifier that separates
//! a self-signed certificate from one of an unknown issuer.

use std::sync::{Arc, OnceLock};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, RootCertStore,
    SignatureScheme,
};

use super::client::attempt::Attempt;
use super::client::settings::FetchSettings;

/// The error for a certificate that is its own issuer.
#[derive(Debug, thiserror::Error)]
#[error("self-signed certificate")]
pub(super) struct SelfSigned;

/// Why TLS could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsSetupError {
    /// No protocol version or no cipher suite is left.
    #[error("no usable TLS configuration: {0}")]
    Config(String),
    /// A certificate authority given by the user cannot be read.
    #[error("bad certificate authority")]
    Root(#[source] Error),
}

pub(super) fn client_config(settings: &FetchSettings) -> Result<ClientConfig, TlsSetupError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut own_roots = RootCertStore::empty();
    for root in &settings.extra_roots {
        own_roots.add(root.clone()).map_err(TlsSetupError::Root)?;
    }
    let verifier = Verifier {
        provider: Arc::clone(&provider),
        own_roots,
        system_roots: settings.system_roots,
        issuers: OnceLock::new(),
        insecure: settings.insecure,
    };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| TlsSetupError::Config(error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    // A preconfigured TLS client is used unchanged: without this line HTTP/2 never happens.
    config.alpn_protocols = if settings.http1_only {
        offered(&HTTP1_ONLY)
    } else {
        offered(&["h2", "http/1.1"])
    };
    Ok(config)
}

/// The only protocol offered where HTTP/2 is not wanted.
pub(super) const HTTP1_ONLY: [&str; 1] = ["http/1.1"];

/// Returns protocols in the form of a handshake, best first.
pub(super) fn offered(protocols: &[&str]) -> Vec<Vec<u8>> {
    protocols
        .iter()
        .map(|name| name.as_bytes().to_vec())
        .collect()
}

#[derive(Debug)]
struct Verifier {
    provider: Arc<CryptoProvider>,
    /// Authorities given by the user.
    own_roots: RootCertStore,
    /// Whether the authorities of the operating system count as well.
    system_roots: bool,
    /// The verifier with the authorities. Reading them takes longer than a small crawl of plain
    /// HTTP, so this waits for the first certificate.
    issuers: OnceLock<Result<Arc<WebPkiServerVerifier>, Error>>,
    insecure: bool,
}

impl Verifier {
    fn issuers(&self) -> Result<&WebPkiServerVerifier, Error> {
        let issuers = self.issuers.get_or_init(|| {
            let mut roots = self.own_roots.clone();
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
            if self.system_roots {
                // System stores contain odd entries; unreadable ones are left out.
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            }
            let provider = Arc::clone(&self.provider);
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
                .build()
                .map_err(|error| Error::General(error.to_string()))
        });
        match issuers {
            Ok(issuers) => Ok(issuers),
            Err(error) => Err(error.clone()),
        }
    }

    fn algorithms(&self) -> &WebPkiSupportedAlgorithms {
        &self.provider.signature_verification_algorithms
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.insecure {
            return Ok(ServerCertVerified::assertion());
        }
        self.issuers()?
            .verify_server_cert(leaf, intermediates, name, ocsp, now)
            .map_err(|error| refined(error, leaf))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, leaf, signed, self.algorithms())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, leaf, signed, self.algorithms())
    }

    /// Called while the ClientHello is built: at this moment the TCP connection exists and the
    /// handshake begins.
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        if let Some(attempt) = Attempt::current() {
            attempt.tls_started();
        }
        self.algorithms().supported_schemes()
    }
}

/// Reports "self-signed" where the verifier can only report an unknown issuer, or an authority's
/// certificate used by a server.
fn refined(error: Error, leaf: &CertificateDer<'_>) -> Error {
    let vague = matches!(
        error,
        Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::Other(_))
    );
    let vouches_for_itself =
        || webpki::EndEntityCert::try_from(leaf).is_ok_and(|cert| cert.issuer() == cert.subject());
    if vague && vouches_for_itself() {
        CertificateError::Other(OtherError(Arc::new(SelfSigned))).into()
    } else {
        error
    }
}
