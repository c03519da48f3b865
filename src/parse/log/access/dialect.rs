//! Line formats as servers configure them: nginx's `log_format` and Apache's `LogFormat`, compiled into templates; and
//! the fields of JSON lines, named one by one.

use std::fmt;

use crate::parse::log::raw::Field;

use super::json::JsonFields;
use super::template::Template;

/// Maximum formats that are read from one configuration file. Ours.
const MOST: usize = 64;

/// A line format that a user gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineFormat(pub(in crate::parse::log) Given);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::parse::log) enum Given {
    Template(Template),
    Json(JsonFields),
}

/// A line format that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FormatFault {
    /// Two fields follow each other without a text between them.
    Touching,
    /// There is no status.
    NoStatus,
    /// There is no request, path or URL.
    NoRequest,
    /// A name of a field of JSON lines is unknown.
    Unknown(String),
}

impl fmt::Display for FormatFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FormatFault::Touching => {
                f.write_str("two fields follow each other without a separator")
            }
            FormatFault::NoStatus => f.write_str("it has no status, such as $status or %>s"),
            FormatFault::NoRequest => {
                f.write_str("it has no request, such as \"$request\" or \"%r\"")
            }
            FormatFault::Unknown(name) => write!(
                f,
                "unknown field {name:?} (time, client, host, request, method, target, path, query, status, agent, \
                 seconds, millis, micros, nanos, backend, upstream_status, request_id, run)"
            ),
        }
    }
}

/// Compiles a line format: nginx's if it has a `$`, Apache's if it has a `%`, and `json: time=ts status=code ...` for
/// JSON lines.
pub fn line_format(text: &str) -> Result<LineFormat, FormatFault> {
    if let Some(fields) = text.trim_start().strip_prefix("json:") {
        return json(fields).map(|fields| LineFormat(Given::Json(fields)));
    }
    let template = if text.contains('$') {
        nginx(text)
    } else {
        apache(text)
    }?;
    if !template.has(Field::Status) {
        return Err(FormatFault::NoStatus);
    }
    let request = [Field::Request, Field::Target, Field::Path];
    if !request.iter().any(|field| template.has(*field)) {
        return Err(FormatFault::NoRequest);
    }
    Ok(LineFormat(Given::Template(template)))
}

/// Returns the line formats of a configuration file of nginx or Apache. Those that cannot be used are left out.
pub fn server_conf(text: &str) -> Vec<LineFormat> {
    let mut found = Vec::new();
    let mut rest = text;
    while found.len() < MOST
        && let Some(at) = directive(rest)
    {
        rest = &rest[at..];
        let (name, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let text = if name.eq_ignore_ascii_case("log_format") {
            strings(
                after
                    .split_once(char::is_whitespace)
                    .map_or("", |(_, it)| it),
            )
        } else {
            strings(after.split_inclusive('\n').next().unwrap_or_default())
        };
        if let Ok(format) = line_format(&text)
            && !found.contains(&format)
        {
            found.push(format);
        }
        rest = after;
    }
    found
}

/// Returns the byte offset of the next `log_format` or `LogFormat` that begins its line.
fn directive(text: &str) -> Option<usize> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim_start();
        let name = trimmed.split_whitespace().next().unwrap_or_default();
        if ["log_format", "logformat"]
            .iter()
            .any(|it| name.eq_ignore_ascii_case(it))
        {
            return Some(at + line.len() - trimmed.len());
        }
        at += line.len();
    }
    None
}

/// Returns the quoted strings up to the end of the directive, joined.
fn strings(text: &str) -> String {
    let mut out = String::new();
    let mut quote = None;
    let mut escaped = false;
    for c in text.chars() {
        match quote {
            _ if escaped => {
                match c {
                    '"' | '\'' | '\\' => {}
                    't' => {
                        out.push('\t');
                        escaped = false;
                        continue;
                    }
                    _ => out.push('\\'),
                }
                out.push(c);
                escaped = false;
            }
            Some(_) if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => out.push(c),
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c == ';' => break,
            None => {}
        }
    }
    out
}

/// Builds a template: texts and fields by turns.
#[derive(Default)]
struct Builder {
    parts: Vec<(Vec<u8>, Field)>,
    text: Vec<u8>,
}

impl Builder {
    fn field(&mut self, field: Field) -> Result<(), FormatFault> {
        if self.text.is_empty() && !self.parts.is_empty() {
            return Err(FormatFault::Touching);
        }
        self.parts.push((std::mem::take(&mut self.text), field));
        Ok(())
    }

    fn finish(self) -> Template {
        Template::new(self.parts, self.text)
    }
}

/// Compiles a format of nginx.
pub(super) fn nginx(text: &str) -> Result<Template, FormatFault> {
    let mut built = Builder::default();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        built.text.extend_from_slice(&rest.as_bytes()[..at]);
        let after = &rest[at + 1..];
        let (braced, after) = match after.strip_prefix('{') {
            Some(inner) => (true, inner),
            None => (false, after),
        };
        let legal = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let end = after.find(|c| !legal(c)).unwrap_or(after.len());
        built.field(nginx_field(&after[..end]))?;
        rest = &after[end..];
        if braced {
            rest = rest.strip_prefix('}').unwrap_or(rest);
        }
    }
    built.text.extend_from_slice(rest.as_bytes());
    Ok(built.finish())
}

