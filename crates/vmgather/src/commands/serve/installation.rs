//! Key and maps of this installation, for exports that the page starts.

use std::path::PathBuf;

use privacy::{Key, Map};
use server::Pseudonyms;

use crate::commands::export::pseudonyms::map_folder;
use crate::failure::Failure;
use crate::{exit::Exit, folders, key_file};

/// Where pseudonyms come from on this machine.
pub(super) struct Installation;

impl Pseudonyms for Installation {
    fn new_map(&self) -> Result<(Map, Option<String>), String> {
        let (key, remark) = match key_file::load(folders::private().as_deref()) {
            Ok(key) => (Ok(key), None),
            Err(error) => {
                let why = in_one_line(&Failure::from_error(Exit::Failed, &error));
                let remark = format!("pseudonyms will differ from those of other exports: {why}");
                (Key::generate(), Some(remark))
            }
        };
        key.and_then(Map::new)
            .map(|map| (map, remark))
            .map_err(|error| error.to_string())
    }

    fn map_folder(&self) -> Result<PathBuf, String> {
        map_folder().map_err(|failure| in_one_line(&failure))
    }
}

fn in_one_line(failure: &Failure) -> String {
    let causes = failure.causes().iter().map(String::as_str);
    let texts: Vec<&str> = std::iter::once(failure.message()).chain(causes).collect();
    texts.join(": ")
}
