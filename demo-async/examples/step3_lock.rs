//! A lock that is held across an `.await` stops the one thread for ever.
//!
//! ```text
//! cargo run -qr -p demo-async --example step3_lock           # the mistake
//! cargo run -qr -p demo-async --example step3_lock -- short  # the lock given back before the .await
//! ```

use std::process;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::time::sleep;

const PAUSE: Duration = Duration::from_millis(100);

static DONE: Mutex<u32> = Mutex::new(0);

// The lint knows this mistake: it is the reason not to switch it off anywhere else.
#[expect(clippy::await_holding_lock)]
async fn hold_on() {
    let mut done = DONE.lock().unwrap_or_else(PoisonError::into_inner);
    sleep(PAUSE).await;
    *done += 1;
}

async fn give_back() {
    sleep(PAUSE).await;
    *DONE.lock().unwrap_or_else(PoisonError::into_inner) += 1;
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    // A thread of its own: nothing on the one that is stuck could tell.
    thread::spawn(|| {
        thread::sleep(PAUSE * 10);
        println!("stuck: the task that sleeps has the lock, the other one has the thread");
        process::exit(1);
    });
    if std::env::args().any(|argument| argument == "short") {
        tokio::join!(give_back(), give_back());
    } else {
        tokio::join!(hold_on(), hold_on());
    }
    let done = DONE.lock().unwrap_or_else(PoisonError::into_inner);
    println!("{done} tasks are done");
}
