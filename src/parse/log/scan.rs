//! Small scanners over bytes.

/// Returns the text inside quotes at the beginning, and the rest after the closing quote. A backslash escapes the
/// next byte.
pub(super) fn quoted(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let inner = text.strip_prefix(b"\"")?;
    let end = closing(inner)?;
    Some((&inner[..end], &inner[end + 1..]))
}

/// Returns the byte offset of the quote that closes a text.
pub(super) fn closing(inner: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + memchr::memchr2(b'"', b'\\', inner.get(from..)?)?;
        if inner[at] == b'"' {
            return Some(at);
        }
        from = at + 2;
    }
}

/// Returns the text up to a byte, and the rest after it. Without the byte, everything is the text.
pub(super) fn until(byte: u8, text: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memchr(byte, text) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, &[]),
    }
}

/// Parses a whole number of digits only.
pub(super) fn whole(text: &[u8]) -> Option<u64> {
    if text.is_empty() || text.len() > 19 {
        return None;
    }
    text.iter().try_fold(0_u64, |sum, byte| {
        byte.is_ascii_digit()
            .then(|| sum.wrapping_mul(10).wrapping_add(u64::from(byte - b'0')))
    })
}

/// Parses a decimal number, such as `0.125`.
pub(super) fn decimal(text: &[u8]) -> Option<f64> {
    let is_number = |byte: &u8| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E');
    if text.is_empty() || text.len() > 40 || !text.iter().all(is_number) {
        return None;
    }
    let number: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    number.is_finite().then_some(number)
}

/// Returns whether a text is an IP address of a machine, with or without a port.
pub(super) fn is_address(text: &[u8]) -> bool {
    let (mut dots, mut colons, mut hex) = (0, 0, false);
    for byte in text {
        match byte {
            b'.' => dots += 1,
            b':' => colons += 1,
            b'a'..=b'f' | b'A'..=b'F' => hex = true,
            b'0'..=b'9' | b'[' | b']' | b'%' => {}
            _ => return false,
        }
    }
    (dots == 3 && !hex && colons <= 1) || colons >= 2
}

/// Returns whether a text looks like the name of a host: letters and a dot, or `localhost`.
pub(super) fn is_host(text: &[u8]) -> bool {
    let legal =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'_');
    !text.is_empty()
        && text.iter().all(legal)
        && text.iter().any(u8::is_ascii_alphabetic)
        && (text.contains(&b'.') || text.starts_with(b"localhost"))
}

/// Returns a host or an IP address without its port. IPv6 addresses may be in brackets.
pub(super) fn without_port(text: &[u8]) -> &[u8] {
    if let Some(inner) = text.strip_prefix(b"[") {
        let end = memchr::memchr(b']', inner).unwrap_or(inner.len());
        return &inner[..end];
    }
    let Some(colon) = memchr::memrchr(b':', text) else {
        return text;
    };
    let port = &text[colon + 1..];
    let is_port = !port.is_empty() && port.iter().all(u8::is_ascii_digit);
    // An IPv6 address without brackets ends in a group of digits, too.
    if is_port && memchr::memchr(b':', &text[..colon]).is_none() {
        &text[..colon]
    } else {
        text
    }
}
