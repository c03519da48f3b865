//! What only the site itself may see: header fields, a login, cookies. They come from flags, the
//! environment, the config file or a URL; no message and no stored plan shows them.

use std::io::Read;

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::fetch::Secrets;
use crate::model::CrawlUrl;

use super::args::IdentityArgs;
use super::cookies;
use super::failure::Failure;
use super::source::read_file;
use super::value::{Login, Secret};

/// Longest cookie file, in bytes. Those of browsers are some hundred kilobytes.
const COOKIE_FILE: u64 = 16 << 20;

/// Gathers the secrets. `login` is the one that a URL was written with; a flag goes before it.
pub(super) fn secrets(
    args: &IdentityArgs,
    seeds: &[CrawlUrl],
    login: Option<Login>,
    stdin: &mut dyn Read,
) -> Result<Secrets, Failure> {
    let basic_auth = match &args.basic_auth {
        Some(text) => Some(basic_auth(text.as_str())?),
        None => login,
    };
    let mut pairs: Vec<String> = args
        .cookie
        .iter()
        .map(|text| text.as_str().trim().to_owned())
        .collect();
    if let Some(path) = &args.cookie_file {
        let bytes = read_file("--cookie-file", path, COOKIE_FILE, stdin)?;
        pairs.extend(cookies::fitting(&String::from_utf8_lossy(&bytes), seeds));
    }
    let cookies = (!pairs.is_empty())
        .then(|| HeaderValue::from_str(&pairs.join("; ")))
        .transpose()
        .map_err(|_| Failure::usage("--cookie: has characters that no header may have"))?;
    Ok(Secrets {
        headers: headers(&args.header)?,
        basic_auth,
        cookies,
    })
}

fn basic_auth(text: &str) -> Result<Login, Failure> {
    let (user, password) = match text.split_once(':') {
        Some((user, password)) => (user, Some(password.to_owned())),
        None => (text, None),
    };
    if user.is_empty() && password.is_none() {
        return Err(Failure::usage("--basic-auth: write USER:PASSWORD"));
    }
    Ok((user.to_owned(), password))
}

/// Each text is a field; the environment's may be several, a line each.
fn headers(texts: &[Secret]) -> Result<HeaderMap, Failure> {
    let mut map = HeaderMap::new();
    let lines = texts.iter().flat_map(|text| text.as_str().lines());
    for line in lines.map(str::trim).filter(|line| !line.is_empty()) {
        let (name, value) = line
            .split_once(':')
            .ok_or_else(|| Failure::usage("--header: write 'NAME: VALUE'"))?;
        let parsed = HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| {
            Failure::usage("--header: what stands before the colon is no field name")
        })?;
        let value = HeaderValue::from_str(value.trim()).map_err(|_| {
            Failure::usage(format!(
                "--header {parsed}: its value has characters that no header may have"
            ))
        })?;
        if REFUSED.contains(&parsed) {
            return Err(Failure::usage(format!("--header {parsed}: is ours to set")));
        }
        map.append(parsed, value);
    }
    Ok(map)
}

/// Fields that say how a message is framed; another value would break the exchange.
const REFUSED: [HeaderName; 5] = [
    http::header::CONNECTION,
    http::header::CONTENT_LENGTH,
    http::header::TRANSFER_ENCODING,
    http::header::TE,
    http::header::UPGRADE,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn read(args: &IdentityArgs) -> Result<Secrets, String> {
        let login = Some(("from".to_owned(), Some("url".to_owned())));
        secrets(args, &[], login, &mut std::io::empty())
            .map_err(|fault| fault.message().unwrap_or_default())
    }

    #[test]
    fn a_flag_goes_before_the_login_of_a_url() {
        let mut args = IdentityArgs::default();
        let login = read(&args).expect("secrets").basic_auth.expect("a login");
        assert_eq!(login.0, "from");
        args.basic_auth = Some("user:pass:word".into());
        let login = read(&args).expect("secrets").basic_auth.expect("a login");
        assert_eq!(login, ("user".to_owned(), Some("pass:word".to_owned())));
    }

    #[test]
    fn several_headers_may_come_on_lines_of_one_text() {
        let args = IdentityArgs {
            header: vec!["X-A: 1\nX-B:2\n".into(), "x-a: 3".into()],
            ..IdentityArgs::default()
        };
        let headers = read(&args).expect("secrets").headers;
        assert_eq!(headers.get_all("x-a").iter().count(), 2);
        assert_eq!(headers["x-b"], "2");
    }

    #[test]
    fn no_fault_shows_a_secret() {
        let header = |text: &str| IdentityArgs {
            header: vec![text.into()],
            ..IdentityArgs::default()
        };
        let cookie = IdentityArgs {
            cookie: Some("hunter2\n".repeat(2).into()),
            ..IdentityArgs::default()
        };
        let texts = [
            "hunter2",
            "X-A\u{1}: hunter2",
            "X-A: hunter2\u{1}",
            "Upgrade: hunter2",
        ];
        for args in texts.map(header).into_iter().chain([cookie]) {
            let fault = read(&args).expect_err("unusable");
            assert!(!fault.contains("hunter2"), "{fault}");
        }
    }
}
