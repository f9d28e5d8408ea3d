//! Lists the files of the pages, so that the program carries them inside; style sheets whole.

#[path = "src/pages/style_sheet.rs"]
mod style_sheet;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let web = manifest.join("../../web");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", web.display());
    let mut files = Vec::new();
    for folder in ["gather", "import", "shared"] {
        collect(&web.join(folder), folder, &mut files)?;
    }
    files.sort();
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let mut code = String::from("&[\n");
    for (at, (name, path)) in files.iter().enumerate() {
        let mut path = fs::canonicalize(path)?;
        if name.ends_with(".css") {
            let read = |imported: &str| fs::read_to_string(web.join(imported)).ok();
            let missing = |imported| io::Error::other(format!("`{name}` imports `{imported}`"));
            let whole = style_sheet::whole(&fs::read_to_string(&path)?, read).map_err(missing)?;
            path = out.join(format!("{at}.css"));
            fs::write(&path, whole)?;
        }
        writeln!(code, "    ({name:?}, include_bytes!({path:?}).as_slice()),")
            .map_err(io::Error::other)?;
    }
    code.push(']');
    fs::write(out.join("embedded.rs"), code)
}

/// Files below a folder, by their path from the folder of the pages; editors' own files start with
/// a dot.
fn collect(folder: &Path, name: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(file) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        if file.starts_with('.') {
            continue;
        }
        let name = format!("{name}/{file}");
        if path.is_dir() {
            collect(&path, &name, files)?;
        } else {
            files.push((name, path));
        }
    }
    Ok(())
}
