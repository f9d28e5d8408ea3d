//! What pseudonyms look like.

use crate::kind::Class;

/// A family of pseudonyms that differ in their number only. Numbers begin at 1.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Shape {
    /// `777.777.X.Y`: `Y` counts from 1 to 255, then `X` goes up by one, without an upper end. No
    /// part exceeds 255 for the first 65,025 hosts, and no IPv4 address begins with 777.
    Host,
    /// `<prefix><n>`; the prefix ends in `-` or `_`.
    Numbered(String),
}

const HOST_PREFIX: &str = "777.777.";

impl Shape {
    /// Places of a block, the last part of a host pseudonym.
    pub(crate) const HOSTS_OF_BLOCK: u64 = 255;

    /// Block, from 0, and place, from 1, of a host's number.
    pub(crate) fn host_block(number: u64) -> (u64, u64) {
        (
            (number - 1) / Self::HOSTS_OF_BLOCK,
            (number - 1) % Self::HOSTS_OF_BLOCK + 1,
        )
    }

    /// The number of a place in a block.
    pub(crate) fn host_number(block: u64, place: u64) -> u64 {
        block * Self::HOSTS_OF_BLOCK + place
    }

    /// `<component>-job-<n>`, or `job-<n>`; each component counts for itself.
    pub(crate) fn job(component: Option<&str>) -> Shape {
        Shape::Numbered(component.map_or("job-".to_owned(), |name| format!("{name}-job-")))
    }

    /// `<label>-<n>`; `:` and `/`, which end a word, become `_`.
    pub(crate) fn label(name: &str) -> Shape {
        Shape::Numbered(format!("{}-", name.replace([':', '/'], "_")))
    }

    /// `user-<n>` and the like.
    pub(crate) fn class(class: Class) -> Shape {
        Shape::Numbered(class.prefix().to_owned())
    }

    /// What stands before the number.
    pub(crate) fn prefix(&self) -> &str {
        match self {
            Shape::Host => HOST_PREFIX,
            Shape::Numbered(prefix) => prefix,
        }
    }

    /// Shape of an existing job pseudonym, `None` if it is none.
    pub(crate) fn of_job(pseudonym: &str) -> Option<Shape> {
        let (prefix, _) = split_number(pseudonym)?;
        let component = match prefix.strip_suffix("job-")? {
            "" => return Some(Shape::job(None)),
            before => before.strip_suffix('-')?,
        };
        // Newer programs may know more components than this one.
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        (!component.is_empty() && component.bytes().all(plain)).then(|| Shape::job(Some(component)))
    }

    /// The pseudonym with number `n`, from 1.
    pub(crate) fn pseudonym(&self, n: u64) -> String {
        match self {
            Shape::Host => {
                let (block, place) = Shape::host_block(n);
                format!("{HOST_PREFIX}{}.{place}", block + 1)
            }
            Shape::Numbered(prefix) => format!("{prefix}{n}"),
        }
    }

    /// The number of a pseudonym of this shape, `None` if it is none.
    pub(crate) fn number(&self, pseudonym: &str) -> Option<u64> {
        match self {
            Shape::Host => {
                let (block, place) = pseudonym.strip_prefix(HOST_PREFIX)?.split_once('.')?;
                let (block, place) = (number(block)?, number(place)?);
                (place <= Self::HOSTS_OF_BLOCK).then(|| Self::host_number(block - 1, place))
            }
            Shape::Numbered(prefix) => {
                let (found, n) = split_number(pseudonym)?;
                (found == prefix).then_some(n)
            }
        }
    }
}

/// A number and all before it.
fn split_number(text: &str) -> Option<(&str, u64)> {
    let (prefix, digits) = text.split_at(text.rfind(['-', '_'])? + 1);
    Some((prefix, number(digits)?))
}

/// Reads a number as it is written here: from 1, no sign, no leading zero. Ten digits leave room
/// to count on from any number that a map brings along.
fn number(digits: &str) -> Option<u64> {
    let plain = digits.len() <= 10 && digits.bytes().all(|byte| byte.is_ascii_digit());
    (plain && !digits.starts_with('0'))
        .then(|| digits.parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hosts_count_like_addresses_and_never_run_out() {
        let of = |n| Shape::Host.pseudonym(n);
        assert_eq!(
            [of(1), of(2), of(255)],
            ["777.777.1.1", "777.777.1.2", "777.777.1.255"]
        );
        assert_eq!([of(256), of(65_025)], ["777.777.2.1", "777.777.255.255"]);
        assert_eq!(of(65_026), "777.777.256.1");
    }

    #[test]
    fn jobs_and_labels_carry_their_prefix() {
        assert_eq!(
            Shape::job(Some("vmstorage")).pseudonym(1),
            "vmstorage-job-1"
        );
        assert_eq!(Shape::job(None).pseudonym(12), "job-12");
        assert_eq!(Shape::label("zone").pseudonym(3), "zone-3");
        assert_eq!(
            Shape::label("app.kubernetes.io/name").pseudonym(1),
            "app.kubernetes.io_name-1"
        );
    }

    #[test]
    fn look_alikes_are_no_pseudonyms() {
        for text in [
            "777.777.1",
            "777.777.0.1",
            "777.777.1.256",
            "777.777.1.01",
            "10.0.0.1",
        ] {
            assert_eq!(Shape::Host.number(text), None, "{text}");
        }
        for text in [
            "zone",
            "zone-",
            "zone-0",
            "zone-01",
            "zone-+1",
            "zones-1",
            "zone-99999999999",
        ] {
            assert_eq!(Shape::label("zone").number(text), None, "{text}");
        }
        for text in [
            "job",
            "x-job",
            "myjob-1",
            "-job-1",
            "Acme-job-1",
            "a.b-job-1",
            "a-b-1",
        ] {
            assert_eq!(Shape::of_job(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn numbers_survive(n in 1..10_000_000_u64) {
            for shape in [
                Shape::Host,
                Shape::job(None),
                Shape::job(Some("vmauth")),
                Shape::label("a-b"),
                Shape::class(Class::Metric),
            ] {
                prop_assert_eq!(shape.number(&shape.pseudonym(n)), Some(n));
            }
            let job = Shape::job(Some("vmauth"));
            prop_assert_eq!(Shape::of_job(&job.pseudonym(n)), Some(job));
        }
    }
}
