//! The `.sha256` file beside a bundle, in the format of `sha256sum`.
//!
//! One line: 64 hexadecimal digits, a space, a space (text) or `*` (binary), the file name. A name
//! with a backslash or a line break has these escaped as `\\`, `\n`, `\r`, and the line then starts
//! with a backslash.

use std::path::{Path, PathBuf};

/// Path of the checksum file of `bundle`: its name plus `.sha256`.
pub fn checksum_path(bundle: &Path) -> PathBuf {
    let mut path = bundle.as_os_str().to_owned();
    path.push(".sha256");
    path.into()
}

/// The line for the file at `bundle`; the folder is left out.
pub(crate) fn render(sha256: &str, bundle: &Path) -> Vec<u8> {
    let name = bundle.file_name().unwrap_or_default().as_encoded_bytes();
    let mut escaped = Vec::with_capacity(name.len());
    for &byte in name {
        match byte {
            b'\\' => escaped.extend(b"\\\\"),
            b'\n' => escaped.extend(b"\\n"),
            b'\r' => escaped.extend(b"\\r"),
            _ => escaped.push(byte),
        }
    }
    let mark: &[u8] = if escaped.len() > name.len() {
        b"\\"
    } else {
        b""
    };
    [mark, sha256.as_bytes(), b"  ", &escaped, b"\n"].concat()
}

/// The checksum in the first line, lower case; `None` if that is not 64 hexadecimal digits.
///
/// The name is not compared: people rename what they send.
pub(crate) fn parse(content: &[u8]) -> Option<String> {
    let line = content.strip_prefix(b"\\").unwrap_or(content);
    let digits = line.get(..64)?;
    let ends = line.get(64).is_none_or(u8::is_ascii_whitespace);
    (ends && digits.iter().all(u8::is_ascii_hexdigit)).then(|| {
        digits
            .iter()
            .map(|d| d.to_ascii_lowercase() as char)
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA256: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn the_line_is_what_sha256sum_prints() {
        let line = |name: &str| String::from_utf8(render(SHA256, Path::new(name))).unwrap();
        assert_eq!(line("/out/a b.zip"), format!("{SHA256}  a b.zip\n"));
        assert_eq!(
            line("odd\nname.zip"),
            format!("\\{SHA256}  odd\\nname.zip\n")
        );
    }

    #[test]
    fn reads_what_tools_write() {
        let parsed = |text: String| parse(text.as_bytes());
        assert_eq!(
            parsed(format!("{SHA256}  a.zip\n")).as_deref(),
            Some(SHA256)
        );
        assert_eq!(
            parsed(format!("{SHA256} *a.zip\r\n")).as_deref(),
            Some(SHA256)
        );
        assert_eq!(
            parsed(format!("\\{SHA256}  a\\\\.zip")).as_deref(),
            Some(SHA256)
        );
        assert_eq!(parsed(SHA256.to_uppercase()).as_deref(), Some(SHA256));
        assert_eq!(parsed(format!("{SHA256}0")), None);
        assert_eq!(parsed("not a checksum".into()), None);
        assert_eq!(parsed(String::new()), None);
    }

    #[test]
    fn the_file_lies_beside_the_bundle() {
        assert_eq!(
            checksum_path(Path::new("/out/vmexport_1.zip")),
            Path::new("/out/vmexport_1.zip.sha256")
        );
    }
}
