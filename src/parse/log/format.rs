//! The formats, and the reading of a line in one of them.

use std::sync::Arc;

use super::access::dialect::{Given, LineFormat};
use super::access::json::{self, JsonFields};
use super::access::template::Template;
use super::access::w3c::{self, W3c};
use super::access::{clf, key_values, known};
use super::assemble;
use super::clock::Clock;
use super::entry::Entry;
use super::error::{ErrorRecord, Source};

/// A line that was understood.
#[derive(Clone, Debug)]
pub enum Line<'a> {
    /// A request.
    Access(Entry<'a>),
    /// A record of an error log.
    Error(ErrorRecord<'a>),
    /// A header, a comment or a notice: understood, and without a fact.
    Aside,
}

/// The format of a log.
#[derive(Clone, Debug)]
pub struct Format(pub(super) Reader);

/// Whether a log is of requests or of errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An access log.
    Access,
    /// An error log.
    Error,
}

#[derive(Clone, Debug)]
pub(super) enum Reader {
    Clf,
    Template(Arc<Template>),
    Json(JsonKind),
    W3c(Arc<W3c>),
    Alb,
    Heroku,
    HaProxy,
    Envoy,
    Squid,
    Error(Source),
}

#[derive(Clone, Debug)]
pub(super) enum JsonKind {
    Caddy,
    Cloudflare,
    Traefik,
    Envoy,
    Nginx,
    Given(Arc<JsonFields>),
}

impl JsonKind {
    fn fields(&self) -> &JsonFields {
        match self {
            JsonKind::Caddy => &known::CADDY,
            JsonKind::Cloudflare => &known::CLOUDFLARE,
            JsonKind::Traefik => &known::TRAEFIK,
            JsonKind::Envoy => &known::ENVOY_JSON,
            JsonKind::Nginx => &known::NGINX_JSON,
            JsonKind::Given(fields) => fields,
        }
    }
}

impl From<&LineFormat> for Format {
    fn from(given: &LineFormat) -> Format {
        Format(match &given.0 {
            Given::Template(template) => Reader::Template(Arc::new(template.clone())),
            Given::Json(fields) => Reader::Json(JsonKind::Given(Arc::new(fields.clone()))),
        })
    }
}

impl Format {
    /// Returns the name for people.
    pub fn name(&self) -> &'static str {
        match &self.0 {
            Reader::Clf => "combined",
            Reader::Template(_) => "own line format",
            Reader::Json(JsonKind::Caddy) => "Caddy JSON",
            Reader::Json(JsonKind::Cloudflare) => "Cloudflare Logpush",
            Reader::Json(JsonKind::Traefik) => "Traefik JSON",
            Reader::Json(JsonKind::Envoy) => "Envoy JSON",
            Reader::Json(JsonKind::Nginx | JsonKind::Given(_)) => "JSON lines",
            Reader::W3c(fields) if fields.is_cloudfront() => "CloudFront",
            Reader::W3c(_) => "W3C (IIS)",
            Reader::Alb => "AWS ALB",
            Reader::Heroku => "Heroku router",
            Reader::HaProxy => "HAProxy",
            Reader::Envoy => "Envoy",
            Reader::Squid => "Squid",
            Reader::Error(Source::Nginx) => "nginx error log",
            Reader::Error(Source::Apache) => "Apache error log",
            Reader::Error(Source::PhpFpm) => "PHP-FPM log",
            Reader::Error(Source::Caddy) => "Caddy error log",
            Reader::Error(Source::HaProxy) => "HAProxy messages",
            Reader::Error(Source::Lighttpd) => "lighttpd error log",
            Reader::Error(Source::Gunicorn) => "gunicorn log",
            Reader::Error(Source::Uwsgi) => "uWSGI log",
            Reader::Error(Source::Squid) => "Squid cache log",
            Reader::Error(Source::Varnish) => "varnishlog",
            Reader::Error(Source::Kernel) => "kernel log",
        }
    }

    /// Returns whether it is of requests or of errors.
    pub const fn kind(&self) -> Kind {
        match self.0 {
            Reader::Error(_) => Kind::Error,
            _ => Kind::Access,
        }
    }

    /// Returns the format from here on, if a line names new columns.
    pub fn renewed(&self, line: &[u8]) -> Option<Format> {
        match self.0 {
            Reader::W3c(_) if line.starts_with(b"#Fields:") => {
                Some(Format(Reader::W3c(Arc::new(w3c::header(line)?))))
            }
            _ => None,
        }
    }

    /// Returns whether its lines may name new columns.
    pub const fn is_renewable(&self) -> bool {
        matches!(self.0, Reader::W3c(_))
    }

    /// Reads a line without its line break. `None` if it is not of this format. Error logs have lines of any kind, so
    /// none of theirs is unreadable.
    pub fn read<'a>(&self, line: &'a [u8], clock: &mut Clock) -> Option<Line<'a>> {
        match self.recognise(line, clock) {
            None if self.kind() == Kind::Error => Some(Line::Aside),
            found => found,
        }
    }

    /// Reads a line; `None` if it does not show the format.
    pub(super) fn recognise<'a>(&self, line: &'a [u8], clock: &mut Clock) -> Option<Line<'a>> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            return Some(Line::Aside);
        }
        let raw = match &self.0 {
            Reader::Clf => return clf::read(line, clock).map(Line::Access),
            Reader::Json(kind) => {
                let access = json::read(line, kind.fields(), clock);
                return match kind {
                    // Caddy writes everything into one log, unless it is configured otherwise.
                    JsonKind::Caddy => match Source::Caddy.read(line, clock) {
                        Some(record) if record.pattern.is_some() => Some(Line::Error(record)),
                        Some(_) => Some(Line::Aside),
                        None => access.map(Line::Access),
                    },
                    _ => access.map(Line::Access),
                };
            }
            Reader::Error(source) => return source.read(line, clock).map(Line::Error),
            Reader::W3c(_) if line.starts_with(b"#") => return Some(Line::Aside),
            Reader::W3c(fields) => fields.split(line),
            Reader::Template(template) => template.split(line),
            Reader::Alb => known::alb(line),
            Reader::Squid => known::squid(line),
            Reader::Envoy => known::envoy(line),
            Reader::HaProxy => match known::haproxy(line) {
                Some(raw) => Some(raw),
                None => return Source::HaProxy.read(line, clock).map(Line::Error),
            },
            Reader::Heroku => match key_values::heroku(line) {
                Some(raw) => Some(raw),
                // The lines of the application itself.
                None => return memchr::memmem::find(line, b"app[").map(|_| Line::Aside),
            },
        };
        assemble::entry(&raw?, clock).map(Line::Access)
    }
}
