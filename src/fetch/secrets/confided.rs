//! Secrets for the site, and the URLs that may receive them.

use std::fmt;
use std::sync::Arc;

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};

use crate::model::CrawlUrl;

/// Secrets that only the site itself may see. `Debug` shows no value.
#[derive(Clone, Default)]
pub struct Secrets {
    /// Header fields added to every request, in place of our own with the same name.
    pub headers: HeaderMap,
    /// User and password for basic authentication.
    pub basic_auth: Option<(String, Option<String>)>,
    /// The value of the `Cookie` header.
    pub cookies: Option<HeaderValue>,
    /// Additional secrets of single hosts of the site.
    pub of_hosts: Vec<HostSecret>,
    /// Texts that everyone may see, such as the site's URLs. A secret that is part of one is not cut out
    /// of answers, because all its links would be cut as well.
    pub public: Vec<String>,
}

/// A secret for some of the site's URLs. `Debug` shows nothing of it.
#[derive(Clone)]
pub struct HostSecret {
    /// The URLs that may receive it.
    pub to: SecretsFor,
    /// The secret.
    pub what: Confided,
}

/// A secret that a host may receive.
#[derive(Clone)]
pub enum Confided {
    /// User and password for basic authentication. A login for the whole site takes precedence.
    Login(String, Option<String>),
    /// A cookie, `name=value`.
    Cookie(HeaderValue),
}

impl Secrets {
    /// Returns the secrets that a URL of the site receives: header fields, and a login.
    pub(in crate::fetch) fn confided(
        &self,
        url: &CrawlUrl,
    ) -> (HeaderMap, Option<(&str, Option<&str>)>) {
        let mut headers = self.headers.clone();
        let mut login = self
            .basic_auth
            .as_ref()
            .map(|(user, password)| (user.as_str(), password.as_deref()));
        let mut cookies: Vec<&[u8]> = self.cookies.iter().map(HeaderValue::as_bytes).collect();
        for secret in self.of_hosts.iter().filter(|own| own.to.admits(url)) {
            match &secret.what {
                Confided::Login(user, password) => {
                    login = login.or(Some((user, password.as_deref())));
                }
                Confided::Cookie(cookie) => cookies.push(cookie.as_bytes()),
            }
        }
        // Joined header values are a valid header value.
        if let Ok(cookies) = HeaderValue::from_bytes(&cookies.join(&b"; "[..]))
            && !cookies.is_empty()
        {
            headers.insert(COOKIE, cookies);
        }
        for value in headers.values_mut() {
            value.set_sensitive(true);
        }
        (headers, login)
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets")
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("basic_auth", &self.basic_auth.is_some())
            .field("cookies", &self.cookies.is_some())
            .field("of_hosts", &self.of_hosts.len())
            .field("public", &self.public)
            .finish()
    }
}

impl fmt::Debug for HostSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HostSecret(..)")
    }
}

impl fmt::Debug for Confided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Confided(..)")
    }
}

/// A rule that decides which URLs may receive the secrets.
#[derive(Clone)]
pub struct SecretsFor(Arc<dyn Fn(&CrawlUrl) -> bool + Send + Sync>);

impl SecretsFor {
    /// Admits no URL.
    pub fn nobody() -> SecretsFor {
        SecretsFor::when(|_| false)
    }

    /// Admits URLs whose host is one of these, on any port.
    pub fn hosts<H: Into<String>>(hosts: impl IntoIterator<Item = H>) -> SecretsFor {
        let hosts: Vec<String> = hosts.into_iter().map(Into::into).collect();
        SecretsFor::when(move |url| hosts.contains(&url.host().to_string()))
    }

    /// Admits URLs that a rule admits.
    pub fn when(rule: impl Fn(&CrawlUrl) -> bool + Send + Sync + 'static) -> SecretsFor {
        SecretsFor(Arc::new(rule))
    }

    /// Returns whether this URL may receive the secrets.
    pub fn admits(&self, url: &CrawlUrl) -> bool {
        (self.0)(url)
    }
}

impl fmt::Debug for SecretsFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretsFor(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_receives_its_own_secrets_besides_those_of_the_site() {
        let cookie = |text| Confided::Cookie(HeaderValue::from_static(text));
        let own = |host, what| HostSecret {
            to: SecretsFor::hosts([host]),
            what,
        };
        let mut secrets = Secrets {
            cookies: Some(HeaderValue::from_static("all=1")),
            of_hosts: vec![
                own("a.example", cookie("a=1")),
                own("b.example", cookie("b=1")),
                own("a.example", Confided::Login("ann".into(), None)),
            ],
            ..Secrets::default()
        };
        let url = |text| CrawlUrl::parse(text).expect("a URL");
        let (a, b) = (url("https://a.example/"), url("https://b.example/"));
        let (headers, login) = secrets.confided(&a);
        assert_eq!(headers[COOKIE], "all=1; a=1");
        assert_eq!(login, Some(("ann", None)));
        let (headers, login) = secrets.confided(&b);
        assert_eq!(headers[COOKIE], "all=1; b=1");
        assert_eq!(login, None);
        secrets.basic_auth = Some(("flag".into(), None));
        assert_eq!(secrets.confided(&a).1, Some(("flag", None)));
    }

    #[test]
    fn debug_shows_no_secret() {
        let mut secrets = Secrets {
            basic_auth: Some(("user".into(), Some("hunter2".into()))),
            cookies: Some(HeaderValue::from_static("hunter2")),
            of_hosts: vec![HostSecret {
                to: SecretsFor::nobody(),
                what: Confided::Login("hunter2".into(), None),
            }],
            ..Secrets::default()
        };
        secrets
            .headers
            .insert("x-key", HeaderValue::from_static("hunter2"));
        assert!(!format!("{secrets:?}").contains("hunter2"));
    }

    #[test]
    fn secrets_go_to_named_hosts_only() {
        let rule = SecretsFor::hosts(["example.com"]);
        let url = |text| CrawlUrl::parse(text).expect("a URL");
        assert!(rule.admits(&url("https://example.com/a")));
        assert!(!rule.admits(&url("https://www.example.com/a")));
    }
}
