use vmformat::json_line::write_string;
use vmformat::number::write_float;

/// Appends a JSON string, spelled as the servers do.
pub(crate) fn quote(out: &mut String, text: &str) {
    let mut bytes = Vec::new();
    write_string(&mut bytes, text.as_bytes());
    out.push_str(&String::from_utf8_lossy(&bytes));
}

/// Appends `open`, the items with commas between them, and `close`.
pub(crate) fn list<T>(
    out: &mut String,
    [open, close]: [char; 2],
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(&mut String, T),
) {
    out.push(open);
    for (at, item) in items.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write(out, item);
    }
    out.push(close);
}

/// Appends labels as a JSON object.
pub(crate) fn labels<'a>(out: &mut String, labels: impl IntoIterator<Item = (&'a str, &'a str)>) {
    list(out, ['{', '}'], labels, |out, (name, value)| {
        quote(out, name);
        out.push(':');
        quote(out, value);
    });
}

/// Appends a value of a query result: seconds with up to three decimals, and a text.
pub(crate) fn point(out: &mut String, (timestamp_ms, value): (i64, f64)) {
    let mut bytes = vec![b'['];
    write_float(&mut bytes, timestamp_ms as f64 / 1_000.0);
    bytes.extend_from_slice(b",\"");
    if value.is_nan() {
        bytes.extend_from_slice(b"NaN");
    } else if value.is_infinite() {
        bytes.extend_from_slice(if value > 0.0 { b"+Inf" } else { b"-Inf" });
    } else {
        write_float(&mut bytes, value);
    }
    bytes.extend_from_slice(b"\"]");
    out.push_str(&String::from_utf8_lossy(&bytes));
}
