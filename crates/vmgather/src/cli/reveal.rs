//! `vmgather reveal`.

use std::path::PathBuf;

use clap::Args;

/// Turn pseudonyms back into originals, with the map
///
/// The map stays where the export was made, in ~/.vmgather/maps. Single names are
/// printed one a line; a line from stdin may hold pseudonyms anywhere. A whole
/// bundle is written again with its original label values.
#[derive(Args, Debug)]
#[command(
    after_help = "`vmgather reveal --help` explains each option and ends with examples.",
    after_long_help = AFTER_HELP
)]
pub(crate) struct RevealArgs {
    /// The map that was written with the bundle
    ///
    /// Without it the map of a bundle is looked for in ~/.vmgather/maps, by the id in the bundle;
    /// names and stdin take the only map there, if there is only one. Without its map a pseudonym
    /// cannot be turned back by anybody.
    #[arg(long, value_name = "FILE")]
    pub(crate) map: Option<PathBuf>,

    /// Where to write the revealed bundle: NAME.zip or NAME.jsonl
    ///
    /// An existing file is never overwritten.
    #[arg(short = 'o', value_name = "OUT")]
    pub(crate) out: Option<PathBuf>,

    /// Pseudonyms; - for lines from stdin; or, with -o, one bundle
    #[arg(value_name = "NAME|BUNDLE|-")]
    pub(crate) names: Vec<String>,
}

const AFTER_HELP: &str = "\
Examples:
  A whole bundle, by the map that belongs to it:
    vmgather reveal bundle.zip -o original.zip

  One name:
    vmgather reveal --map ~/.vmgather/maps/3f9a.json 777.777.1.3

  Every name in a message:
    vmgather reveal --map ~/.vmgather/maps/3f9a.json - < mail.txt

Exit codes:
  0  revealed
  1  the map or the bundle cannot be read, the map of the bundle is not there,
     or a name is not in the map
  2  bad usage

Environment:
  HOME  holds .vmgather/maps";
