//! The command line of `streamlib pack`, `pkg`, `cache` and `new`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};
use streamlib_manifest::package::PackageSource;

use super::{JsonArguments, help};

/// What `pack` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct PackArguments {
    /// The folder of the package, with its `streamlib.yaml`
    #[arg(default_value = ".", value_hint = ValueHint::DirPath)]
    pub(crate) folder: PathBuf,
    /// The archive to write; NAME-VERSION.slpkg in this folder when absent
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
    /// Only say what would be packed
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// What `pkg` does.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum PkgCommand {
    /// Install packages, or what the project in this folder needs
    #[command(after_help = help::PKG_INSTALL)]
    Install {
        /// Folders, archives, URLs or names; the project in this folder when absent
        sources: Vec<PackageSource>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Say what a package is, without installing it
    #[command(after_help = help::PKG_INSPECT)]
    Inspect {
        /// A folder, an archive, or the name of an installed package
        source: PackageSource,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List the installed packages
    #[command(after_help = help::PKG_LIST)]
    List(JsonArguments),
    /// Remove installed packages
    #[command(after_help = help::PKG_REMOVE)]
    Remove {
        /// Names, with a range of versions behind an `@` if not all are meant
        #[arg(required = true, value_parser = parse_name)]
        names: Vec<PackageSource>,
    },
    /// Compare installed packages with the sums they were installed with
    #[command(after_help = help::PKG_VERIFY)]
    Verify {
        /// Names; all that are installed when absent
        #[arg(value_parser = parse_name)]
        names: Vec<PackageSource>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Choose the newest versions that the project in this folder takes, and lock them
    #[command(after_help = help::PKG_UPDATE)]
    Update {
        /// The folder of the project
        #[arg(default_value = ".", value_hint = ValueHint::DirPath)]
        folder: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Say whose signatures are trusted
    #[command(after_help = help::PKG_TRUST)]
    Trust {
        #[command(subcommand)]
        command: TrustCommand,
    },
    /// Say why a package is installed
    #[command(after_help = help::PKG_WHY)]
    Why {
        /// Its name
        name: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// What `pkg trust` does.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum TrustCommand {
    /// List the trusted keys
    #[command(after_help = help::PKG_TRUST)]
    List(JsonArguments),
    /// Trust a key of minisign
    #[command(after_help = help::PKG_TRUST)]
    Add {
        /// A name for whoever has the key
        name: String,
        /// The public key: the second line of `minisign.pub`
        key: String,
    },
    /// Trust a key no longer
    #[command(after_help = help::PKG_TRUST)]
    Remove {
        /// The name it was added under
        name: String,
    },
}

/// What `cache` does.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum CacheCommand {
    /// List everything that is kept, installed or not
    #[command(after_help = help::CACHE)]
    List(JsonArguments),
    /// Remove what nobody asked for and nothing needs
    #[command(after_help = help::CACHE)]
    Prune {
        /// Only what was not used for so long, such as 30m or 720h
        #[arg(long, value_name = "TIME", value_parser = super::parse_duration)]
        unused_for: Option<std::time::Duration>,
        /// Only say what would be removed
        #[arg(long)]
        dry_run: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// A name with a range, and nothing else.
fn parse_name(text: &str) -> Result<PackageSource, String> {
    match text.parse() {
        Ok(source @ PackageSource::Name { .. }) => Ok(source),
        Ok(_) => {
            Err("write the name of an installed package, such as `com.example.effects`".into())
        }
        Err(error) => Err(error.to_string()),
    }
}
