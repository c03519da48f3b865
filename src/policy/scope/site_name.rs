//! The limits of one site, by the public suffix list (publicsuffix.org). Names directly below a
//! public suffix such as `co.uk` or `github.io` belong to different owners. Names whose top-level
//! domain is not on the list, such as internal company names, have no public suffix here.

use psl::Psl;

/// Returns the public suffix of a host, which may be the host itself, if the list has one.
fn public_suffix(host: &str) -> Option<&str> {
    let suffix = psl::List.suffix(host.as_bytes())?;
    if !suffix.is_known() {
        return None;
    }
    let length = suffix.as_bytes().len();
    host.len().checked_sub(length).map(|start| &host[start..])
}

/// Returns whether anybody may own a name directly below this one.
pub fn is_public_suffix(host: &str) -> bool {
    public_suffix(host) == Some(host)
}

/// Returns whether a host is below a domain and both are one site: no public suffix is at or below
/// the domain.
pub fn is_below(host: &str, domain: &str) -> bool {
    let is_below = host
        .strip_suffix(domain)
        .is_some_and(|rest| rest.ends_with('.'));
    is_below && public_suffix(host).is_none_or(|suffix| suffix.len() < domain.len())
}

/// Returns a host without a leading `www.`, if the rest is the same site.
pub fn without_www(host: &str) -> &str {
    match host.strip_prefix("www.") {
        Some(domain) if is_below(host, domain) => domain,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn www_is_not_part_of_a_name_unless_a_public_suffix_follows() {
        let cases = [
            ("www.example.com", "example.com"),
            ("www.example.co.uk", "example.co.uk"),
            ("www.example.test", "example.test"),
            ("www.intranet", "intranet"),
            ("www.gov.uk", "www.gov.uk"),
            ("www.gov.pl", "www.gov.pl"),
            ("www.com", "www.com"),
            ("www.github.io", "www.github.io"),
            ("www.xn--55qx5d.cn", "www.xn--55qx5d.cn"),
            // The list excepts this one from `*.ck`.
            ("www.ck", "www.ck"),
            ("example.com", "example.com"),
            ("127.0.0.1", "127.0.0.1"),
            ("[::1]", "[::1]"),
            ("", ""),
        ];
        for (host, expected) in cases {
            assert_eq!(without_www(host), expected);
        }
    }

    #[test]
    fn a_domain_has_the_hosts_below_it_unless_a_public_suffix_is_between() {
        let below = [
            ("shop.example.com", "example.com"),
            ("a.b.example.co.uk", "example.co.uk"),
            ("a.user.github.io", "user.github.io"),
            ("a.www.gov.uk", "www.gov.uk"),
            ("api.shop.internal", "shop.internal"),
            ("wiki.corp", "corp"),
            ("app.localhost", "localhost"),
        ];
        for (host, domain) in below {
            assert!(is_below(host, domain), "{host} {domain}");
        }
        let apart = [
            ("hmrc.gov.uk", "gov.uk"),
            ("evil.com", "com"),
            ("user.github.io", "github.io"),
            ("a.user.github.io", "github.io"),
            ("evil.s3.amazonaws.com", "amazonaws.com"),
            ("badexample.com", "example.com"),
            ("example.com", "example.com"),
            ("x.xn--55qx5d.cn", "xn--55qx5d.cn"),
        ];
        for (host, domain) in apart {
            assert!(!is_below(host, domain), "{host} {domain}");
        }
    }

    #[test]
    fn public_suffixes_are_known_by_name() {
        for suffix in ["com", "co.uk", "github.io", "xn--55qx5d.cn"] {
            assert!(is_public_suffix(suffix), "{suffix}");
        }
        for name in ["example.com", "intranet", "localhost", "www.ck", "10.0.0.1"] {
            assert!(!is_public_suffix(name), "{name}");
        }
    }
}
