//! What memory each ffmpeg of a run may use, so that all that run at once fit into this machine.

/// This part of the machine's memory is for the ffmpegs; the rest is for this program and for others.
const FOR_FFMPEG: (u64, u64) = (3, 4);

/// What an 8K video of a common codec needs, with a reserve, in bytes. Where more workers are asked for than
/// can have that much, it is the user's decision that not all videos are as large.
const LEAST: u64 = 800 << 20;

/// The memory for each of `at_once` ffmpegs, in bytes: an equal share of the machine's memory, if that is less than
/// [`Settings::limits`](crate::Settings::limits) would allow by default.
#[must_use]
pub fn each_of(at_once: usize) -> u64 {
    share(installed(), at_once)
}

fn share(installed: u64, at_once: usize) -> u64 {
    let at_once = u64::try_from(at_once).unwrap_or(u64::MAX).max(1);
    let (part, whole) = FOR_FFMPEG;
    (installed / whole * part / at_once).max(LEAST)
}

/// The machine's memory in bytes, or what a container may use of it.
#[cfg(target_os = "linux")]
fn installed() -> u64 {
    let machine = rustix::system::sysinfo();
    let all = u64::from(machine.mem_unit).saturating_mul(machine.totalram);
    // In a container (cgroup v2) this file is there; "max" is no limit.
    let container = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
    let container = container.and_then(|limit| limit.trim().parse().ok());
    all.min(container.unwrap_or(u64::MAX))
}

/// Not looked at, because there the limit of an ffmpeg is not enforced.
#[cfg(not(target_os = "linux"))]
fn installed() -> u64 {
    u64::MAX
}

#[cfg(test)]
mod tests {
    use super::{LEAST, share};
    use crate::settings::Settings;

    const GB: u64 = 1_000_000_000;

    #[test]
    fn all_ffmpegs_at_once_fit_into_a_laptop() {
        let default = Settings::new("", "").limits().ffmpeg_memory;
        for workers in 1..=16 {
            let each = share(8 * GB, usize::try_from(workers).unwrap()).min(default);
            assert!(each >= LEAST);
            if workers <= 8 {
                assert!(
                    each * workers <= 7 * GB,
                    "{workers} workers of {each} bytes"
                );
            }
        }
        assert!(share(8 * GB, 3) > default, "few workers are not limited");
        assert!(
            share(32 * GB, 8) > default,
            "nor are those of a large machine"
        );
    }
}
