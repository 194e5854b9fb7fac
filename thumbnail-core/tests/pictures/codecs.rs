//! Every codec and container that people have, at usual rates, long and short.

use crate::check::expect_encoded;
use crate::support::few;

/// One test for each way to encode a clip. The rarer ones are left to `.ci/run`: all together take
/// too long.
macro_rules! clips {
    ($($(#[$ignore:ident])? $name:ident: $file:literal $rates:ident $arguments:expr;)*) => {
        $(#[test]
        $(#[$ignore = "slow: .ci/run runs it"])?
        fn $name() {
            for (rate, seconds) in $rates.into_iter().take(few(2)) {
                expect_encoded($file, $arguments, rate, seconds);
            }
        })*
    };
}

const RATES: [(&str, &str); 3] = [("30", "10"), ("30000/1001", "1"), ("12.5", "4")];

/// MPEG-2 knows no 12.5.
const TV: [(&str, &str); 3] = [("25", "10"), ("30000/1001", "1"), ("30", "2")];

/// Some 80 frames from keyframe to keyframe, with frames that refer to later ones.
macro_rules! h264 {
    ($more:literal) => {
        concat!(
            "-c:v libx264 -preset veryfast -bf 3 -g 80 -pix_fmt yuv420p ",
            $more
        )
    };
}

clips! {
    h264_mp4: "a.mp4" RATES h264!("");
    h264_mp4_one_gop: "a.mp4" RATES h264!("-g 1000 -sc_threshold 0");
    h264_mp4_index_in_front: "a.mp4" RATES h264!("-movflags +faststart");
    h264_mp4_fragmented: "a.mp4" RATES h264!("-movflags frag_keyframe+empty_moov");
    #[ignore] h264_mp4_negative_times: "a.mp4" RATES h264!("-movflags negative_cts_offsets");
    #[ignore] h264_mp4_no_edit_list: "a.mp4" RATES h264!("-use_editlist 0");
    h264_mov: "a.mov" RATES h264!("");
    h264_mkv: "a.mkv" RATES h264!("");
    #[ignore] h264_mkv_live: "a.mkv" RATES h264!("-live 1");
    h264_ts: "a.ts" RATES h264!("");
    #[ignore] h264_flv: "a.flv" RATES h264!("");
    #[ignore] h264_raw: "a.h264" RATES h264!("");
    h264_open_gop_mp4: "a.mp4" RATES h264!("-x264-params open-gop=1:keyint=40:min-keyint=40");
    #[ignore] h264_open_gop_mkv: "a.mkv" RATES h264!("-x264-params open-gop=1:keyint=40:min-keyint=40");
    #[ignore] h264_open_gop_ts: "a.ts" RATES h264!("-x264-params open-gop=1:keyint=40:min-keyint=40");
    #[ignore] h264_pyramid_mkv: "a.mkv" RATES h264!("-bf 8 -b_strategy 0 -x264-params b-pyramid=normal");
    #[ignore] h264_intra_refresh_ts: "a.ts" RATES "-c:v libx264 -preset veryfast -x264-params intra-refresh=1:keyint=40";
    h264_mxf: "a.mxf" TV h264!("");
    #[ignore] h264_interlaced_ts: "a.ts" TV h264!("-flags +ildct+ilme");
    hevc_mp4: "a.mp4" RATES "-c:v libx265 -preset ultrafast -x265-params log-level=error:bframes=3:keyint=60 -tag:v hvc1";
    hevc_mkv: "a.mkv" RATES "-c:v libx265 -preset ultrafast -x265-params log-level=error:bframes=3:keyint=60:open-gop=1";
    #[ignore] hevc_ts: "a.ts" RATES "-c:v libx265 -preset ultrafast -x265-params log-level=error:bframes=3:keyint=60:open-gop=1";
    av1_mp4: "a.mp4" RATES "-c:v libsvtav1 -preset 12 -g 60 -pix_fmt yuv420p";
    mpeg4_avi: "a.avi" RATES "-c:v mpeg4 -q:v 4 -bf 2 -g 60";
    #[ignore] mpeg4_packed_avi: "a.avi" RATES "-c:v mpeg4 -q:v 4 -g 60";
    #[ignore] mpeg4_mp4: "a.mp4" RATES "-c:v mpeg4 -q:v 4 -bf 2 -g 60";
    vp9_webm: "a.webm" RATES "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 500k -g 60";
    #[ignore] vp9_mp4: "a.mp4" RATES "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 500k -g 60";
    vp8_webm: "a.webm" RATES "-c:v libvpx -deadline good -cpu-used 5 -auto-alt-ref 1 -lag-in-frames 16 -b:v 500k -g 60";
    mjpeg_avi: "a.avi" RATES "-c:v mjpeg -q:v 4 -pix_fmt yuvj420p";
    #[ignore] mjpeg_mov: "a.mov" RATES "-c:v mjpeg -q:v 4 -pix_fmt yuvj420p";
    gif: "a.gif" RATES "-c:v gif";
    mpeg2_ps: "a.mpg" TV "-c:v mpeg2video -q:v 4 -bf 2 -g 15";
    mpeg2_ts: "a.ts" TV "-c:v mpeg2video -q:v 4 -bf 2 -g 15";
    #[ignore] mpeg2_interlaced_ps: "a.mpg" TV "-c:v mpeg2video -q:v 4 -bf 2 -g 15 -flags +ildct+ilme";
    #[ignore] mpeg2_interlaced_ts: "a.ts" TV "-c:v mpeg2video -q:v 4 -bf 2 -g 15 -flags +ildct+ilme";
    #[ignore] mpeg1_ps: "a.mpg" TV "-c:v mpeg1video -q:v 4 -bf 2 -g 15";
    #[ignore] prores_mov: "a.mov" TV "-c:v prores_ks";
    #[ignore] png_mov: "a.mov" TV "-c:v png";
}
