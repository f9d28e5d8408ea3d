//! The secret that decides the order of numbers.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretBox, SecretString};
use sha2::Sha256;

use crate::error::Error;
use crate::kind::Kind;

const KEY_BYTES: usize = 32;

/// 32 secret bytes from which the order of pseudonyms is derived.
///
/// Whoever has the key and a bundle can test a list of guesses against the order of the numbers,
/// so it is kept like the map itself. It is cleared on drop and never printed.
pub struct Key(SecretBox<[u8; KEY_BYTES]>);

impl Key {
    /// Takes a new key from the random source of the operating system.
    ///
    /// # Errors
    ///
    /// [`Error::Random`] if there is no such source.
    pub fn generate() -> Result<Key, Error> {
        let mut bytes = Box::new([0; KEY_BYTES]);
        getrandom::fill(bytes.as_mut_slice()).map_err(Error::Random)?;
        Ok(Key(SecretBox::new(bytes)))
    }

    /// Reads a key from 64 hex digits of either case.
    ///
    /// # Errors
    ///
    /// [`Error::KeySyntax`] for anything else.
    pub fn from_hex(text: &str) -> Result<Key, Error> {
        let digits = text.as_bytes();
        if digits.len() != 2 * KEY_BYTES {
            return Err(Error::KeySyntax);
        }
        let mut bytes = Box::new([0; KEY_BYTES]);
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
        }
        Ok(Key(SecretBox::new(bytes)))
    }

    /// The key as 64 lower-case hex digits, for a private file.
    pub fn to_hex(&self) -> SecretString {
        SecretString::from(hex(self.0.expose_secret()))
    }

    /// Place of an original among those of its kind: HMAC-SHA-256 of kind, a zero byte, original.
    ///
    /// Neither the time of arrival nor the alphabet shows in it.
    pub(crate) fn rank(&self, kind: &Kind, original: &[u8]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.expose_secret())
            .expect("HMAC takes a key of any length");
        match kind {
            Kind::Host => mac.update(b"host"),
            Kind::Job => mac.update(b"job"),
            Kind::Label(name) => {
                mac.update(b"label ");
                mac.update(name.as_bytes());
            }
            Kind::Class(class) => {
                mac.update(b"class ");
                mac.update(class.name().as_bytes());
            }
        }
        mac.update(b"\0");
        mac.update(original);
        mac.finalize().into_bytes().into()
    }
}

impl Key {
    /// A secret number below `bound` for a text, the same each time.
    ///
    /// The first eight bytes of HMAC-SHA-256 of `phase`, a zero byte and the text, modulo `bound`:
    /// scrape intervals are so much smaller than 64 bits that no number is likelier than another.
    pub(crate) fn below(&self, bound: u64, text: &[u8]) -> u64 {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.expose_secret())
            .expect("HMAC takes a key of any length");
        mac.update(b"phase\0");
        mac.update(text);
        let digest: [u8; 32] = mac.finalize().into_bytes().into();
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        u64::from_le_bytes(first).checked_rem(bound).unwrap_or(0)
    }
}

/// Lower-case hex digits of `bytes`.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|nibble| char::from(DIGITS[usize::from(nibble)]))
        .collect()
}

fn nibble(digit: u8) -> Result<u8, Error> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        b'A'..=b'F' => Ok(digit - b'A' + 10),
        _ => Err(Error::KeySyntax),
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_its_hex_form() {
        let key = Key::generate().unwrap();
        let again = Key::from_hex(key.to_hex().expose_secret()).unwrap();
        assert_eq!(key.0.expose_secret(), again.0.expose_secret());
    }

    #[test]
    fn refuses_what_is_not_64_hex_digits() {
        for text in [
            "",
            "00",
            &"0".repeat(63),
            &"0".repeat(65),
            &"g".repeat(64),
            &"ä".repeat(32),
        ] {
            assert!(
                matches!(Key::from_hex(text), Err(Error::KeySyntax)),
                "{text}"
            );
        }
    }

    #[test]
    fn debug_hides_the_bytes() {
        let key = Key::from_hex(&"ab".repeat(32)).unwrap();
        assert_eq!(format!("{key:?}"), "Key(hidden)");
    }

    #[test]
    fn rank_is_hmac_sha_256_of_kind_zero_original() {
        // Computed with `openssl dgst -sha256 -mac HMAC -macopt hexkey:00..00` over the bytes
        // `host`, 0, `a`.
        let key = Key::from_hex(&"00".repeat(32)).unwrap();
        assert_eq!(
            hex(&key.rank(&Kind::Host, b"a")),
            "e0b7ff86c30c49bc71f4631f9c3c59fb5bb4ee0d0f8e76d3c079218f2a53daeb"
        );
    }

    #[test]
    fn rank_tells_kinds_apart() {
        let key = Key::generate().unwrap();
        assert_ne!(key.rank(&Kind::Host, b"a"), key.rank(&Kind::Job, b"a"));
        let (x, y) = (Kind::Label("x".to_owned()), Kind::Label("y".to_owned()));
        assert_ne!(key.rank(&x, b"a"), key.rank(&y, b"a"));
    }
}
