//! Comparing secrets without telling how much of them is right.

use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::error::Error;

/// A secret that callers must know.
pub(super) struct Secret {
    text: SecretString,
    digest: [u8; 32],
}

impl Secret {
    pub(super) fn of(text: &SecretString) -> Self {
        Self {
            digest: digest(text.expose_secret()),
            text: text.clone(),
        }
    }

    /// Takes as long for every text of one length; lengths differ only in hashing.
    pub(super) fn is(&self, given: &str) -> bool {
        self.digest.ct_eq(&digest(given)).into()
    }

    pub(super) fn expose(&self) -> &str {
        self.text.expose_secret()
    }
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

/// 128 random bits as hex digits.
///
/// # Errors
///
/// [`Error::Random`].
pub(super) fn random_text() -> Result<String, Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| Error::Random)?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}
