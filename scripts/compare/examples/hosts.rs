//! Predicts what several hosts can reach with `scripts/cluster.sh`, and where the network becomes
//! the limit: videos a minute, as a table.
//!
//! `cargo run -p compare --example hosts -- --seconds 2 --megabytes 30`

use clap::Parser;

/// Predicts the videos a minute that several hosts reach.
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    load: compare::hosts::Load,
}

fn main() {
    print!("{}", Args::parse().load.table());
}
