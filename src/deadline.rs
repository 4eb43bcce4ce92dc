//! The one deadline over everything a run does.

use std::time::{Duration, Instant};

/// The moment at which the run gives up, and the `--timeout` that set it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    start: Instant,
    timeout: Duration,
}

/// A century: beyond it lies what an `Instant` may not be able to hold.
const LONGEST: Duration = Duration::from_secs(100 * 366 * 24 * 3600);

impl Deadline {
    /// The default of `--timeout`.
    pub(crate) const DEFAULT: Duration = Duration::from_secs(60);

    /// A deadline `timeout` after `start`.
    pub(crate) fn new(start: Instant, timeout: Duration) -> Self {
        Self {
            start,
            timeout: timeout.min(LONGEST),
        }
    }

    /// When it passes.
    pub(crate) fn at(&self) -> Instant {
        self.start + self.timeout
    }

    /// What is left; zero once it has passed.
    pub(crate) fn left(&self) -> Duration {
        self.at().saturating_duration_since(Instant::now())
    }

    /// Whether it has passed.
    pub(crate) fn passed(&self) -> bool {
        self.left().is_zero()
    }

    /// The `--timeout` in seconds, as a person would write it.
    pub(crate) fn seconds(&self) -> String {
        seconds(self.timeout)
    }
}

/// A duration in seconds with at most three decimals.
pub(crate) fn seconds(duration: Duration) -> String {
    let text = format!("{:.3}", duration.as_secs_f64());
    text.trim_end_matches('0').trim_end_matches('.').to_owned() + " s"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_read_well() {
        assert_eq!(seconds(Duration::from_secs(60)), "60 s");
        assert_eq!(seconds(Duration::from_millis(250)), "0.25 s");
        assert_eq!(seconds(Duration::from_micros(1)), "0 s");
    }

    #[test]
    fn an_endless_timeout_does_not_overflow() {
        assert!(!Deadline::new(Instant::now(), Duration::MAX).passed());
    }
}
