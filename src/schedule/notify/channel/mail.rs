//! Mail: the message as text and as HTML, with the report attached if it is small enough.

use std::fs;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use minijinja::context;
use minijinja::value::{Serde, Value};

use crate::fetch::{Echo, Redactor};
use crate::machine;
use crate::model::Moment;
use crate::report;

use super::secret::{self, Environment};
use super::send::SendError;
use super::send::is_loopback;
use crate::schedule::notify::config::{ConfigError, SmtpConfig, SmtpSecurity};
use crate::schedule::notify::message::{FINDINGS, Message, NUMBERS, lines};

const PAGE: &str = include_str!("mail.html.j2");

/// Maximum wait for a mail server at each step.
const PATIENCE: Duration = Duration::from_mins(1);

/// Maximum size of a file of certificate authorities in bytes: those of a whole system take some 200 KiB.
const LARGEST_CA_FILE: u64 = 4 << 20;

/// The mail server and its login, checked.
#[derive(Clone)]
pub(in crate::schedule::notify) struct Post {
    from: Mailbox,
    transport: AsyncSmtpTransport<Tokio1Executor>,
    /// Removes the password from the server's answers; `None` without a password.
    redactor: Option<Redactor>,
}

/// A mail channel with its receivers.
#[derive(Clone)]
pub struct Mail {
    post: Post,
    to: Vec<Mailbox>,
    /// Maximum size of an attached report, in MiB.
    attach: u8,
}

/// Leaves out the transport, which contains the password.
impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mail")
            .field("to", &self.to)
            .finish_non_exhaustive()
    }
}

impl Post {
    pub(super) fn new(
        smtp: &SmtpConfig,
        environment: Environment<'_>,
    ) -> Result<Post, ConfigError> {
        let from = mailbox("smtp.from", &smtp.from)?;
        let (env, file) = (smtp.password_env.as_deref(), smtp.password_file.as_deref());
        let password = secret::read("smtp.password", env, file, environment)?;
        if smtp.port == Some(0) {
            let why =
                "no server has port 0; write its port, or leave the key out for the usual one";
            return Err(ConfigError::new("smtp.port", why));
        }
        let (tls, port) = match smtp.security {
            SmtpSecurity::Starttls => (Tls::Required(parameters(smtp)?), 587),
            SmtpSecurity::Tls => (Tls::Wrapper(parameters(smtp)?), 465),
            SmtpSecurity::None if is_loopback(&smtp.host) => (Tls::None, 25),
            SmtpSecurity::None => {
                let why = "\"none\" is for a server on this machine; take \"starttls\" or \"tls\"";
                return Err(ConfigError::new("smtp.security", why));
            }
        };
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&smtp.host)
            .port(smtp.port.unwrap_or(port))
            .tls(tls)
            .timeout(Some(PATIENCE));
        let mut redactor = None;
        transport = match (&smtp.user, password) {
            (Some(user), Some(password)) => {
                redactor = echoes(user, password.expose())?;
                let credentials = Credentials::new(user.clone(), password.expose().to_owned());
                transport.credentials(credentials)
            }
            (None, None) => transport,
            (Some(_), None) => {
                let why = "a user has a password: add smtp.password-env or smtp.password-file";
                return Err(ConfigError::new("smtp.user", why));
            }
            (None, Some(_)) => {
                return Err(ConfigError::new(
                    "smtp.user",
                    "a password is somebody's: add smtp.user",
                ));
            }
        };
        let transport = transport.build();
        Ok(Post {
            from,
            transport,
            redactor,
        })
    }
}

/// Returns a redactor for all forms in which a server may repeat a login: `PLAIN` (RFC 4616) and `LOGIN`, in base64.
fn echoes(user: &str, password: &str) -> Result<Option<Redactor>, ConfigError> {
    let coded = |text: &str| STANDARD.encode(text).trim_end_matches('=').to_owned();
    let texts = [
        password.to_owned(),
        coded(password),
        coded(&format!("\0{user}\0{password}")),
    ];
    Redactor::new(&texts.map(Echo::Login), &[])
        .map_err(|fault| ConfigError::new("smtp.password", fault.to_string()))
}

impl Mail {
    pub(in crate::schedule::notify) fn new(post: &Post, to: Vec<Mailbox>, attach: u8) -> Mail {
        let post = post.clone();
        Mail { post, to, attach }
    }
}

fn parameters(smtp: &SmtpConfig) -> Result<TlsParameters, ConfigError> {
    let mut tls = TlsParameters::builder(smtp.host.clone());
    if let Some(path) = &smtp.ca_file {
        let key = "smtp.ca-file";
        let pem = machine::read_file(path, LARGEST_CA_FILE).map_err(|fault| {
            ConfigError::new(key, format!("could not read {}: {fault}", path.display()))
        })?;
        let roots = Certificate::from_pem(&pem)
            .map_err(|_| ConfigError::new(key, "holds no certificate in PEM"))?;
        tls = tls.add_root_certificate(roots);
    }
    tls.build()
        .map_err(|fault| ConfigError::new("smtp.host", fault.to_string()))
}