fn nginx_field(name: &str) -> Field {
    match name {
        "remote_addr" | "realip_remote_addr" | "binary_remote_addr" | "client" => Field::Client,
        "http_x_forwarded_for" | "proxy_add_x_forwarded_for" | "forwarded" => Field::Forwarded,
        "host" | "http_host" | "server_name" => Field::Host,
        "time_local" | "time_iso8601" | "msec" | "time" => Field::Time,
        "request" => Field::Request,
        "request_method" | "method" => Field::Method,
        "request_uri" | "target" => Field::Target,
        "uri" | "document_uri" | "path" => Field::Path,
        "args" | "query_string" | "query" => Field::Query,
        "status" => Field::Status,
        "http_user_agent" | "agent" => Field::Agent,
        "request_time" | "seconds" => Field::Seconds,
        "millis" => Field::Millis,
        "upstream_addr" | "backend" => Field::Backend,
        "server" => Field::Server,
        "upstream_status" => Field::UpstreamStatus,
        "upstream_connect_time" => Field::ConnectTime,
        "upstream_header_time" => Field::HeaderTime,
        "upstream_response_time" => Field::UpstreamTime,
        "request_id" | "http_x_request_id" => Field::RequestId,
        "http_x_gatecrawl_run" | "run" => Field::Run,
        "termination" => Field::Termination,
        "flags" => Field::Flags,
        _ => Field::Skip,
    }
}

/// Compiles a format of Apache.
fn apache(text: &str) -> Result<Template, FormatFault> {
    let mut built = Builder::default();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            built
                .text
                .extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        // Conditions and `<`, `>` change which value is logged, not which field it is.
        while chars
            .next_if(|c| matches!(c, '<' | '>' | '!' | ',') || c.is_ascii_digit())
            .is_some()
        {}
        let mut name = String::new();
        if chars.next_if_eq(&'{').is_some() {
            name.extend(chars.by_ref().take_while(|c| *c != '}'));
        }
        match chars.next() {
            Some('%') => built.text.push(b'%'),
            Some('^') => {
                let _ = (chars.next(), chars.next());
                built.field(Field::Skip)?;
            }
            Some('t') if name.is_empty() => {
                built.text.push(b'[');
                built.field(Field::Time)?;
                built.text.push(b']');
            }
            Some(kind) => built.field(apache_field(kind, &name))?,
            None => {}
        }
    }
    Ok(built.finish())
}

fn apache_field(kind: char, name: &str) -> Field {
    match (kind, name.to_ascii_lowercase().as_str()) {
        ('h' | 'a', _) => Field::Client,
        ('v' | 'V', _) | ('i', "host") => Field::Host,
        ('t', "msec" | "sec" | "usec") => Field::Time,
        ('r', _) => Field::Request,
        ('m', _) => Field::Method,
        ('U', _) => Field::Path,
        ('q', _) => Field::Query,
        ('s', _) => Field::Status,
        ('i', "user-agent") => Field::Agent,
        ('i', "x-forwarded-for") => Field::Forwarded,
        ('i', "x-request-id") | ('L', _) | ('e', "unique_id") => Field::RequestId,
        ('i', "x-gatecrawl-run") => Field::Run,
        ('D', _) | ('T', "us") => Field::Micros,
        ('T', "ms") => Field::Millis,
        ('T', _) => Field::Seconds,
        ('e', "balancer_worker_name") => Field::Backend,
        _ => Field::Skip,
    }
}

/// Reads `time=ts client=ip ...`.
fn json(text: &str) -> Result<JsonFields, FormatFault> {
    let mut fields = JsonFields::default();
    for pair in text.split_whitespace() {
        let (name, path) = pair.split_once('=').unwrap_or((pair, pair));
        let field = match name {
            "time" => Field::Time,
            "client" => Field::Client,
            "host" => Field::Host,
            "request" => Field::Request,
            "method" => Field::Method,
            "target" => Field::Target,
            "path" => Field::Path,
            "query" => Field::Query,
            "status" => Field::Status,
            "agent" => Field::Agent,
            "seconds" => Field::Seconds,
            "millis" => Field::Millis,
            "micros" => Field::Micros,
            "nanos" => Field::Nanos,
            "backend" => Field::Backend,
            "upstream_status" => Field::UpstreamStatus,
            "request_id" => Field::RequestId,
            "run" => Field::Run,
            _ => return Err(FormatFault::Unknown(name.to_owned())),
        };
        fields.name(path, field);
    }
    if !fields.has(Field::Status) {
        return Err(FormatFault::NoStatus);
    }
    Ok(fields)
}

impl LineFormat {
    /// Returns the number of its fields with a use.
    pub(in crate::parse::log) fn weight(&self) -> usize {
        match &self.0 {
            Given::Template(template) => template.weight(),
            Given::Json(_) => usize::MAX,
        }
    }
}
