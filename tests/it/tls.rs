//! Certificates made on the spot, good and bad, and servers that speak HTTP/2.

use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, SupportedProtocolVersion};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

type Versions<'a> = &'a [&'static SupportedProtocolVersion];

/// A certificate authority of the test's own.
pub(crate) struct Authority {
    pub(crate) root: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn named(name: &str) -> Authority {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key");
        let root = params.self_signed(&key).expect("a certificate");
        Authority {
            root: root.der().clone(),
            issuer: Issuer::new(params, key),
        }
    }

    /// A server for one name, with a certificate that is in order.
    pub(crate) fn server(&self, name: &str) -> ServerConfig {
        self.server_on(name, rustls::DEFAULT_VERSIONS)
    }

    /// The same, with some versions of TLS only.
    pub(crate) fn server_on(&self, name: &str, versions: Versions<'_>) -> ServerConfig {
        self.server_with(&params(name), versions)
    }

    /// A server whose certificate was in order until 2021.
    pub(crate) fn expired_server(&self, name: &str) -> ServerConfig {
        let mut params = params(name);
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 2);
        self.server_with(&params, rustls::DEFAULT_VERSIONS)
    }

    fn server_with(&self, params: &CertificateParams, versions: Versions<'_>) -> ServerConfig {
        let key = KeyPair::generate().expect("a key");
        let leaf = params.signed_by(&key, &self.issuer).expect("a certificate");
        config(leaf.der().clone(), &key, versions)
    }
}

/// A server whose certificate vouches for itself.
pub(crate) fn self_signed_server(name: &str) -> ServerConfig {
    let key = KeyPair::generate().expect("a key");
    let leaf = params(name).self_signed(&key).expect("a certificate");
    config(leaf.der().clone(), &key, rustls::DEFAULT_VERSIONS)
}

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new([name.to_owned()]).expect("a name");
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

fn config(leaf: CertificateDer<'static>, key: &KeyPair, versions: Versions<'_>) -> ServerConfig {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(versions)
        .expect("protocol versions")
        .with_no_client_auth()
        .with_single_cert(vec![leaf], key)
        .expect("a certificate and its key")
}

/// What an HTTP/2 server does with a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum H2Answer {
    /// A page.
    Page,
    /// RST_STREAM in place of headers.
    Reset(h2::Reason),
    /// Headers, a piece of the body, then RST_STREAM.
    ResetInBody(h2::Reason),
    /// GOAWAY in place of headers.
    GoAway(h2::Reason),
}

/// An HTTP/2 server over TLS; it counts requests and stops with the test.
pub(crate) async fn h2_server(
    mut tls: ServerConfig,
    answer: H2Answer,
) -> (SocketAddr, Arc<std::sync::atomic::AtomicUsize>) {
    tls.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(tls));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let asked = Arc::<std::sync::atomic::AtomicUsize>::default();
    let count = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let (acceptor, count) = (acceptor.clone(), Arc::clone(&count));
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(tcp).await else {
                    return;
                };
                let Ok(mut connection) = h2::server::handshake(stream).await else {
                    return;
                };
                while let Some(Ok((_, mut respond))) = connection.accept().await {
                    count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    let head = http::Response::builder()
                        .header("content-type", "text/html")
                        .body(())
                        .expect("a head");
                    match answer {
                        H2Answer::Page => {
                            let mut body = respond.send_response(head, false).expect("open");
                            body.send_data("<p>two</p>".into(), true).expect("open");
                        }
                        H2Answer::Reset(reason) => respond.send_reset(reason),
                        H2Answer::ResetInBody(reason) => {
                            let mut body = respond.send_response(head, false).expect("open");
                            body.send_data("<p>tw".into(), false).expect("open");
                            tokio::spawn(async move {
                                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                                body.send_reset(reason);
                            });
                        }
                        H2Answer::GoAway(reason) => connection.abrupt_shutdown(reason),
                    }
                }
                // What was said last must have been read before the connection goes.
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            });
        }
    });
    (address, asked)
}
