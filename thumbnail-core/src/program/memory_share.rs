//! What memory each ffmpeg of a run may use, so that all that run at once fit into this machine.

/// One of so many parts of the machine's memory is for the ffmpegs. The rest is for this program, which holds the
/// frames that they send, and for others.
const PARTS: u64 = 2;

/// An ffmpeg has at least so many bytes, however many workers there are: half as much again as an H.264 video in 4K
/// was seen to need (260 MB).
const LEAST: u64 = 384 << 20;

/// The memory for each of `at_once` ffmpegs, in bytes: an equal share of what there is for all of them.
#[must_use]
pub(crate) fn each_of(at_once: usize) -> u64 {
    share(available(), at_once)
}

fn share(available: u64, at_once: usize) -> u64 {
    let at_once = u64::try_from(at_once).unwrap_or(u64::MAX).max(1);
    (available / PARTS / at_once).max(LEAST)
}

/// The machine's memory in bytes, or what the control groups (cgroups) of this process may use of it: a container
/// is one, and so is a service or a batch job.
#[cfg(target_os = "linux")]
fn available() -> u64 {
    let machine = rustix::system::sysinfo();
    let installed = u64::from(machine.mem_unit).saturating_mul(machine.totalram);
    let groups = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let limits = groups.lines().flat_map(limit_files);
    // A group without a limit has a word in its file, or a very large number.
    let limits = limits.filter_map(|file| std::fs::read_to_string(file).ok()?.trim().parse().ok());
    limits.fold(installed, u64::min)
}

/// The files with the memory limits of a group and of those that it is in. `line` is one of `/proc/self/cgroup`:
/// `0::/path`, or in version 1 `5:memory:/path` (cgroups(7)).
#[cfg(target_os = "linux")]
fn limit_files(line: &str) -> Vec<std::path::PathBuf> {
    let mut fields = line.splitn(3, ':').skip(1);
    let (Some(controllers), Some(group)) = (fields.next(), fields.next()) else {
        return Vec::new();
    };
    let (root, name) = match controllers {
        "" => ("/sys/fs/cgroup", "memory.max"),
        _ if controllers.split(',').any(|c| c == "memory") => {
            ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
        }
        _ => return Vec::new(),
    };
    let groups = std::path::Path::new(group.trim_start_matches('/')).ancestors();
    let root = std::path::Path::new(root);
    groups.map(|group| root.join(group).join(name)).collect()
}

/// Not looked at, because there the limit of an ffmpeg is not enforced.
#[cfg(not(target_os = "linux"))]
fn available() -> u64 {
    u64::MAX
}

#[cfg(test)]
mod tests {
    use super::{LEAST, share};
    use crate::settings::Settings;

    const GB: u64 = 1_000_000_000;

    #[test]
    fn all_ffmpegs_at_once_fit_into_a_laptop() {
        for workers in 1..=8 {
            let each = share(8 * GB, usize::try_from(workers).unwrap());
            assert!(each >= LEAST && each * workers <= 4 * GB, "{workers}");
        }
        assert_eq!(share(8 * GB, 64), LEAST);
    }

    #[test]
    fn a_large_machine_leaves_the_limit_to_the_pixels() {
        let by_pixels = Settings::new("", "").limits().ffmpeg_memory;
        assert!(share(32 * GB, 8) > by_pixels && share(8 * GB, 2) > by_pixels);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn limits_are_looked_for_in_all_groups_of_this_process() {
        use std::path::PathBuf;

        let files = |line| super::limit_files(line);
        let paths = |paths: &[&str]| paths.iter().map(PathBuf::from).collect::<Vec<_>>();
        let two = ["/sys/fs/cgroup/a/memory.max", "/sys/fs/cgroup/memory.max"];
        assert_eq!(files("0::/a"), paths(&two));
        let one = ["/sys/fs/cgroup/memory/memory.limit_in_bytes"];
        assert_eq!(files("7:cpu,memory:/"), paths(&one));
        assert_eq!(files("3:cpu:/a"), paths(&[]));
    }
}
