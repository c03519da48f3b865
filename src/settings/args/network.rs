use std::path::PathBuf;

use clap::{Args, ValueHint};

use crate::fetch::HostOverride;

use crate::model::Secret;
use crate::settings::plan::agents::{contact, user_agent};

/// The identity that gatecrawl sends. Secrets are texts here; they are checked later, where no message shows them.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Identity")]
pub(crate) struct IdentityArgs {
    /// The User-Agent: any text, or one of googlebot, googlebot-desktop, bingbot, chrome, firefox, safari, edge,
    /// opera. An audit obeys the robots.txt rules for the first name in this text; for a browser, the rules for
    /// gatecrawl [default: gatecrawl's own]
    #[arg(short = 'A', long, value_name = "TEXT", value_parser = user_agent)]
    pub(crate) user_agent: Option<String>,
    /// Add a contact (your page or mail address) to the User-Agent, for the site's operators
    #[arg(long, value_name = "URL|MAIL", value_parser = contact, conflicts_with = "user_agent")]
    pub(crate) contact: Option<String>,
    /// Send this header field, to the site only (repeatable). GATECRAWL_HEADER may hold several, one per line
    #[arg(
        short = 'H',
        long,
        value_name = "NAME: VALUE",
        env = "GATECRAWL_HEADER",
        hide_env_values = true
    )]
    pub(crate) header: Vec<Secret>,
    /// Log in with HTTP Basic authentication, on the site only; with USER alone, the terminal asks for the password
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
    /// Send the cookies of this file that belong to the site: Netscape format or header lines; `-` reads stdin
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) cookie_file: Option<PathBuf>,
}

/// The connection to the site.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Network")]
pub(crate) struct NetworkArgs {
    /// Connect to ADDRESS instead of looking up HOST (repeatable)
    #[arg(long, value_name = "HOST:PORT:ADDRESS")]
    pub(crate) resolve: Vec<HostOverride>,
    /// Use this proxy: http://, https://, socks5:// or socks5h://
    #[arg(
        long,
        value_name = "URL",
        value_hint = ValueHint::Url,
        env = "GATECRAWL_PROXY",
        hide_env_values = true
    )]
    pub(crate) proxy: Option<Secret>,
    /// Accept any TLS certificate
    #[arg(long)]
    pub(crate) insecure: bool,
    /// Do not use HTTP/2
    #[arg(long)]
    pub(crate) http1: bool,
}
