//! The formats of products whose lines are fields in a fixed order, as templates; and the names in their JSON lines.

use std::sync::LazyLock;

use memchr::memmem;

use crate::parse::log::raw::{Field, Raw};
use crate::parse::log::scan::decimal;

use super::dialect::nginx;
use super::json::JsonFields;
use super::template::Template;

fn template(text: &str) -> Template {
    nginx(text).unwrap_or_else(|_| Template::new(Vec::new(), Vec::new()))
}

static SQUID: LazyLock<Template> = LazyLock::new(|| {
    template(
        "$msec $millis $client $code/$status $size $method $target $user $hierarchy/$backend $type",
    )
});

static HAPROXY: LazyLock<Template> = LazyLock::new(|| {
    template(
        "$client [$time] $frontend $backend $tq/$tw/$tc/$tr/$millis $status $size $cookie1 $cookie2 \
         $termination $connections $queues $captured\"$request\"",
    )
});

static ENVOY: LazyLock<Template> = LazyLock::new(|| {
    template(
        "[$time] \"$request\" $status $flags $received $sent $millis $service \"$forwarded\" \"$agent\" \
         \"$request_id\" \"$host\" \"$backend\"",
    )
});

static ISTIO: LazyLock<Template> = LazyLock::new(|| {
    template(
        "[$time] \"$request\" $status $flags $details $ended \"$why\" $received $sent $millis $service \
         \"$forwarded\" \"$agent\" \"$request_id\" \"$host\" \"$backend\"",
    )
});

static ALB: LazyLock<Template> = LazyLock::new(|| {
    template(
        "$type $time $elb $client $backend $t1 $seconds $t3 $status $upstream_status $received $sent \
         \"$request\" \"$agent\" $cipher $protocol $group \"$request_id\" \"$host\"",
    )
});

/// The kinds of connections in logs of AWS ALB.
const ALB_TYPES: [&[u8]; 6] = [b"http ", b"https ", b"h2 ", b"grpcs ", b"ws ", b"wss "];

/// Splits a line of Squid's native format.
pub(in crate::parse::log) fn squid(line: &[u8]) -> Option<Raw<'_>> {
    let raw = SQUID.split(line)?;
    (raw.get(Field::Time).len() >= 10).then_some(raw)
}

/// Splits a line of HAProxy's `httplog`, with or without a syslog header.
pub(in crate::parse::log) fn haproxy(line: &[u8]) -> Option<Raw<'_>> {
    let mut raw = HAPROXY.split(after_syslog(line, b"haproxy"))?;
    // A port always follows, also an IPv6 address without brackets.
    let client = raw.get(Field::Client);
    let colon = memchr::memrchr(b':', client)?;
    raw.set(Field::Client, &client[..colon]);
    Some(raw)
}

/// Returns what follows the header that syslog puts before a line, such as `Nov 22 11:25:37 host haproxy[123]: `.
pub(in crate::parse::log) fn after_syslog<'a>(line: &'a [u8], program: &[u8]) -> &'a [u8] {
    // Headers are short.
    let head = &line[..line.len().min(160)];
    let Some(at) = memmem::find(head, program) else {
        return line;
    };
    let after = &line[at + program.len()..];
    let Some(colon) = memmem::find(&after[..after.len().min(16)], b": ") else {
        return line;
    };
    let pid = &after[..colon];
    let is_pid = pid.is_empty() || (pid.starts_with(b"[") && pid.ends_with(b"]"));
    if is_pid { &after[colon + 2..] } else { line }
}

/// Splits a line of Envoy or Istio.
pub(in crate::parse::log) fn envoy(line: &[u8]) -> Option<Raw<'_>> {
    let is_number = |raw: &Raw<'_>| decimal(raw.get(Field::Millis)).is_some();
    ENVOY
        .split(line)
        .filter(is_number)
        .or_else(|| ISTIO.split(line).filter(is_number))
}

/// Splits a line of AWS ALB.
pub(in crate::parse::log) fn alb(line: &[u8]) -> Option<Raw<'_>> {
    if !ALB_TYPES.iter().any(|kind| line.starts_with(kind)) {
        return None;
    }
    let mut raw = ALB.split(line)?;
    raw.set(Field::TargetTime, raw.get(Field::Seconds));
    raw.get(Field::Time).contains(&b'T').then_some(raw)
}