/// Parses a mail address.
pub(super) fn mailbox(key: &str, text: &str) -> Result<Mailbox, ConfigError> {
    text.parse()
        .map_err(|fault| ConfigError::new(key, format!("{text:?} is not a mail address: {fault}")))
}

/// Sends a message by mail; `delivery` becomes its `Message-ID`, by which a mail client recognizes a duplicate.
pub(in crate::schedule::notify) async fn send(
    mail: &Mail,
    message: &Message,
    (delivery, now): (i64, Moment),
) -> Result<(), SendError> {
    let whole = write(mail, message, (delivery, now))?;
    let sent = mail.post.transport.send(whole).await;
    sent.map(|_| ()).map_err(|fault| {
        let cause = std::error::Error::source(&fault).map(|cause| format!(": {cause}"));
        let said = format!("{fault}{}", cause.unwrap_or_default());
        // A server's answer may have several lines.
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        SendError::Mail(match &mail.post.redactor {
            Some(redactor) => redactor.text(&said),
            None => said,
        })
    })
}

fn write(
    mail: &Mail,
    message: &Message,
    (delivery, now): (i64, Moment),
) -> Result<lettre::Message, SendError> {
    let broken = |fault: &dyn std::fmt::Display| {
        SendError::Mail(format!("could not write the mail: {fault}"))
    };
    let (report, note) = report(message.report.as_deref(), mail.attach);
    let mut message = message.clone();
    message.notes.extend(note);
    let shown = html(&message).map_err(|fault| broken(&fault))?;
    let mut parts =
        MultiPart::mixed().multipart(MultiPart::alternative_plain_html(message.text(), shown));
    if let Some(report) = report {
        parts = parts.singlepart(
            Attachment::new("report.html".to_owned()).body(report, ContentType::TEXT_HTML),
        );
    }
    let millis = u64::try_from(now.millis()).unwrap_or_default();
    let domain = mail.post.from.email.domain();
    let mut head = lettre::Message::builder()
        .from(mail.post.from.clone())
        .subject(message.title())
        .date(UNIX_EPOCH + Duration::from_millis(millis))
        .message_id(Some(format!("<{}@{domain}>", name(&message, delivery))))
        // Prevents automatic replies, such as out-of-office messages (RFC 3834).
        .raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ));
    for to in &mail.to {
        head = head.to(to.clone());
    }
    head.multipart(parts).map_err(|fault| broken(&fault))
}

/// Returns a name for the mail, of characters that every server accepts.
fn name(message: &Message, delivery: i64) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let event: String = message.event.chars().map(plain).take(60).collect();
    let millis: String = message.at.chars().filter(char::is_ascii_digit).collect();
    format!("gatecrawl-{delivery}-{event}-{millis}")
}

/// Returns the report, or a note why it is not attached.
fn report(path: Option<&Path>, most: u8) -> (Option<Vec<u8>>, Option<String>) {
    let Some(path) = path else {
        return (None, None);
    };
    let limit = u64::from(most) << 20;
    let place = path.display();
    let missing = |why: String| (None, Some(format!("The report is at {place}: {why}.")));
    match fs::metadata(path) {
        Ok(file) if file.len() > limit => {
            let mib = file.len() as f64 / f64::from(1 << 20);
            missing(format!(
                "with {mib:.1} MiB it is too large for a mail (attach-mib = {most})"
            ))
        }
        Ok(_) => match fs::read(path) {
            Ok(bytes) => (
                Some(bytes),
                Some("The whole report is attached as report.html.".to_owned()),
            ),
            Err(fault) => missing(format!("it could not be read ({fault})")),
        },
        Err(fault) => missing(format!("it could not be read ({fault})")),
    }
}

/// Returns the HTML part: tables and inline styles, which mail clients understand, and nothing to be loaded.
pub fn html(message: &Message) -> Result<String, minijinja::Error> {
    let message_value = Value::from(Serde(message));
    let findings = message.findings.iter().map(|found| {
        let (title, lines) = lines(found);
        let lines: Vec<Vec<String>> = lines
            .iter()
            .map(|(name, text)| vec![(*name).to_owned(), (*text).to_owned()])
            .collect();
        context! { title, lines }
    });
    let findings: Vec<Value> = findings.collect();
    report::escaping()?
        .template_from_str(PAGE)?
        .render(context! {
            footer => message.footer(),
            title => message.title(),
            now => &message.state,
            numbers => Value::from(Serde(&message.facts)),
            numbers_title => NUMBERS,
            findings,
            findings_title => FINDINGS,
            ..message_value
        })
}
