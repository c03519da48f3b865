//! The settings of the connection that are stored with a run, so that a resumed run reaches the same site. Of secrets,
//! only their kinds are stored.

use crate::audit::Network;
use crate::fetch::{HostOverride, ProxyAddress};
use crate::model::ReachPlan;

use crate::settings::args::AuditArgs;
use crate::settings::failure::Failure;

/// Returns the part of the arguments that is stored. `logins` says whether a URL was written with a login.
pub(super) fn of_args(args: &AuditArgs, logins: bool) -> ReachPlan {
    let overrides = args.network.resolve.iter();
    ReachPlan {
        resolve: overrides
            .map(|known| format!("{}:{}:{}", known.host, known.port, known.address))
            .collect(),
        proxy: args
            .network
            .proxy
            .as_ref()
            .map(|proxy| bare(proxy.expose())),
        insecure: args.network.insecure,
        http1: args.network.http1,
        secrets: secrets(args, logins),
    }
}

/// Takes the settings with which a run began wherever no flag was given again. Secrets are not stored, so they must be
/// given again: without them the site might answer with other pages.
pub(crate) fn again(
    kept: &ReachPlan,
    args: &AuditArgs,
    network: &mut Network,
) -> Result<(), Failure> {
    let given = secrets(args, false);
    if let Some(missing) = kept.secrets.iter().find(|name| !given.contains(name)) {
        let advice = match missing.as_str() {
            LOGIN if given.iter().any(|name| name == "--basic-auth") => return Ok(()),
            LOGIN => "--basic-auth",
            name => name,
        };
        return Err(Failure::usage(format!(
            "--resume: this run began with {missing}, which is never stored; give {advice} again"
        )));
    }
    if network.overrides.is_empty() {
        let read = |text: &String| text.parse::<HostOverride>().ok();
        network.overrides = kept.resolve.iter().filter_map(read).collect();
    }
    if network.proxy.is_none() {
        network.proxy = kept.proxy.as_deref().map(ProxyAddress::new);
    }
    network.insecure |= kept.insecure;
    network.http1_only |= kept.http1;
    Ok(())
}

/// The name of a login in a URL among the secrets of a run.
pub(crate) const LOGIN: &str = "a login in its URL";

/// Returns the names of the given secrets.
fn secrets(args: &AuditArgs, logins: bool) -> Vec<String> {
    let identity = &args.identity;
    let proxy = args
        .network
        .proxy
        .as_ref()
        .map(crate::model::Secret::expose);
    let named = [
        ("--header", !identity.header.is_empty()),
        ("--basic-auth", identity.basic_auth.is_some()),
        ("--cookie", identity.cookie.is_some()),
        ("--cookie-file", identity.cookie_file.is_some()),
        ("--proxy", proxy.is_some_and(|proxy| bare(proxy) != proxy)),
        (LOGIN, logins),
    ];
    let given = named.into_iter().filter(|(_, given)| *given);
    given.map(|(name, _)| name.to_owned()).collect()
}

/// Returns a proxy's URL without user and password.
fn bare(proxy: &str) -> String {
    match (proxy.find("://"), proxy.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => {
            format!("{}{}", &proxy[..scheme + 3], &proxy[at + 1..])
        }
        _ => proxy.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_stored_without_its_password() {
        assert_eq!(bare("http://me:hunter2@p:1"), "http://p:1");
        assert_eq!(bare("socks5://p:1"), "socks5://p:1");
    }

    #[test]
    fn secrets_of_a_resumed_run_must_be_given_again() {
        let mut began = AuditArgs::default();
        began.identity.basic_auth = Some("me:hunter2".into());
        began.network.resolve = vec!["a.example:443:192.0.2.1".parse().expect("an override")];
        began.network.insecure = true;
        let kept = of_args(&began, false);
        let mut network = Network::default();
        let fault = again(&kept, &AuditArgs::default(), &mut network).expect_err("no password");
        assert!(fault.message().expect("words").contains("--basic-auth"));

        let mut with_login = AuditArgs::default();
        with_login.identity.basic_auth = Some("me:hunter2".into());
        again(&kept, &with_login, &mut network).expect("all there");
        assert_eq!(network.overrides, began.network.resolve);
        assert!(network.insecure && !network.http1_only);
    }
}