/// Names in Caddy's JSON lines.
pub(in crate::parse::log) static CADDY: LazyLock<JsonFields> = LazyLock::new(|| {
    JsonFields::of(&[
        ("ts", Field::Time),
        ("request.client_ip", Field::Client),
        ("request.remote_ip", Field::Client),
        ("request.remote_addr", Field::Client),
        ("request.host", Field::Host),
        ("request.method", Field::Method),
        ("request.uri", Field::Target),
        ("request.headers.User-Agent", Field::Agent),
        ("request.headers.X-Gatecrawl-Run", Field::Run),
        ("status", Field::Status),
        ("duration", Field::Seconds),
    ])
});

/// Names in Cloudflare's Logpush.
pub(in crate::parse::log) static CLOUDFLARE: LazyLock<JsonFields> = LazyLock::new(|| {
    JsonFields::of(&[
        ("EdgeStartTimestamp", Field::Time),
        ("ClientIP", Field::Client),
        ("ClientRequestHost", Field::Host),
        ("ClientRequestMethod", Field::Method),
        ("ClientRequestURI", Field::Target),
        ("ClientRequestPath", Field::Path),
        ("ClientRequestUserAgent", Field::Agent),
        ("EdgeResponseStatus", Field::Status),
        ("OriginResponseStatus", Field::UpstreamStatus),
        ("OriginResponseTime", Field::Nanos),
        ("OriginResponseDurationMs", Field::Millis),
        ("OriginIP", Field::Backend),
        ("RayID", Field::RequestId),
    ])
});

/// Names in Traefik's JSON lines.
pub(in crate::parse::log) static TRAEFIK: LazyLock<JsonFields> = LazyLock::new(|| {
    JsonFields::of(&[
        ("StartUTC", Field::Time),
        ("ClientHost", Field::Client),
        ("RequestHost", Field::Host),
        ("RequestMethod", Field::Method),
        ("RequestPath", Field::Target),
        ("request_User-Agent", Field::Agent),
        ("request_X-Gatecrawl-Run", Field::Run),
        ("DownstreamStatus", Field::Status),
        ("OriginStatus", Field::UpstreamStatus),
        ("Duration", Field::Nanos),
        ("ServiceAddr", Field::Backend),
        ("RequestID", Field::RequestId),
    ])
});

/// Names in Envoy's JSON lines.
pub(in crate::parse::log) static ENVOY_JSON: LazyLock<JsonFields> = LazyLock::new(|| {
    JsonFields::of(&[
        ("start_time", Field::Time),
        ("x_forwarded_for", Field::Forwarded),
        ("downstream_remote_address", Field::Client),
        ("authority", Field::Host),
        ("method", Field::Method),
        ("path", Field::Target),
        ("user_agent", Field::Agent),
        ("response_code", Field::Status),
        ("response_flags", Field::Flags),
        ("duration", Field::Millis),
        ("upstream_host", Field::Backend),
        ("request_id", Field::RequestId),
    ])
});

/// Names that nginx's variables have in JSON lines of one's own.
pub(in crate::parse::log) static NGINX_JSON: LazyLock<JsonFields> = LazyLock::new(|| {
    JsonFields::of(&[
        ("time_iso8601", Field::Time),
        ("time_local", Field::Time),
        ("timestamp", Field::Time),
        ("@timestamp", Field::Time),
        ("msec", Field::Time),
        ("time", Field::Time),
        ("ts", Field::Time),
        ("remote_addr", Field::Client),
        ("client_ip", Field::Client),
        ("remote_ip", Field::Client),
        ("client", Field::Client),
        ("http_x_forwarded_for", Field::Forwarded),
        ("http_host", Field::Host),
        ("host", Field::Host),
        ("request", Field::Request),
        ("request_method", Field::Method),
        ("method", Field::Method),
        ("request_uri", Field::Target),
        ("uri", Field::Target),
        ("path", Field::Target),
        ("url", Field::Target),
        ("http_user_agent", Field::Agent),
        ("http_x_gatecrawl_run", Field::Run),
        ("user_agent", Field::Agent),
        ("status", Field::Status),
        ("status_code", Field::Status),
        ("request_time", Field::Seconds),
        ("upstream_addr", Field::Backend),
        ("upstream_status", Field::UpstreamStatus),
        ("upstream_connect_time", Field::ConnectTime),
        ("upstream_header_time", Field::HeaderTime),
        ("upstream_response_time", Field::UpstreamTime),
        ("request_id", Field::RequestId),
    ])
});
