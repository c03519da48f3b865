//! Collects the texts in which a server may echo the secrets that it received.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION};
use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;

use super::confided::{Confided, Secrets};
use super::echo::Echo;
use crate::fetch::client::settings::FetchSettings;

/// Fields that describe the wanted answer or the client's origin, and hold no secret. Their values, such as
/// the name of a host, occur in many pages.
const OPEN: [&str; 18] = [
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "cache-control",
    "content-type",
    "dnt",
    "forwarded",
    "from",
    "host",
    "origin",
    "pragma",
    "priority",
    "range",
    "referer",
    "user-agent",
    "x-requested-with",
    "via",
];

/// Prefixes of the names of more such fields.
const OPEN_FAMILIES: [&str; 3] = ["if-", "sec-", "x-forwarded-"];

/// Returns everything that requests with these settings may carry.
pub(in crate::fetch) fn of(settings: &FetchSettings) -> Vec<Echo> {
    let proxy = settings.proxy.as_ref();
    let proxy = proxy.and_then(|proxy| url::Url::parse(proxy.as_str()).ok());
    let proxy = proxy.into_iter().flat_map(|proxy| {
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        login(
            &decoded(proxy.username()),
            proxy.password().map(decoded).as_deref(),
        )
    });
    of_site(&settings.secrets)
        .into_iter()
        .chain(proxy)
        .collect()
}

fn of_site(secrets: &Secrets) -> Vec<Echo> {
    let mut echoes = of_fields(&secrets.headers);
    if let Some((user, password)) = &secrets.basic_auth {
        echoes.extend(login(user, password.as_deref()));
    }
    let cookie_field = secrets.cookies.iter();
    echoes.extend(cookie_field.flat_map(|value| cookies(&text(value))));
    for secret in &secrets.of_hosts {
        match &secret.what {
            Confided::Login(user, password) => echoes.extend(login(user, password.as_deref())),
            Confided::Cookie(cookie) => echoes.extend(cookies(&text(cookie))),
        }
    }
    echoes
}

/// Returns everything that a request with these fields carries.
pub(super) fn of_fields(fields: &HeaderMap) -> Vec<Echo> {
    let fields = fields.iter();
    fields
        .flat_map(|(name, value)| field(name, value))
        .collect()
}

/// Returns the parts of basic authentication (RFC 7617). A user without a password is a key.
pub(in crate::fetch) fn login(user: &str, password: Option<&str>) -> Vec<Echo> {
    let pair = format!("{user}:{}", password.unwrap_or_default());
    let sent = Echo::Login(STANDARD.encode(&pair).trim_end_matches('=').to_owned());
    match password.filter(|password| !password.is_empty()) {
        Some(password) => vec![Echo::Login(pair), sent, Echo::Password(password.to_owned())],
        None if user.is_empty() => Vec::new(),
        None => vec![sent, Echo::Value(user.to_owned())],
    }
}

fn field(name: &HeaderName, value: &HeaderValue) -> Vec<Echo> {
    let open = OPEN.contains(&name.as_str())
        || OPEN_FAMILIES
            .iter()
            .any(|family| name.as_str().starts_with(family));
    let text = text(value);
    if open {
        return Vec::new();
    }
    if name == COOKIE {
        return cookies(&text);
    }
    // A scheme such as `Bearer` precedes the secret.
    let token = text.split_once(' ').map(|(_, token)| token.trim());
    let mut echoes: Vec<Echo> = [Some(text.as_str()), token]
        .into_iter()
        .flatten()
        .map(|text| Echo::Value(text.to_owned()))
        .collect();
    let decoded = token
        .filter(|_| name == AUTHORIZATION || name == PROXY_AUTHORIZATION)
        .and_then(|token| String::from_utf8(STANDARD.decode(token).ok()?).ok());
    if let Some((user, password)) = decoded.as_deref().and_then(|pair| pair.split_once(':')) {
        echoes.extend(login(user, Some(password)));
    }
    echoes
}

/// Returns the values of `name=value; name=value`.
fn cookies(text: &str) -> Vec<Echo> {
    text.split(';')
        .filter_map(|pair| Some(pair.split_once('=')?.1.trim().trim_matches('"')))
        .map(|value| Echo::Cookie(value.to_owned()))
        .collect()
}

fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::redact::Redactor;
    use super::*;
    use crate::fetch::client::settings::ProxyAddress;

    fn redactor(settings: &FetchSettings) -> Redactor {
        let found = Redactor::new(&of(settings), &settings.secrets.public).expect("few");
        found.expect("some")
    }

    #[test]
    fn each_secret_is_known_in_all_its_parts() {
        let mut settings = FetchSettings::default();
        let secrets = &mut settings.secrets;
        for (name, value) in [
            ("authorization", "Bearer t0ken-of-bearer"),
            ("x-key", "k3y-of-header"),
            ("proxy-authorization", "Basic aWRhOnB3LW9mLWhlYWRlcg=="),
            ("cookie", "a=c00kie-of-header"),
        ] {
            let name = HeaderName::from_static(name);
            secrets
                .headers
                .insert(name, HeaderValue::from_static(value));
        }
        secrets.basic_auth = Some(("ann".into(), Some("pw-of-flag".into())));
        secrets.cookies = Some(HeaderValue::from_static(
            "b=c00kie-of-flag; c=s%3Ac00kie%2Fcoded",
        ));
        settings.proxy = Some(ProxyAddress::new("http://bob:pw-of-pr%6Fxy@127.0.0.1:1"));
        let redactor = redactor(&settings);
        for echo in [
            "t0ken-of-bearer",
            "k3y-of-header",
            "aWRhOnB3LW9mLWhlYWRlcg",
            "ida:pw-of-header",
            "pw-of-header",
            "c00kie-of-header",
            "ann:pw-of-flag",
            "pw-of-flag",
            // printf ann:pw-of-flag | base64
            "YW5uOnB3LW9mLWZsYWc",
            "c00kie-of-flag",
            "s%3Ac00kie%2Fcoded",
            "s:c00kie/coded",
            "pw-of-proxy",
            // printf bob:pw-of-proxy | base64
            "Ym9iOnB3LW9mLXByb3h5",
        ] {
            assert_eq!(redactor.text(echo), "[secret]", "{echo}");
        }
    }

    #[test]
    fn fields_without_secrets_are_not_cut() {
        let mut settings = FetchSettings::default();
        for (name, value) in [
            ("x-forwarded-host", "www2.shop.example"),
            ("accept-language", "de-DE,de;q=0.8,en;q=0.5"),
        ] {
            let headers = &mut settings.secrets.headers;
            headers.insert(name, HeaderValue::from_static(value));
        }
        assert!(of(&settings).is_empty());
    }

    #[test]
    fn a_user_without_a_password_is_a_key() {
        for password in [None, Some("")] {
            assert!(login("sk_live_1234", password).contains(&Echo::Value("sk_live_1234".into())));
        }
        assert!(login("", None).is_empty());
    }
}
