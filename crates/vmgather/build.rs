//! Takes the version of the build from the environment, so that a release needs no commit.

fn main() {
    println!("cargo::rerun-if-env-changed=VMGATHER_VERSION");
    println!("cargo::rerun-if-changed=build.rs");
    let version = std::env::var("VMGATHER_VERSION").unwrap_or_default();
    let version = version.trim();
    let version = if version.is_empty() { "dev" } else { version };
    println!("cargo::rustc-env=VMGATHER_BUILD_VERSION={version}");
}
