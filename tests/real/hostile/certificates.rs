//! Certificates made on the spot, good and bad: which one a host has is told by its name.

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::crypto::ring::{default_provider, sign::any_supported_type};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

/// An authority that the crawler trusts, and one that it does not.
#[derive(Debug)]
pub(super) struct Certificates {
    trusted: Authority,
    stranger: Authority,
}

struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

impl Authority {
    fn named(name: &str) -> Authority {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key");
        let root = params.self_signed(&key).expect("a certificate");
        let text = BASE64_STANDARD.encode(root.der());
        Authority {
            pem: format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n"),
            issuer: Issuer::new(params, key),
        }
    }
}

impl Certificates {
    pub(super) fn new() -> Certificates {
        Certificates {
            trusted: Authority::named("Trusted"),
            stranger: Authority::named("Stranger"),
        }
    }

    /// The certificate of the one to trust.
    pub(super) fn trusted(&self) -> &str {
        &self.trusted.pem
    }

    /// A server with these certificates that speaks one protocol.
    pub(super) fn server(self: &Arc<Self>, protocol: &str) -> Arc<ServerConfig> {
        let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .expect("protocol versions")
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(self) as _);
        config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        Arc::new(config)
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name()?;
        let of = |name: &str| {
            let mut params = CertificateParams::new([name.to_owned()]).expect("a name");
            params.distinguished_name.push(DnType::CommonName, name);
            params
        };
        let key = KeyPair::generate().expect("a key");
        let (params, by) = match name.split('.').next()? {
            "expired" => {
                let mut params = of(name);
                params.not_before = date_time_ymd(2020, 1, 1);
                params.not_after = date_time_ymd(2021, 1, 2);
                (params, Some(&self.trusted))
            }
            "other-name" => (of("other.test"), Some(&self.trusted)),
            "untrusted" => (of(name), Some(&self.stranger)),
            "self-signed" => (of(name), None),
            _ => (of(name), Some(&self.trusted)),
        };
        let certificate = match by {
            Some(authority) => params.signed_by(&key, &authority.issuer),
            None => params.self_signed(&key),
        };
        let certificate = certificate.expect("a certificate").der().clone();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let key = any_supported_type(&key).expect("a usable key");
        Some(Arc::new(CertifiedKey::new(vec![certificate], key)))
    }
}
