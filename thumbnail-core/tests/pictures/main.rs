//! The pictures are the right ones: what the programs save is compared with a plain decode of every
//! frame of the clip, pixel for pixel.

#[path = "../support/mod.rs"]
mod support;

mod alpha;
mod area;
mod bare;
mod changing;
mod check;
mod clip;
mod codecs;
mod colours;
mod cut;
mod cut_short;
mod dropped;
mod dynamic_range;
mod edits;
mod excerpts;
mod flags;
mod held;
mod interlaced;
mod joined;
mod late;
mod listed;
mod listed_avi;
mod listed_fragments;
mod network;
mod numbered;
mod odd_angle;
mod patches;
mod plan;
mod program_stream;
mod refused;
mod resized;
mod seeking;
mod server;
mod shapes;
mod shared_times;
mod timing;
mod version;
