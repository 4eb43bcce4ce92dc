//! A request that stays unanswered until the test says so.

use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use crate::standin::Fault;

/// Knows when the request has arrived; dropped, it lets the answer go.
pub struct Gate {
    arrived: Receiver<()>,
    _go: Sender<()>,
}

impl Gate {
    /// A gate, and the fault that puts it before an answer.
    pub fn new() -> (Self, Fault) {
        let (arrival, arrived) = channel();
        let (go, gone) = channel::<()>();
        let gone = Mutex::new(gone);
        let fault = Fault::change(move |_, _| {
            let _ = arrival.send(());
            // Ends with an error when the gate is dropped.
            let _ = gone.lock().unwrap().recv();
        });
        (Self { arrived, _go: go }, fault)
    }

    /// Waits for the request.
    #[track_caller]
    pub fn wait(&self) {
        let arrived = self.arrived.recv_timeout(Duration::from_secs(60));
        arrived.expect("a request on the route");
    }
}
