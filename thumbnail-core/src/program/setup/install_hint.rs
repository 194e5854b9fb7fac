//! How to get ffmpeg, in three lines.

use std::env;
use std::ffi::OsStr;
use std::fmt;

use super::FFMPEG_VARIABLE;

/// Package managers, and the command of each that installs ffmpeg. The first one on this machine
/// is taken, so those of a distribution come before those that users add to it.
const MANAGERS: [(&str, &str); 7] = [
    ("apt-get", "apt-get install ffmpeg"),
    ("dnf", "dnf install ffmpeg-free"),
    ("pacman", "pacman -S ffmpeg"),
    ("apk", "apk add ffmpeg"),
    ("zypper", "zypper install ffmpeg"),
    ("brew", "brew install ffmpeg"),
    ("winget", "winget install --exact --id Gyan.FFmpeg"),
];

/// Managers that a user runs without becoming root.
const OF_THE_USER: [&str; 2] = ["brew", "winget"];

/// Three ways to get ffmpeg on this machine; shown as three lines, without a newline at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Help {
    install: String,
}

impl Help {
    /// Help with the command of the package manager that is in `PATH`, or else of the one that is
    /// usual on this operating system.
    #[must_use]
    pub fn for_this_machine() -> Self {
        Self::with_path(env::var_os("PATH").as_deref())
    }

    fn with_path(path: Option<&OsStr>) -> Self {
        let there =
            |name: &str| which::which_in_global(name, path).is_ok_and(|mut it| it.next().is_some());
        let usual = match env::consts::OS {
            "macos" => "brew",
            "windows" => "winget",
            _ => "apt-get",
        };
        let by_name = |wanted: &str| MANAGERS.into_iter().find(|(name, _)| *name == wanted);
        let found = MANAGERS
            .into_iter()
            .find(|(name, _)| there(name))
            .or_else(|| by_name(usual));
        let (name, command) = found.unwrap_or(MANAGERS[0]);
        // Where there is no sudo, as in a container, the user is root or has other means.
        let sudo = if !OF_THE_USER.contains(&name) && there("sudo") {
            "sudo "
        } else {
            ""
        };
        Self {
            install: format!("{sudo}{command}"),
        }
    }
}

impl fmt::Display for Help {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if cfg!(windows) {
            return write!(
                f,
                "  install it with winget:       {winget}\n  \
                 or with Chocolatey:           choco install ffmpeg\n  \
                 or name an ffmpeg you have:   set {FFMPEG_VARIABLE}=C:\\folder\\ffmpeg.exe \
                 (PowerShell: $env:{FFMPEG_VARIABLE}='C:\\folder\\ffmpeg.exe')",
                winget = self.install,
            );
        }
        writeln!(
            f,
            "  run the project's script:     scripts/ensure-ffmpeg.sh"
        )?;
        writeln!(f, "  or use the package manager:   {}", self.install)?;
        write!(
            f,
            "  or name an ffmpeg you have:   {FFMPEG_VARIABLE}=/path/to/ffmpeg"
        )
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    /// Help on a machine whose `PATH` holds just these programs.
    fn with_programs(names: &[&str]) -> String {
        let dir = tempfile::tempdir().unwrap();
        for name in names {
            let file = dir.path().join(name);
            fs::write(&file, "").unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        }
        Help::with_path(Some(dir.path().as_os_str())).to_string()
    }

    #[test]
    fn help_has_three_lines_and_names_the_manager_that_is_there() {
        let text = with_programs(&["pacman"]);
        assert_eq!(text.lines().count(), 3);
        assert!(text.lines().nth(1).unwrap().ends_with("  pacman -S ffmpeg"));
        assert!(with_programs(&["dnf", "sudo"]).contains("  sudo dnf install"));
        assert!(with_programs(&["brew", "sudo"]).contains("  brew install"));
    }

    #[test]
    fn help_falls_back_to_the_usual_manager() {
        let usual = if cfg!(target_os = "macos") {
            "brew install ffmpeg"
        } else {
            "apt-get install ffmpeg"
        };
        assert!(with_programs(&[]).contains(usual));
    }
}
