//! The filter graph between the decoders and the output: it selects the wanted frames, prints the frame info of
//! each to stderr, and converts their colours.

use super::request::{Matrix, Pick, Plan, Segment};
use super::showinfo::{TICKS, nonce};

/// The first video stream that is not cover art.
pub(super) const VIDEO: &str = "V:0";

/// Gives the selected frames new timestamps, one day apart. With an output rate of one frame a day, ffmpeg then
/// neither repeats nor drops a frame. (Newer versions repeat a frame for as long as it was shown in the video.
/// That can be more than a second, but not half a day. The option to turn this off, `-vsync` or `-fps_mode`, has
/// no name that all versions know.)
const NUMBER: &str = "settb=86400,setpts=N";
pub(super) const RATE: &str = "1/86400";

/// Builds the graph: one chain of filters for each segment, joined in order by `concat`. Filters that change
/// colours or fields must come after `print_info`, because the frame info ([`super::frame_info`]) describes
/// decoded frames, and before `concat`.
pub(super) fn filter_graph(plan: &Plan) -> String {
    let nonce = nonce();
    let count = plan.segments.len();
    let segments = plan.segments.iter().enumerate();
    // Without `scale`, ffmpeg scales all frames to the size of the first one that leaves the graph, if the
    // stream changes its size midway.
    let scale = match plan.size {
        Some((width, height)) => format!(",scale={width}:{height}"),
        None => String::new(),
    };
    let colours = match plan.colours.matrix {
        Some(Matrix::Rare) if plan.colours.deep => {
            ",zscale=matrix=gbr:range=full,format=gbrp16|gbrap16"
        }
        Some(Matrix::Rare) => ",zscale=matrix=gbr:range=full,format=gbrp|gbrap",
        Some(Matrix::Standard) => ",setparams=colorspace=smpte170m",
        Some(Matrix::High) => ",setparams=colorspace=bt709",
        Some(Matrix::Wide) => ",setparams=colorspace=bt2020nc",
        None => "",
    };
    // `mergeplanes` takes the planes 0, 1 and 2 as they are for those of another format. It drops all metadata.
    let range = match plan.colours.limited_range {
        Some(format) => format!(",mergeplanes=0x000102:{format},setparams=range=tv"),
        None => String::new(),
    };
    // Of two pixel formats ffmpeg takes the one that loses less: RGBA only if the frames have alpha.
    let format = match (plan.colours.deep, plan.colours.alpha) {
        (true, None) => "rgb48be|rgba64be",
        (true, Some(false)) => "rgb48be",
        (true, Some(true)) => "rgba64be",
        (false, None) => "rgb24|rgba",
        (false, Some(false)) => "rgb24",
        (false, Some(true)) => "rgba",
    };
    let chains = segments.map(|(k, segment)| {
        let select = select(segment, plan.intra_first && segment.seek.is_some());
        let print_info = format!(
            "settb=1/{TICKS},showinfo@{nonce}s{k}{range},bench=start,metadata=add:key={nonce}:value={k}"
        );
        format!("[{k}:{VIDEO}]{select},{print_info}{colours}{scale},format={format}[v{k}];")
    });
    let chains = chains.collect::<Vec<_>>().concat();
    let labels: Vec<_> = (0..count).map(|k| format!("[v{k}]")).collect();
    let labels = labels.concat();
    // Bicubic, as in ffmpeg's simple filter graphs. Versions before 5 have another default here, with which
    // high bit depths and odd sizes are converted to other colours than in a plain decode.
    let join = format!("concat=n={count}:v=1:a=0,metadata=print:key={nonce}");
    format!("sws_flags=bicubic;{chains}{labels}{join},{NUMBER}[out]")
}

/// The sum of these filter expressions. ffmpeg refuses an expression whose operators are nested 100 deep, which a
/// sum of as many terms is without parentheses. With them, the depth grows with the logarithm.
fn sum(terms: &[String]) -> String {
    match terms {
        [] => String::new(),
        [term] => term.clone(),
        _ => {
            let (first, second) = terms.split_at(terms.len() / 2);
            format!("({})+({})", sum(first), sum(second))
        }
    }
}

/// A filter expression: is the frame intra-coded? It excludes P, B and S pictures rather than ask for type I,
/// because some decoders do not set the type.
const INTRA: &str =
    "not(eq(pict_type,PICT_TYPE_P)+eq(pict_type,PICT_TYPE_B)+eq(pict_type,PICT_TYPE_S))";

/// A filter expression: has no frame at or after this time been passed?
fn first_since(time: f64) -> String {
    format!("(isnan(prev_selected_t)+lt(prev_selected_t,{time:.6}))")
}

/// The filters `trim`, which ends the decoding of a segment, and `select`, which passes its wanted frames.
fn select(segment: &Segment, intra_first: bool) -> String {
    let terms: Vec<String> = segment
        .targets
        .iter()
        .map(|target| match target.pick {
            Pick::Number(n) => format!("eq(n,{n})"),
            // When the stream's format changes midway, ffmpeg rebuilds the filters and they lose their
            // counters and variables. This expression uses none.
            Pick::Within(from, to) => format!("gte(t,{from:.6})*lt(t,{to:.6})"),
            Pick::KeyWithin(from, to) => {
                format!("gte(t,{from:.6})*lt(t,{to:.6})*key*{}", first_since(from))
            }
            Pick::From(t) => format!("gte(t,{t:.6})*{}", first_since(t)),
        })
        .collect();
    let trim = match segment.end {
        Some(Pick::Number(n)) => format!("trim=end_frame={n},"),
        Some(Pick::From(t) | Pick::Within(t, _) | Pick::KeyWithin(t, _)) => {
            format!("trim=end={t:.6},")
        }
        None => String::new(),
    };
    let mut terms = sum(&terms);
    if let Some(floor) = segment.floor {
        terms = format!("st(1,ld(1)+lt(t,{floor:.6}))*0+not(ld(1))*({terms})");
    }
    if intra_first {
        terms = format!("st(0,ld(0)+{INTRA})*0+gt(ld(0),0)*({terms})");
    }
    format!("{trim}select='{terms}'")
}
