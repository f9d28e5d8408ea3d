/// Label names that VictoriaMetrics stores before all others, in this order; names in one entry
/// share a place. Each also stands for its form with an upper-case first letter.
const FIRST: [&[&str]; 23] = [
    &["namespace"],
    &["ns"],
    &["datacenter"],
    &["dc"],
    &["environment"],
    &["env"],
    &["cluster"],
    &["service"],
    &["job"],
    &["model"],
    &["type"],
    &["sensor_type", "SensorType"],
    &["db"],
    &["instance"],
    &["host"],
    &["server"],
    &["pod"],
    &["node"],
    &["device"],
    &["tenant"],
    &["client"],
    &["name"],
    &["measurement"],
];

/// The key by which VictoriaMetrics sorts the labels of a series when it stores it.
pub(crate) fn stored_key(name: &str) -> (usize, &str) {
    let place = FIRST.iter().position(|names| {
        names
            .iter()
            .any(|first| *first == name || capitalised_equals(first, name))
    });
    match place {
        Some(place) => (place, ""),
        None => (FIRST.len(), name),
    }
}

fn capitalised_equals(lower: &str, name: &str) -> bool {
    let (Some(first), Some(given)) = (lower.bytes().next(), name.bytes().next()) else {
        return false;
    };
    first.to_ascii_uppercase() == given && lower.as_bytes()[1..] == name.as_bytes()[1..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_names_come_first_and_the_rest_by_name() {
        let mut names = vec!["zzz", "job", "aaa", "instance", "env", "Namespace"];
        names.sort_by_key(|name| stored_key(name));
        assert_eq!(names, ["Namespace", "env", "job", "instance", "aaa", "zzz"]);
    }
}
