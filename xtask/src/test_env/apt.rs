//! apt with state of its own, so that another release can be read without touching the machine's.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::sources;

/// An apt that knows one release only.
pub(crate) struct Apt {
    options: Vec<String>,
    downloads: PathBuf,
}

impl Apt {
    /// Fetches the package lists of the release; everything is kept below `dir`.
    pub(crate) fn new(dir: &Path, codename: &str) -> Result<Apt> {
        let text = sources::derived(Path::new("/etc/apt"), &own_codename()?, codename)?;
        let list = dir.join("release.sources");
        fs::write(&list, text)?;
        // An empty status file makes apt forget what is installed: else it could prefer the machine's own version.
        let status = dir.join("status");
        fs::write(&status, "")?;
        let downloads = dir.join("downloads");
        for folder in [&dir.join("lists/partial"), &dir.join("cache"), &downloads] {
            fs::create_dir_all(folder)?;
        }
        let options = [
            format!("Dir::Etc::sourcelist={}", list.display()),
            "Dir::Etc::sourceparts=-".to_owned(),
            format!("Dir::State::lists={}", dir.join("lists").display()),
            format!("Dir::State::status={}", status.display()),
            format!("Dir::Cache={}", dir.join("cache").display()),
            "Acquire::Languages=none".to_owned(),
            "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false".to_owned(),
            // The folders belong to the caller; apt's own user could not write there.
            "APT::Sandbox::User=".to_owned(),
        ];
        let apt = Apt {
            options: options.to_vec(),
            downloads,
        };
        apt.get(&["update"])?;
        Ok(apt)
    }

    /// Downloads packages and returns the paths of all of them.
    pub(crate) fn download(&self, packages: &[&str]) -> Result<Vec<PathBuf>> {
        self.get(&[&["download"], packages].concat())?;
        let entries = fs::read_dir(&self.downloads)?;
        Ok(entries
            .map(|entry| Ok(entry?.path()))
            .collect::<std::io::Result<_>>()?)
    }

    fn get(&self, arguments: &[&str]) -> Result<()> {
        let mut command = Command::new("apt-get");
        command.arg("-qq").current_dir(&self.downloads);
        for option in &self.options {
            command.args(["-o", option]);
        }
        let output = command
            .args(arguments)
            .output()
            .context("cannot run `apt-get`")?;
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr);
            bail!(
                "`apt-get {}` failed: {}",
                arguments.join(" "),
                without_hosts(text.trim())
            );
        }
        Ok(())
    }
}

/// Mirror names are the machine's own business; logs of a test run are read elsewhere.
fn without_hosts(text: &str) -> String {
    let hosts = text.split("://").skip(1).filter_map(|rest| {
        let end = rest.find(['/', ' ', '\n'])?;
        (end > 0).then(|| &rest[..end])
    });
    hosts.fold(text.to_owned(), |text, host| text.replace(host, "mirror"))
}

fn own_codename() -> Result<String> {
    let text = fs::read_to_string("/etc/os-release").context("cannot read `/etc/os-release`")?;
    let name = text
        .lines()
        .find_map(|line| line.strip_prefix("VERSION_CODENAME="));
    let name =
        name.context("`/etc/os-release` names no `VERSION_CODENAME`: not a Debian release")?;
    Ok(name.trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_no_mirror() {
        let text = "E: Failed to fetch http://secret.example/debian/x.deb  Could not resolve 'secret.example'";
        let masked = without_hosts(text);
        assert!(!masked.contains("secret"), "{masked}");
        assert!(masked.contains("http://mirror/debian/x.deb"), "{masked}");
    }
}
