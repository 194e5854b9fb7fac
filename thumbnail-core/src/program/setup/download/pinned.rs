//! The archives that are downloaded by default: one release of ffmpeg, with a pinned checksum for each platform.

use std::env::consts::{ARCH, OS};

use super::{Archive, MAX_ARCHIVE_BYTES, STALL};

/// The file store of the Python Package Index. A file's path contains a digest of the file, and never changes.
const FILES: &str = "https://files.pythonhosted.org/packages";

/// The package whose files (ZIP archives) hold ffmpeg 9.0, built for each system.
const PACKAGE: &str = "imageio_ffmpeg-0.8.1-py3-none";

struct Pinned {
    os: &'static str,
    arch: &'static str,
    /// The directory that holds the file.
    directory: &'static str,
    /// The end of its name.
    platform: &'static str,
    sha256: &'static str,
}

const PINNED: [Pinned; 6] = [
    Pinned {
        os: "linux",
        arch: "x86_64",
        directory: "de/0f/49292fbef69ee10ebcf97bb741602521caafcc6966d5fa1a2b868cc15655",
        platform: "manylinux_2_28_x86_64",
        sha256: "050d6850601c3b3890bd2b28306f3b842b3daea390a561101174375a1c460bda",
    },
    Pinned {
        os: "linux",
        arch: "aarch64",
        directory: "53/02/e139e53a71f33f728cb2ce6c1124edc29e4c008427923f01a4d37f9a1867",
        platform: "manylinux_2_28_aarch64",
        sha256: "fad3176f859b25869e60a8ed79957d4e3ed74a97a95e5f0cdcb91455f6c6d00e",
    },
    Pinned {
        os: "macos",
        arch: "x86_64",
        directory: "da/24/2c3a7c69453bfb8374ddbbb5007346bad4a4247bc86882f3521cd615f929",
        platform: "macosx_10_13_x86_64",
        sha256: "9538a10e598257263b5de1a1c1b86e7603417bc219245b1e279b452e5e48cc20",
    },
    Pinned {
        os: "macos",
        arch: "aarch64",
        directory: "2b/47/9f9b654f853598bae0850fa22bba168103e45d31b5a2a893ed474f28d54a",
        platform: "macosx_12_0_arm64",
        sha256: "5636d691e36e5274b13fe38182b1f627b2e35dcecc63944012c2470f9484fc45",
    },
    Pinned {
        os: "windows",
        arch: "x86_64",
        directory: "82/0c/a1d49f3dd2688bd750b4986f8e271ad11f8e729a896070ea25f587b44da8",
        platform: "win_amd64",
        sha256: "f27ca4cb85e2d4946deedbce1a81245dfd942a2bcf94b53676fb3956aa95bf1b",
    },
    Pinned {
        os: "windows",
        arch: "aarch64",
        directory: "ee/39/ab95a2afd202772a69aab1fa5015f13b038f289c8617242cc5eebd0ec0e1",
        platform: "win_arm64",
        sha256: "0b7079e63dc34f97e43db5a5b7b9efb85edc1c6623313e0a4a17ebc7c2ce7a51",
    },
];

/// The archive for this operating system and processor, if one is known.
pub(super) fn archive() -> Option<Archive> {
    let pinned = PINNED.iter().find(|p| (p.os, p.arch) == (OS, ARCH))?;
    let (directory, platform) = (pinned.directory, pinned.platform);
    Some(Archive {
        url: format!("{FILES}/{directory}/{PACKAGE}-{platform}.whl"),
        sha256: Some(pinned.sha256.into()),
        stall: STALL,
        max_bytes: MAX_ARCHIVE_BYTES,
    })
}
