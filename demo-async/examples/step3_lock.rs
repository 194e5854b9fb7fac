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

// This lint finds the mistake. It is switched off here alone, to show what it prevents.
#[expect(clippy::await_holding_lock)]
async fn lock_across_await() {
    let mut done = DONE.lock().unwrap_or_else(PoisonError::into_inner);
    sleep(PAUSE).await;
    *done += 1;
}

async fn lock_after_await() {
    sleep(PAUSE).await;
    *DONE.lock().unwrap_or_else(PoisonError::into_inner) += 1;
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    // A watchdog. It needs a thread of its own, because nothing runs on the one that is stuck.
    thread::spawn(|| {
        thread::sleep(PAUSE * 10);
        println!("stuck: the task that sleeps has the lock, the other one has the thread");
        process::exit(1);
    });
    if std::env::args().any(|argument| argument == "short") {
        tokio::join!(lock_after_await(), lock_after_await());
    } else {
        tokio::join!(lock_across_await(), lock_across_await());
    }
    let done = DONE.lock().unwrap_or_else(PoisonError::into_inner);
    println!("{done} tasks are done");
}
