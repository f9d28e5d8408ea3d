//! The components whose names may appear in a pseudonym.

/// Components of VictoriaMetrics and its sister products, sorted.
///
/// These names are public, so a job pseudonym may carry one. Anything else a caller takes for a
/// component (a job name, a foreign label) must not get into a pseudonym.
pub const COMPONENTS: [&str; 24] = [
    "vlagent",
    "vlinsert",
    "vlogs",
    "vlselect",
    "vlsingle",
    "vlstorage",
    "vmagent",
    "vmalert",
    "vmanomaly",
    "vmauth",
    "vmbackup",
    "vmbackupmanager",
    "vmctl",
    "vmgateway",
    "vminsert",
    "vmoperator",
    "vmrestore",
    "vmselect",
    "vmsingle",
    "vmstorage",
    "vtinsert",
    "vtselect",
    "vtsingle",
    "vtstorage",
];

/// The component of this name, if it is one of [`COMPONENTS`].
pub(crate) fn known(name: &str) -> Option<&'static str> {
    COMPONENTS
        .binary_search(&name)
        .ok()
        .map(|index| COMPONENTS[index])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_for_the_search() {
        assert!(COMPONENTS.is_sorted());
    }

    #[test]
    fn only_listed_names_are_components() {
        assert_eq!(known("vmstorage"), Some("vmstorage"));
        assert_eq!(known("billing"), None);
    }
}
