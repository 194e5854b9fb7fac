//! Reads what ffmpeg says of a video stream.

use crate::ffmpeg::frame_info::passes_for_high_definition;

/// What ffmpeg says of a stream, such as `h264 (High), yuv420p(tv, bt709, progressive), 1280x720 [SAR 1:1 DAR 16:9], 25 fps`:
/// is it YUV of high definition without a colour matrix? `None` if there is no picture size.
pub(super) fn is_untagged_high(stream: &str) -> Option<bool> {
    let mut depth = 0;
    let mut items = stream.split(|letter| {
        depth += i32::from(letter == '(') - i32::from(letter == ')');
        letter == ',' && depth == 0
    });
    let format = items.nth(1)?.trim_start();
    let (name, facts) = format.split_once('(').unwrap_or((format, ""));
    // Matrix, primaries and transfer function; or the one name of all three.
    let mut facts = facts.trim_end_matches(')').split(", ");
    let is_tagged = facts.any(|fact| {
        let matrix = fact.split('/').next().unwrap_or_default();
        matrix.starts_with("bt")
            || matrix.starts_with("smpte")
            || matrix == "fcc"
            || matrix == "ycgco"
    });
    let size = items.next()?.trim_start().split(' ').next()?;
    let (width, height) = size.split_once('x')?;
    let is_high = passes_for_high_definition(width.parse().ok()?, height.parse().ok()?);
    Some(name.starts_with("yuv") && !is_tagged && is_high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_untagged_stream_of_high_definition_is_told_from_others() {
        for (stream, expected) in [
            (
                "h264 (High), yuv420p(progressive), 1280x720 [SAR 1:1 DAR 16:9], 30 fps",
                true,
            ),
            (
                "hevc (Main) (hev1 / 0x31766568), yuv420p(tv), 1920x1080, 9 kb/s",
                true,
            ),
            (
                "vp9 (Profile 0), yuv420p(tv, unknown/bt709/bt709), 1920x1080",
                true,
            ),
            (
                "h264 (High), yuv420p(tv, bt709, progressive), 1280x720",
                false,
            ),
            (
                "h264 (High), yuv420p(tv, smpte170m/bt709/bt709), 1280x720",
                false,
            ),
            ("h264 (High), yuv420p, 640x360, 30 fps", false),
            ("png, rgb24(pc), 1920x1080", false),
            ("h264, none, 1280x720", false),
        ] {
            assert_eq!(is_untagged_high(stream), Some(expected), "{stream}");
        }
        assert_eq!(is_untagged_high("h264, none"), None);
    }
}
