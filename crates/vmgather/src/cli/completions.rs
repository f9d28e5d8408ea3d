//! `vmgather completions`.

use clap::Args;
use clap_complete::Shell;

/// Print completions for a shell
///
/// Commands and options are then completed with the tab key.
#[derive(Args, Debug)]
#[command(
    after_help = "`vmgather completions --help` says where to put them.",
    after_long_help = AFTER_HELP
)]
pub(crate) struct CompletionsArgs {
    /// bash, zsh, fish, powershell or elvish
    #[arg(value_name = "SHELL", value_enum, hide_possible_values = true)]
    pub(crate) shell: Shell,
}

const AFTER_HELP: &str = "\
Examples:
  bash, for one person:
    mkdir -p ~/.local/share/bash-completion/completions
    vmgather completions bash \\
      > ~/.local/share/bash-completion/completions/vmgather

  zsh, into a folder of $fpath:
    vmgather completions zsh > /usr/local/share/zsh/site-functions/_vmgather

  fish:
    vmgather completions fish > ~/.config/fish/completions/vmgather.fish

Exit codes:
  0  printed
  1  stdout cannot be written
  2  bad usage";
