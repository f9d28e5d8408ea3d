use crate::LineDefect;

/// Bytes that are copied as they are.
const RAW: u8 = 0;
/// Bytes that are written as `\u00xx`.
const HEX: u8 = 1;

/// What each byte becomes: [`RAW`], [`HEX`], or the letter behind a backslash.
const ESCAPES: [u8; 256] = {
    let mut escapes = [RAW; 256];
    let mut control = 0;
    while control < 0x20 {
        escapes[control] = HEX;
        control += 1;
    }
    escapes[0x08] = b'b';
    escapes[0x0c] = b'f';
    escapes[b'\n' as usize] = b'n';
    escapes[b'\r' as usize] = b'r';
    escapes[b'\t' as usize] = b't';
    escapes[b'"' as usize] = b'"';
    escapes[b'\\' as usize] = b'\\';
    escapes[b'<' as usize] = HEX;
    escapes[b'\'' as usize] = HEX;
    escapes
};

/// Appends `bytes` as a JSON string with its quotes, spelled as VictoriaMetrics does since
/// v1.102.0.
///
/// Besides what JSON demands, `<` and `'` are escaped. Bytes from 0x80 on are copied, be they UTF-8
/// or not.
pub fn write_string(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    let mut rest = bytes;
    while let Some(at) = rest
        .iter()
        .position(|byte| ESCAPES[usize::from(*byte)] != RAW)
    {
        out.extend_from_slice(&rest[..at]);
        let byte = rest[at];
        match ESCAPES[usize::from(byte)] {
            HEX => {
                let digit = |nibble: u8| b"0123456789abcdef"[usize::from(nibble)];
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&[digit(byte >> 4), digit(byte & 0xf)]);
            }
            letter => out.extend_from_slice(&[b'\\', letter]),
        }
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

/// Appends the `metric` object of a line, with its braces.
pub fn write_metric<'a>(out: &mut Vec<u8>, labels: impl IntoIterator<Item = (&'a [u8], &'a [u8])>) {
    out.push(b'{');
    for (i, (name, value)) in labels.into_iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        write_string(out, name);
        out.push(b':');
        write_string(out, value);
    }
    out.push(b'}');
}

/// Reads the string whose opening quote stands at `at` into `out`, which is cleared first; returns
/// what follows it.
///
/// On failure the position is that of the byte at fault.
pub(super) fn read_string(
    json: &[u8],
    at: usize,
    out: &mut Vec<u8>,
) -> Result<usize, (LineDefect, usize)> {
    out.clear();
    let mut at = at + 1;
    loop {
        let rest = &json[at..];
        let run = memchr::memchr2(b'"', b'\\', rest).unwrap_or(rest.len());
        if let Some(control) = rest[..run].iter().position(|byte| *byte < 0x20) {
            return Err((
                LineDefect::Expected("no control character in a string"),
                at + control,
            ));
        }
        out.extend_from_slice(&rest[..run]);
        at += run;
        match json.get(at) {
            None => return Err((LineDefect::Truncated, at)),
            Some(b'"') => return Ok(at + 1),
            Some(_) => at = read_escape(json, at, out)?,
        }
    }
}

/// Reads the escape sequence whose backslash stands at `at`; returns what follows it.
fn read_escape(json: &[u8], at: usize, out: &mut Vec<u8>) -> Result<usize, (LineDefect, usize)> {
    let byte = match json.get(at + 1) {
        None => return Err((LineDefect::Truncated, json.len())),
        Some(b'u') => return read_unicode(json, at, out),
        Some(b'b') => 0x08,
        Some(b'f') => 0x0c,
        Some(b'n') => b'\n',
        Some(b'r') => b'\r',
        Some(b't') => b'\t',
        Some(&byte @ (b'"' | b'\\' | b'/')) => byte,
        Some(_) => return Err((LineDefect::Expected("an escape sequence"), at)),
    };
    out.push(byte);
    Ok(at + 2)
}

fn read_unicode(json: &[u8], at: usize, out: &mut Vec<u8>) -> Result<usize, (LineDefect, usize)> {
    let unit = |at: usize| -> Result<u32, (LineDefect, usize)> {
        let Some(digits) = json.get(at + 2..at + 6) else {
            return Err((LineDefect::Truncated, json.len()));
        };
        digits
            .iter()
            .try_fold(0, |unit, digit| {
                let value = char::from(*digit).to_digit(16);
                value.map(|value| unit << 4 | value)
            })
            .ok_or((LineDefect::Expected("four hexadecimal digits"), at))
    };
    let high = unit(at)?;
    let (code, end) = match high {
        0xd800..0xdc00 if json.get(at + 6..at + 8) == Some(b"\\u") => match unit(at + 6)? {
            low @ 0xdc00..0xe000 => (0x10000 + ((high - 0xd800) << 10 | (low - 0xdc00)), at + 12),
            _ => (high, at + 6),
        },
        _ => (high, at + 6),
    };
    let Some(c) = char::from_u32(code) else {
        return Err((LineDefect::Expected("a pair of surrogates"), at));
    };
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    Ok(end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        write_string(&mut out, bytes);
        out
    }

    fn read(json: &[u8]) -> Result<Vec<u8>, (LineDefect, usize)> {
        let mut out = b"before".to_vec();
        assert_eq!(read_string(json, 0, &mut out)?, json.len());
        Ok(out)
    }

    #[test]
    fn control_and_html_characters_are_escaped() {
        assert_eq!(
            written(b"a\"\\\n\r\t\x08\x0c\x00\x1f\x7f<>'&/\xff"),
            b"\"a\\\"\\\\\\n\\r\\t\\b\\f\\u0000\\u001f\x7f\\u003c>\\u0027&/\xff\""
        );
    }

    #[test]
    fn a_metric_object_joins_its_labels() {
        let mut out = Vec::new();
        write_metric(&mut out, [(&b"__name__"[..], &b"m"[..]), (b"a", b"b")]);
        assert_eq!(out, b"{\"__name__\":\"m\",\"a\":\"b\"}");
    }

    #[test]
    fn other_spellings_are_read() {
        assert_eq!(
            read(br#""\/\u00e9\u0008\uD83D\uDE80""#).unwrap(),
            "/é\u{8}🚀".as_bytes()
        );
    }

    #[test]
    fn broken_strings_are_refused() {
        for json in [r#""a"#, r#""\"#, r#""\u12"#] {
            assert_eq!(
                read(json.as_bytes()),
                Err((LineDefect::Truncated, json.len()))
            );
        }
        for json in [
            r#""\x""#,
            r#""\u12g4""#,
            r#""\ud800""#,
            r#""\ud800\u0041""#,
            r#""\udc00""#,
        ] {
            assert!(
                matches!(read(json.as_bytes()), Err((LineDefect::Expected(_), 1))),
                "{json}"
            );
        }
        assert!(matches!(
            read(b"\"a\nb\""),
            Err((LineDefect::Expected(_), 2))
        ));
    }

    proptest! {
        #[test]
        fn written_strings_are_read_back(bytes: Vec<u8>) {
            prop_assert_eq!(read(&written(&bytes)).unwrap(), bytes);
        }
    }
}
