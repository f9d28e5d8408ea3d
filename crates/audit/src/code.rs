//! What a hit is a hit of.

use std::fmt;

/// What an original is an original of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The host of an instance, or one that stood elsewhere.
    Host,
    /// A job.
    Job,
    /// The value of another label.
    LabelValue,
    /// The name of a label.
    LabelName,
    /// The name of a metric.
    MetricName,
    /// A word, domain or match of an expression that the user named.
    Word,
}

/// What a hit is a hit of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// A known original.
    Original(Kind),
    /// Text shaped like an IP address.
    IpAddress,
    /// Text shaped like a host name.
    HostName,
    /// Text shaped like an e-mail address, or like `user@host`.
    Email,
    /// Text shaped like a MAC address.
    MacAddress,
    /// A URL with a host or user that is neither a pseudonym nor an address.
    Url,
}

impl Code {
    const ALL: [Self; 11] = [
        Self::Original(Kind::Host),
        Self::Original(Kind::Job),
        Self::Original(Kind::LabelValue),
        Self::Original(Kind::LabelName),
        Self::Original(Kind::MetricName),
        Self::Original(Kind::Word),
        Self::IpAddress,
        Self::HostName,
        Self::Email,
        Self::MacAddress,
        Self::Url,
    ];

    fn bit(self) -> u16 {
        1 << match self {
            Self::Original(kind) => kind as u16,
            Self::IpAddress => 6,
            Self::HostName => 7,
            Self::Email => 8,
            Self::MacAddress => 9,
            Self::Url => 10,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Original(Kind::Host) => "known host",
            Self::Original(Kind::Job) => "known job",
            Self::Original(Kind::LabelValue) => "known label value",
            Self::Original(Kind::LabelName) => "known label name",
            Self::Original(Kind::MetricName) => "known metric name",
            Self::Original(Kind::Word) => "known word",
            Self::IpAddress => "IP address",
            Self::HostName => "host name",
            Self::Email => "e-mail address",
            Self::MacAddress => "MAC address",
            Self::Url => "URL",
        })
    }
}

/// A set of codes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Codes(u16);

impl Codes {
    pub(crate) fn insert(&mut self, code: Code) {
        self.0 |= code.bit();
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = Code> {
        Code::ALL
            .into_iter()
            .filter(move |code| self.0 & code.bit() != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_gives_back_exactly_what_was_put_in() {
        for code in Code::ALL {
            let mut codes = Codes::default();
            assert!(codes.is_empty());
            codes.insert(code);
            assert_eq!(codes.iter().collect::<Vec<_>>(), [code]);
        }
    }
}
