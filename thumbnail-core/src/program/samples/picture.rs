//! What the sample clips show: ffmpeg's test sources, each in many hues.

/// The frame size, length and frame rate of a clip.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spec {
    /// In pixels; a multiple of 8, as some sources are drawn small and enlarged.
    pub width: u32,
    /// In pixels; a multiple of 8.
    pub height: u32,
    pub seconds: u32,
    /// Frames a second; even, as one source runs at half of it.
    pub rate: u32,
}

/// How many kinds of picture there are before the same one comes again in another hue.
const KINDS: usize = 6;

/// How far the hue turns from one round of kinds to the next, in degrees. The golden angle: however
/// many rounds there are, their hues stay apart.
const HUE_STEP: f64 = 137.5;

/// A recipe for one clip.
#[derive(Debug)]
pub(super) struct TestPicture {
    /// A graph of lavfi filters that draws it; all of them exist in ffmpeg 4.1 and later.
    pub graph: String,
    /// How many frames of it the clip has.
    pub frames: usize,
}

impl TestPicture {
    /// The recipe of the clip with this index, from 0.
    pub fn new(index: usize, spec: Spec) -> Self {
        let frames = spec.seconds * spec.rate;
        Self {
            graph: graph(index, spec, frames),
            frames: frames as usize,
        }
    }
}

/// Most sources are drawn at a quarter or an eighth of the size and enlarged: drawing, and finding
/// motion in fine noise, would cost more than all the rest.
fn graph(index: usize, spec: Spec, frames: u32) -> String {
    let Spec {
        width,
        height,
        rate,
        ..
    } = spec;
    let (quarter, eighth) = (size(spec, 4), size(spec, 8));
    // After 360 rounds the hues come again: the number fits a `u16`, and an `f64` holds it exactly.
    let round = u16::try_from(index / KINDS % 360).unwrap_or(0);
    let hue = format!("hue=h={}", (f64::from(round) * HUE_STEP) % 360.0);
    let smooth = format!("scale={width}:{height}:flags=fast_bilinear");
    let blocks = format!("scale={width}:{height}:flags=neighbor");
    // The hue is turned before the picture is enlarged, and in the clip's own pixel format.
    let yuv = format!("format=yuv420p,{hue}");
    match index % KINDS {
        0 => format!("testsrc2=s={width}x{height}:r={rate},{hue}"),
        1 => format!(
            "mandelbrot=s={quarter}:r={rate}:maxiter=128:inner=black\
             :start_scale=2:end_scale=0.02:end_pts={frames},{yuv},{smooth}"
        ),
        2 => format!(
            "smptehdbars=s={width}x{height}:r={rate}[bars];testsrc=s={quarter}:r={rate}[card];\
             [bars][card]overlay=x='(W-w)*(0.5+0.5*sin(t))':y='(H-h)*(0.5+0.5*cos(1.3*t))',{hue}"
        ),
        // At half the rate: at the full one the eye cannot follow.
        3 => format!(
            "life=s={eighth}:r={}:seed={round}:ratio=0.2:mold=20:life_color=#ffe060\
             :death_color=#2040a0:mold_color=#101830,fps={rate},{yuv},{blocks}",
            rate / 2
        ),
        // The source is black and white; the fixed u and v give it a colour for the hue to turn.
        4 => format!(
            "cellauto=s={eighth}:r={rate}:rule=110:seed={round},format=yuv420p,\
             lutyuv=y=40+val*0.7:u=90:v=170,{hue},{blocks}"
        ),
        _ => format!("testsrc=s={quarter}:r={rate},{yuv},{blocks}"),
    }
}

fn size(spec: Spec, divisor: u32) -> String {
    format!("{}x{}", spec.width / divisor, spec.height / divisor)
}
