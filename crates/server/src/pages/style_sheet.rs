//! Style sheets as they are sent: whole.
//!
//! A page has one sheet that imports those of its concerns. A browser would ask for each of them,
//! and paint nothing until it has the last.

/// Where imported sheets lie, in the addresses of the page.
const BASE: &str = "/static/";

/// Puts other sheets in place of the lines `@import "/static/…";`; `find` knows them by their path
/// below `web/`.
///
/// # Errors
///
/// The path of a sheet that `find` does not know.
pub(crate) fn whole(
    sheet: &str,
    mut find: impl FnMut(&str) -> Option<String>,
) -> Result<String, String> {
    let mut text = String::with_capacity(sheet.len());
    for line in sheet.split_inclusive('\n') {
        match imported(line) {
            Some(path) => text.push_str(&find(path).ok_or_else(|| path.to_owned())?),
            None => text.push_str(line),
        }
    }
    Ok(text)
}

fn imported(line: &str) -> Option<&str> {
    let quoted = line.trim().strip_prefix("@import \"")?;
    quoted.strip_suffix("\";")?.strip_prefix(BASE)
}
