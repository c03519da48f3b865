//! nginx's own error pages, as captured from nginx.

use http::StatusCode;

const CAPTURED: [(u16, &str); 3] = [
    (
        502,
        include_str!("../../../fixtures/responses/nginx/refused.http"),
    ),
    (
        503,
        include_str!("../../../fixtures/responses/nginx/maint.http"),
    ),
    (
        504,
        include_str!("../../../fixtures/responses/nginx/readtimeout.http"),
    ),
];

/// The reason phrase of a status.
pub(crate) fn reason(status: u16) -> &'static str {
    let status = StatusCode::from_u16(status).ok();
    status
        .and_then(|status| status.canonical_reason())
        .unwrap_or("Unknown")
}

/// The body of nginx's page for a status: captured, or made in the same way.
pub(crate) fn body(status: u16) -> String {
    let captured = CAPTURED.iter().find(|(of, _)| *of == status);
    if let Some((_, text)) = captured {
        let body = text
            .find("<html>")
            .zip(text.find("</html>"))
            .map(|(from, to)| &text[from..to]);
        return format!("{}</html>\r\n", body.expect("a page of nginx"));
    }
    let title = format!("{status} {}", reason(status));
    format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n\
         <hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n"
    )
}
