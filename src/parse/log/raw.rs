//! The fields of a line as they are written, before they become an entry.

/// A field that readers know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// A field without a use here.
    Skip,
    /// IP address of the client, with or without a port.
    Client,
    /// The first IP address of `X-Forwarded-For`, used if there is no client.
    Forwarded,
    Host,
    Time,
    /// The date, if the time of day is another field.
    Date,
    TimeOfDay,
    /// The whole request line.
    Request,
    Method,
    /// Path and query.
    Target,
    /// Path without query.
    Path,
    Query,
    Status,
    Agent,
    Seconds,
    Millis,
    Micros,
    Nanos,
    Backend,
    /// The server within a backend.
    Server,
    UpstreamStatus,
    ConnectTime,
    HeaderTime,
    UpstreamTime,
    RequestId,
    /// The token of a crawl of ours, from the header `X-Gatecrawl-Run`.
    Run,
    /// Seconds that the target of a load balancer of AWS took; -1 if it never answered.
    TargetTime,
    /// HAProxy's termination state.
    Termination,
    /// Envoy's response flags.
    Flags,
    /// Heroku's code, CloudFront's detailed result.
    Reason,
    /// IIS's substatus and Windows error.
    Substatus,
    WindowsError,
}

/// Number of fields.
const COUNT: usize = Field::WindowsError as usize + 1;

/// The fields of a line; those that are not there are empty.
#[derive(Clone, Copy, Debug)]
pub(super) struct Raw<'a>([&'a [u8]; COUNT]);

impl<'a> Raw<'a> {
    pub(super) const fn new() -> Raw<'a> {
        Raw([b""; COUNT])
    }

    pub(super) fn set(&mut self, field: Field, value: &'a [u8]) {
        self.0[field as usize] = value;
    }

    /// Returns a field; `-` counts as empty.
    pub(super) fn get(&self, field: Field) -> &'a [u8] {
        match self.0[field as usize] {
            b"-" => b"",
            value => value,
        }
    }

    /// Returns whether a field is written, even if it is `-`.
    pub(super) fn has(&self, field: Field) -> bool {
        !self.0[field as usize].is_empty()
    }
}
