//! Two tasks on one thread, and a call that blocks it.
//!
//! ```text
//! cargo run -qr -p demo-async --example step1_blocked
//! ```

use std::thread;
use std::time::{Duration, Instant};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let start = Instant::now();
    let say = |what: &str| println!("{what} after {:.1} s", start.elapsed().as_secs_f64());
    let task = |name: &'static str| async move {
        say(&format!("{name} begins"));
        thread::sleep(Duration::from_millis(500));
        say(&format!("{name} ends"));
    };
    tokio::join!(task("a"), task("b"));
}
