//! Installing through apt: as root, or with sudo where it asks for no password; else the exact
//! command is the error.

use super::packages::Package;
use crate::error::{Error, Result};
use crate::{process, ui};

/// How this user may install.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Right {
    Root,
    Sudo,
    None,
}

/// Installs `packages`, or says what to type.
pub(crate) fn install(packages: &[&Package]) -> Result<()> {
    let names: Vec<&str> = packages.iter().map(|package| package.name).collect();
    let right = right();
    if right == Right::None {
        return Err(not_allowed(packages, process::find_program("apt-get").is_some()));
    }
    ui::say(format!("Installing through apt:\n  {}", listed(packages)));
    if apt(right, &install_arguments(&names)).is_ok() {
        return Ok(());
    }
    // A fresh machine has no package lists, or old ones.
    apt(right, &["update".to_owned(), "-qq".to_owned()])?;
    apt(right, &install_arguments(&names))
}

fn right() -> Right {
    if process::find_program("apt-get").is_none() {
        return Right::None;
    }
    let user = process::capture(process::command("id").arg("-u"));
    if user.is_ok_and(|id| id.trim() == "0") {
        return Right::Root;
    }
    let sudo = process::find_program("sudo").is_some()
        && process::capture(process::command("sudo").args(["-n", "true"])).is_ok();
    if sudo { Right::Sudo } else { Right::None }
}

fn apt(right: Right, arguments: &[String]) -> Result<()> {
    let mut command = if right == Right::Sudo {
        let mut sudo = process::command("sudo");
        sudo.args(["-n", "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        sudo
    } else {
        let mut apt = process::command("apt-get");
        apt.env("DEBIAN_FRONTEND", "noninteractive");
        apt
    };
    process::capture(command.args(arguments)).map(drop)
}

fn install_arguments(names: &[&str]) -> Vec<String> {
    let options = ["install", "-y", "-qq", "--no-install-recommends"];
    options.iter().chain(names).map(|&word| word.to_owned()).collect()
}

fn not_allowed(packages: &[&Package], has_apt: bool) -> Error {
    let names: Vec<&str> = packages.iter().map(|package| package.name).collect();
    let list = listed(packages);
    let (missing, command) = if has_apt {
        (
            format!("This machine lacks:\n  {list}"),
            format!(
                "sudo apt-get update && sudo apt-get install --no-install-recommends {}",
                names.join(" ")
            ),
        )
    } else {
        (
            format!(
                "This machine lacks the following, named as Debian packages, and has no apt-get; \
                 install them with its own package manager:\n  {list}"
            ),
            "cargo xtask setup --check   # once they are there".to_owned(),
        )
    };
    Error::NotInstalled { missing, command }
}

fn listed(packages: &[&Package]) -> String {
    let lines: Vec<String> = packages.iter().map(|package| package.to_string()).collect();
    lines.join("\n  ")
}

#[cfg(test)]
mod tests {
    use super::super::packages;
    use super::*;

    #[test]
    fn who_may_not_install_gets_the_exact_command() {
        let wanted = |name: &str| packages::ALL.iter().find(|package| package.name == name);
        let packages = [wanted("cmake").unwrap(), wanted("xvfb").unwrap()];
        assert_eq!(
            not_allowed(&packages, true).to_string(),
            "This machine lacks:\n  cmake (builds the Opus codec)\n  xvfb (is the display of the \
             window tests)\n\nTo install it, run:\n\n    sudo apt-get update && sudo apt-get \
             install --no-install-recommends cmake xvfb\n"
        );
        assert!(not_allowed(&packages, false).to_string().contains("has no apt-get"));
    }
}
