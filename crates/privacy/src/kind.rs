//! Kinds of originals.

use std::fmt;

/// What an original is an original of; numbers are counted per kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    /// A host: IP address or name.
    Host,
    /// Value of `job`.
    Job,
    /// Value of the label of this name, or a part of such a value.
    Label(String),
    /// Anything that is known by its form, or that the user named.
    Class(Class),
}

/// Originals that belong to no label of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Class {
    /// User of a URL, an e-mail address or `user@host`, a password in a URL included.
    User,
    /// MAC address.
    Mac,
    /// UUID or another long hexadecimal id.
    Id,
    /// What looks like a password or a token.
    Token,
    /// Hash that VictoriaMetrics derives from a URL or a token.
    Hash,
    /// A word that the user named.
    Word,
    /// What follows a dashed address in a DNS name.
    Domain,
    /// Part of the path or query of a URL.
    Path,
    /// Port, at the strict level.
    Port,
    /// Metric name.
    Metric,
    /// Label name.
    LabelName,
}

impl Class {
    pub(crate) const ALL: [Class; 11] = [
        Class::User,
        Class::Mac,
        Class::Id,
        Class::Token,
        Class::Hash,
        Class::Word,
        Class::Domain,
        Class::Path,
        Class::Port,
        Class::Metric,
        Class::LabelName,
    ];

    /// The name in the map.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Class::User => "user",
            Class::Mac => "mac",
            Class::Id => "id",
            Class::Token => "token",
            Class::Hash => "hash",
            Class::Word => "word",
            Class::Domain => "domain",
            Class::Path => "path",
            Class::Port => "port",
            Class::Metric => "metric",
            Class::LabelName => "label_name",
        }
    }

    pub(crate) fn of_name(name: &str) -> Option<Class> {
        Class::ALL.into_iter().find(|class| class.name() == name)
    }

    /// What stands before the number; names of metrics and labels may hold no dash.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Class::Metric => "metric_",
            Class::LabelName => "label_",
            Class::User => "user-",
            Class::Mac => "mac-",
            Class::Id => "id-",
            Class::Token => "token-",
            Class::Hash => "hash-",
            Class::Word => "word-",
            Class::Domain => "domain-",
            Class::Path => "path-",
            Class::Port => "port-",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Host => f.write_str("host"),
            Kind::Job => f.write_str("job"),
            Kind::Label(name) => write!(f, "label `{name}`"),
            Kind::Class(class) => f.write_str(class.name()),
        }
    }
}
