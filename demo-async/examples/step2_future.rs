//! An executor in a dozen lines, without tokio: what a future is, and who polls it when.
//!
//! ```text
//! cargo run -qr -p demo-async --example step2_future
//! ```

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// A future that is ready at a point in time, like tokio's `sleep`.
struct Alarm {
    name: &'static str,
    at: Instant,
}

impl Future for Alarm {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let left = self.at.saturating_duration_since(Instant::now());
        if left.is_zero() {
            println!("{} is polled: ready", self.name);
            return Poll::Ready(());
        }
        println!("{} is polled: pending", self.name);
        // Something has to call the waker when it is worth polling again. tokio has one timer for all
        // futures; a thread for each is the simplest that works.
        let waker = context.waker().clone();
        thread::spawn(move || {
            thread::sleep(left);
            waker.wake();
        });
        Poll::Pending
    }
}

/// Wakes the executor's thread.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Polls all tasks that are not ready yet, then parks the thread until a waker unparks it.
fn run(mut tasks: Vec<Pin<Box<dyn Future<Output = ()>>>>) {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    while !tasks.is_empty() {
        tasks.retain_mut(|task| task.as_mut().poll(&mut context).is_pending());
        if !tasks.is_empty() {
            thread::park();
        }
    }
}

fn main() {
    let start = Instant::now();
    let alarm = move |name, after| Alarm {
        name,
        at: start + Duration::from_millis(after),
    };
    let task = async move {
        alarm("first alarm", 200).await;
        alarm("second alarm", 600).await;
    };
    run(vec![Box::pin(task), Box::pin(alarm("other task", 400))]);
    println!("all done after {:.1} s", start.elapsed().as_secs_f64());
}
