use std::path::PathBuf;

use clap::{Args, ValueHint};

use crate::fetch::HostOverride;

use super::value::Secret;
use crate::cli::plan::agents::contact;

/// As whom we ask. Secrets are texts here: they are checked where no message shows them.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Identity")]
pub(crate) struct IdentityArgs {
    /// The User-Agent: a text, or googlebot, googlebot-desktop, bingbot, chrome, firefox, safari,
    /// edge, opera [default: gatecrawl's own]
    #[arg(short = 'A', long, value_name = "TEXT")]
    pub(crate) user_agent: Option<String>,
    /// Name a page or mailbox of yours in our User-Agent, for operators who have questions
    #[arg(long, value_name = "URL|MAIL", value_parser = contact, conflicts_with = "user_agent")]
    pub(crate) contact: Option<String>,
    /// Add a header field, for the site only (repeatable); the environment may hold several, a line each
    #[arg(
        short = 'H',
        long,
        value_name = "NAME: VALUE",
        env = "GATECRAWL_HEADER",
        hide_env_values = true
    )]
    pub(crate) header: Vec<Secret>,
    /// Log in, on the site only
    #[arg(
        long,
        value_name = "USER:PASSWORD",
        env = "GATECRAWL_BASIC_AUTH",
        hide_env_values = true
    )]
    pub(crate) basic_auth: Option<Secret>,
    /// Send these cookies, to the site only: `a=1; b=2`
    #[arg(
        long,
        value_name = "COOKIES",
        env = "GATECRAWL_COOKIE",
        hide_env_values = true
    )]
    pub(crate) cookie: Option<Secret>,
    /// Send the cookies of this file that fit the site: Netscape format, or header lines; `-` is stdin
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) cookie_file: Option<PathBuf>,
}

/// How the site is reached.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Network")]
pub(crate) struct NetworkArgs {
    /// Connect to ADDRESS instead of asking for HOST (repeatable)
    #[arg(long, value_name = "HOST:PORT:ADDRESS")]
    pub(crate) resolve: Vec<HostOverride>,
    /// Go through this proxy: http://, https://, socks5:// or socks5h://
    #[arg(
        long,
        value_name = "URL",
        value_hint = ValueHint::Url,
        env = "GATECRAWL_PROXY",
        hide_env_values = true
    )]
    pub(crate) proxy: Option<Secret>,
    /// Accept every certificate
    #[arg(long)]
    pub(crate) insecure: bool,
    /// Never speak HTTP/2
    #[arg(long)]
    pub(crate) http1: bool,
}
