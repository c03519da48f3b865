//! The connection to a site: secrets, IP addresses of `--resolve` and the proxy, checked before a run exists.

use url::Host;

use crate::audit::Network;
use crate::fetch::{FetchSettings, FetchSetupError, HostOverride, HttpFetcher, ProxyAddress};
use crate::machine::ask_password;
use crate::model::CrawlPlan;

use super::secrets::{self, Logins};
use crate::model::Secret;
use crate::settings::args::AuditArgs;
use crate::settings::failure::{Failure, chain};
use crate::terminal::streams::Console;

/// Collects the settings of the connection. Builds a fetcher with them to find errors before a run exists.
pub(crate) fn network(
    args: &AuditArgs,
    plan: &CrawlPlan,
    logins: Logins,
    console: &mut Console,
) -> Result<Network, Failure> {
    let mut secrets = secrets::secrets(&args.identity, &plan.scope, logins, &mut console.stdin)?;
    let ask = |prompt: &str| {
        console
            .people
            .terminal
            .then(|| ask_password(prompt))
            .flatten()
    };
    if !secrets::complete(&mut secrets.basic_auth, ask) {
        tracing::warn!("--basic-auth: no password; write USER:PASSWORD, or USER: if it is empty");
    }
    let network = Network {
        secrets,
        overrides: overrides(&args.network.resolve)?,
        proxy: args.network.proxy.as_ref().map(proxy).transpose()?,
        insecure: args.network.insecure,
        http1_only: args.network.http1,
    };
    HttpFetcher::new(FetchSettings {
        user_agent: plan.requests.user_agent.clone(),
        proxy: network.proxy.clone(),
        secrets: network.secrets.clone(),
        ..FetchSettings::default()
    })
    .map_err(|fault| match fault {
        FetchSetupError::Proxy => {
            Failure::usage("--proxy: not an address such as http://proxy:3128")
        }
        FetchSetupError::Secrets(_) => Failure::usage(chain(&fault)),
        FetchSetupError::UserAgent(_) => Failure::usage(format!("--user-agent: {}", chain(&fault))),
        fault => Failure::own(fault),
    })?;
    Ok(network)
}

/// Returns the IP addresses of `--resolve`, their hosts normalised as in URLs: lower case and punycode.
fn overrides(given: &[HostOverride]) -> Result<Vec<HostOverride>, Failure> {
    let normal = |given: &HostOverride| {
        let host = Host::parse(&given.host)
            .map_err(|fault| Failure::usage(format!("--resolve {:?}: {fault}", given.host)))?;
        Ok(HostOverride {
            host: host.to_string(),
            ..given.clone()
        })
    };
    given.iter().map(normal).collect()
}

/// The schemes of proxies. Another one would be taken for one of these by the HTTP client.
const PROXIES: [&str; 4] = ["http", "https", "socks5", "socks5h"];

fn proxy(address: &Secret) -> Result<ProxyAddress, Failure> {
    let text = address.expose().trim();
    let scheme = text.split_once("://").map(|(scheme, _)| scheme);
    let known = |scheme: &str| {
        PROXIES
            .iter()
            .any(|known| known.eq_ignore_ascii_case(scheme))
    };
    if !scheme.is_some_and(known) {
        return Err(Failure::usage(
            "--proxy: begin it with http://, https://, socks5:// or socks5h://",
        ));
    }
    Ok(ProxyAddress::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overrides_name_hosts_as_urls_do() {
        let given = |text: &str| text.parse::<HostOverride>().expect("valid");
        let cases = [
            ("MÜNCHEN.test:80:127.0.0.1", "xn--mnchen-3ya.test"),
            ("a.Example:80:::1", "a.example"),
        ];
        for (text, expected) in cases {
            let found = overrides(&[given(text)]).expect("hosts");
            assert_eq!(found[0].host, expected);
        }
        assert!(overrides(&[given("a b:80:127.0.0.1")]).is_err());
    }
}
