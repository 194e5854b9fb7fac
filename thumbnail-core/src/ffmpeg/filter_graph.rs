//! The filters between the decoders and the pipe: which frames are let through, how their colours
//! are converted, and what is told of each.

use super::frame_info::{TICKS, nonce};
use super::request::{Matrix, Pick, Plan, Segment};

/// The first video stream that is not cover art.
pub(super) const VIDEO: &str = "V:0";

/// Frames leave the filters numbered, one a day. At one frame a day none is then repeated or
/// dropped: newer versions of ffmpeg repeat a frame for as long as it was shown in the video, which
/// can be more than a second but not half a day. (The option to do neither has no name that old and
/// new versions share.)
const NUMBER: &str = "settb=86400,setpts=N";
pub(super) const RATE: &str = "1/86400";

/// One chain for each segment, joined in order. Filters that change colours or fields belong behind
/// `tell` ([`super::frame_info`] is of decoded frames) and before `concat`.
pub(super) fn filter_graph(plan: &Plan) -> String {
    let nonce = nonce();
    let count = plan.segments.len();
    let segments = plan.segments.iter().enumerate();
    // Where the stream changes its size midway, ffmpeg scales all that comes to the size that left
    // the filters first.
    let scale = match plan.size {
        Some((width, height)) => format!(",scale={width}:{height}"),
        None => String::new(),
    };
    let colours = match plan.colours.matrix {
        Some(Matrix::Standard) => ",setparams=colorspace=smpte170m",
        Some(Matrix::High) => ",setparams=colorspace=bt709",
        Some(Matrix::Wide) => ",setparams=colorspace=bt2020nc",
        None => "",
    };
    // Of two pixel formats ffmpeg takes the one that loses least: that with alpha only where there is some.
    let format = match (plan.colours.deep, plan.colours.alpha) {
        (true, None) => "rgb48be|rgba64be",
        (true, Some(false)) => "rgb48be",
        (true, Some(true)) => "rgba64be",
        (false, None) => "rgb24|rgba",
        (false, Some(false)) => "rgb24",
        (false, Some(true)) => "rgba",
    };
    let chains = segments.map(|(k, segment)| {
        let pick = pick(segment, plan.intra_first && segment.seek.is_some());
        let tell = format!(
            "settb=1/{TICKS},showinfo@{nonce}s{k},bench=start,metadata=add:key={nonce}:value={k}"
        );
        format!("[{k}:{VIDEO}]{pick},{tell}{colours}{scale},format={format}[v{k}];")
    });
    let chains = chains.collect::<Vec<_>>().concat();
    let labels: Vec<_> = (0..count).map(|k| format!("[v{k}]")).collect();
    let labels = labels.concat();
    // Bicubic, as in ffmpeg's simple graphs: versions before 5 would otherwise convert colours of
    // deep pixels and odd sizes in another way here than in a plain decode.
    let join = format!("concat=n={count}:v=1:a=0,metadata=print:key={nonce}");
    format!("sws_flags=bicubic;{chains}{labels}{join},{NUMBER}[out]")
}

/// Is a frame coded by itself? Decoders that do not tell types are no reason to leave frames out.
const INTRA: &str =
    "not(eq(pict_type,PICT_TYPE_P)+eq(pict_type,PICT_TYPE_B)+eq(pict_type,PICT_TYPE_S))";

/// `trim` ends the decoding of a segment, `select` lets its wanted frames through.
fn pick(segment: &Segment, intra_first: bool) -> String {
    let terms: Vec<_> = segment
        .targets
        .iter()
        .map(|target| match target.pick {
            Pick::Number(n) => format!("eq(n,{n})"),
            // What a filter has counted or remembers is lost where the stream changes midway: this
            // needs neither.
            Pick::Within(from, to) => format!("gte(t,{from:.6})*lt(t,{to:.6})"),
            // The first frame from this time on, and only the first.
            Pick::From(t) => {
                format!("gte(t,{t:.6})*(isnan(prev_selected_t)+lt(prev_selected_t,{t:.6}))")
            }
        })
        .collect();
    let trim = match segment.end {
        Some(Pick::Number(n)) => format!("trim=end_frame={n},"),
        Some(Pick::From(t) | Pick::Within(t, _)) => format!("trim=end={t:.6},"),
        None => String::new(),
    };
    let terms = terms.join("+");
    if intra_first {
        format!("{trim}select='st(0,ld(0)+{INTRA})*0+gt(ld(0),0)*({terms})'")
    } else {
        format!("{trim}select='{terms}'")
    }
}
