//! When to ask again, and how long to wait before.
//!
//! Entra ID and Key Vault: the Azure SDKs' rule (exponential from 0.8 s, the service's `Retry-After`
//! honoured). The metadata endpoint: the delays of Microsoft's IMDS documentation.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, SystemTime};

use super::failure::{Failure, FailureKind};

/// Whose rules hold for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    /// Entra ID, XSOAR: https, through the proxy if there is one.
    Service,
    /// Key Vault, Resource Manager: as a service, and while they are throttled until the deadline. They do not
    /// count what they turn away, so that of many machines started at once all get through in the end.
    Patient,
    /// What must not be done twice: another try only where the first one cannot have done it.
    Change,
    /// A metadata endpoint: plain http allowed, never a proxy, its own retry table.
    Metadata,
    /// The same where something beside this program has it: it may come up later.
    Late,
    /// As a service, to see whether it answers: whatever it says stands.
    Probe,
}

/// No request is sent more than once and this many times again.
const MOST_RETRIES: u32 = 5;

/// Where the doubling starts: after an answer (as in azure-core), and after none.
const AFTER_ANSWER: Duration = Duration::from_millis(800);
const AFTER_NO_CONNECTION: Duration = Duration::from_millis(200);

/// While throttled; a quarter more is the longest wait, 6 s.
const PATIENCE: Duration = Duration::from_millis(4_800);

/// `check` does not wait for long: one more try, for what passes at once.
const PROBES: u32 = 1;

/// IMDS, "Retry guidance": five delays in seconds; after a 5xx at least one.
const METADATA_DELAYS: [u64; 5] = [0, 2, 6, 14, 30];
const METADATA_AFTER_5XX: Duration = Duration::from_secs(1);
/// One more try where nothing listens: on a machine that is no Azure VM, it stays so.
const METADATA_CONNECTIONS: u32 = 1;
const METADATA_AFTER_NO_CONNECTION: Duration = Duration::from_secs(1);
/// Waits for what comes up late grow to this; a quarter more is the longest, 6 s.
const LATE: Duration = Duration::from_millis(4_800);

/// What leaves open what became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// Somebody else was quicker: what there is now is to be looked at.
    Conflict,
    NoAnswer,
    /// An answer that does not tell, and the wait that it asks for.
    Answer(Option<Duration>),
}

/// The tries of one request that did not lead to an answer worth having.
#[derive(Debug, Default)]
pub(crate) struct Tries {
    answers: u32,
    failures: u32,
    /// Turned away while there was patience: these cost no other try.
    throttled: u32,
    /// Sent again at once, with a new token.
    renewed: u32,
    /// Of what comes up late: these cost no other try.
    late: u32,
}

impl Policy {
    pub(super) fn is_metadata(self) -> bool {
        matches!(self, Self::Metadata | Self::Late)
    }

    /// Whether another answer may come after this one.
    pub(super) fn retries(self, status: u16) -> bool {
        match self {
            Self::Service | Self::Patient => matches!(status, 408 | 429 | 500 | 502 | 503 | 504),
            // Turned away at the door. Of any other failure nobody knows what was done before.
            Self::Change => status == 429,
            Self::Metadata | Self::Late => matches!(status, 404 | 410 | 421 | 429 | 500..=599),
            Self::Probe => false,
        }
    }

    /// Whether that goes on until the deadline.
    pub(super) fn is_patient_with(self, status: u16) -> bool {
        self == Self::Patient && status == 429
    }
}

impl Tries {
    pub(crate) fn count(&self) -> u32 {
        self.answers + self.failures + self.throttled + self.renewed + self.late
    }

    /// It is sent again without a wait, as what it is sent with is new.
    pub(super) fn renewed(&mut self) {
        self.renewed += 1;
    }

    /// The wait before the next try after this answer; `None`: the answer stands.
    pub(super) fn after_answer(
        &mut self,
        policy: Policy,
        status: u16,
        retry_after: Option<Duration>,
    ) -> Option<Duration> {
        if !policy.retries(status) {
            return None;
        }
        if policy.is_patient_with(status) {
            let wait = jitter(PATIENCE.min(AFTER_ANSWER * 2_u32.pow(self.throttled.min(3))));
            self.throttled += 1;
            return Some(wait.max(retry_after.unwrap_or_default()));
        }
        let wait = match policy {
            Policy::Metadata | Policy::Late if status >= 500 => {
                self.metadata_delay()?.max(METADATA_AFTER_5XX)
            }
            Policy::Metadata | Policy::Late => self.metadata_delay()?,
            Policy::Service | Policy::Patient | Policy::Change | Policy::Probe => {
                self.backoff(AFTER_ANSWER)?
            }
        };
        self.answers += 1;
        Some(wait.max(retry_after.unwrap_or_default()))
    }

    /// The wait before the next try after this failure; `None`: it stands.
    pub(crate) fn after_failure(&mut self, policy: Policy, failure: &Failure) -> Option<Duration> {
        if !failure.may_pass() {
            return None;
        }
        let wait = match policy {
            Policy::Change if matches!(failure.kind, FailureKind::Cut | FailureKind::Silence) => {
                return None;
            }
            Policy::Probe if self.failures >= PROBES => return None,
            Policy::Service | Policy::Patient | Policy::Change | Policy::Probe => {
                self.backoff(AFTER_NO_CONNECTION)?
            }
            Policy::Metadata | Policy::Late
                if matches!(failure.kind, FailureKind::Cut | FailureKind::Silence) =>
            {
                self.metadata_delay()?
            }
            Policy::Late => {
                let wait = jitter(LATE.min(AFTER_NO_CONNECTION * 2_u32.pow(self.late.min(5))));
                self.late += 1;
                return Some(wait);
            }
            Policy::Metadata if self.failures >= METADATA_CONNECTIONS => return None,
            Policy::Metadata => METADATA_AFTER_NO_CONNECTION,
        };
        self.failures += 1;
        Some(wait)
    }

    /// The wait before it is found out what became of a change; `None`: it was tried often enough.
    pub(crate) fn after_doubt(&mut self, doubt: Doubt) -> Option<Duration> {
        let (first, retry_after) = match doubt {
            Doubt::Conflict => (Duration::ZERO, None),
            Doubt::NoAnswer => (AFTER_NO_CONNECTION, None),
            Doubt::Answer(retry_after) => (AFTER_ANSWER, retry_after),
        };
        let wait = self.backoff(first)?;
        self.answers += 1;
        Some(wait.max(retry_after.unwrap_or_default()))
    }

    /// Doubled for each try so far, give or take a quarter, so that machines started together part.
    fn backoff(&self, first: Duration) -> Option<Duration> {
        let count = self.answers + self.failures;
        (count < MOST_RETRIES).then(|| jitter(first * 2_u32.pow(count)))
    }

    fn metadata_delay(&self) -> Option<Duration> {
        METADATA_DELAYS
            .get((self.answers + self.failures) as usize)
            .map(|&delay| Duration::from_secs(delay))
    }
}

fn jitter(wait: Duration) -> Duration {
    let random = RandomState::new().hash_one(0) % 512;
    wait * (768 + u32::try_from(random).unwrap_or_default()) / 1024
}

/// The wait that a service asks for: the longest of the headers Azure's services send. A date is
/// compared with the answer's own, where it has one: this machine's clock may be off.
pub(crate) fn retry_after<'a>(
    header: impl Fn(&str) -> Option<&'a str>,
    now: SystemTime,
) -> Option<Duration> {
    let milliseconds = ["retry-after-ms", "x-ms-retry-after-ms"]
        .into_iter()
        .filter_map(|name| number(header(name)?))
        .map(Duration::from_millis);
    let date = |text| httpdate::parse_http_date(text).ok();
    let now = header("date").and_then(date).unwrap_or(now);
    let after = header("retry-after").and_then(|text| match number(text) {
        Some(seconds) => Some(Duration::from_secs(seconds)),
        None => date(text.trim()).map(|date| date.duration_since(now).unwrap_or_default()),
    });
    milliseconds.chain(after).max()
}

/// Digits; more of them than a number can have mean longer than anybody waits.
fn number(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(policy: Policy, status: u16) -> Vec<f64> {
        let mut tries = Tries::default();
        std::iter::from_fn(|| tries.after_answer(policy, status, None))
            .map(|wait| wait.as_secs_f64())
            .collect()
    }

    #[test]
    fn services_are_asked_five_times_again() {
        for status in [408, 429, 500, 502, 503, 504] {
            let waits = waits(Policy::Service, status);
            assert_eq!(waits.len(), 5);
            for (wait, full) in waits.iter().zip([0.8, 1.6, 3.2, 6.4, 12.8]) {
                assert!((0.74 * full..1.26 * full).contains(wait), "{wait} {full}");
            }
        }
        for status in [200, 301, 400, 401, 403, 404, 501] {
            assert!(waits(Policy::Service, status).is_empty());
        }
    }

    #[test]
    fn patience_is_with_throttling_alone() {
        let mut tries = Tries::default();
        for full in [0.8, 1.6, 3.2, 4.8, 4.8, 4.8].into_iter().chain([4.8; 60]) {
            let wait = tries.after_answer(Policy::Patient, 429, None).unwrap();
            let wait = wait.as_secs_f64();
            assert!(
                (0.74 * full..1.26 * full).contains(&wait) && wait <= 6.0,
                "{wait} {full}"
            );
        }
        // The others are counted by themselves, and from the start.
        for full in [0.8, 1.6, 3.2, 6.4, 12.8] {
            let wait = tries.after_answer(Policy::Patient, 503, None).unwrap();
            assert!((0.74 * full..1.26 * full).contains(&wait.as_secs_f64()));
        }
        assert_eq!(tries.after_answer(Policy::Patient, 503, None), None);
        assert_eq!(tries.count(), 71);
        let nine = Some(Duration::from_secs(9));
        assert_eq!(tries.after_answer(Policy::Patient, 429, nine), nine);
    }

    #[test]
    fn the_metadata_endpoint_has_its_own_table() {
        for status in [404, 410, 421, 429] {
            assert_eq!(waits(Policy::Metadata, status), [0.0, 2.0, 6.0, 14.0, 30.0]);
        }
        for status in [500, 503, 599] {
            assert_eq!(waits(Policy::Metadata, status), [1.0, 2.0, 6.0, 14.0, 30.0]);
        }
        for status in [400, 401, 403] {
            assert!(waits(Policy::Metadata, status).is_empty());
        }
    }

    #[test]
    fn where_nothing_listens_one_more_try_is_enough() {
        let mut tries = Tries::default();
        let refused = Failure::new(FailureKind::Connection, "refused");
        let second = Duration::from_secs(1);
        assert_eq!(
            tries.after_failure(Policy::Metadata, &refused),
            Some(second)
        );
        assert_eq!(tries.after_failure(Policy::Metadata, &refused), None);
    }

    #[test]
    fn what_comes_up_late_is_waited_for() {
        let mut tries = Tries::default();
        let refused = Failure::new(FailureKind::Connection, "refused");
        for full in [0.2, 0.4, 0.8, 1.6, 3.2].into_iter().chain([4.8; 60]) {
            let wait = tries.after_failure(Policy::Late, &refused).unwrap();
            let wait = wait.as_secs_f64();
            assert!((0.74 * full..1.26 * full).contains(&wait) && wait <= 6.0);
        }
        // Once it answers, its table begins.
        let answered = tries.after_answer(Policy::Late, 429, None);
        assert_eq!(answered, Some(Duration::ZERO));
    }

    #[test]
    fn a_probe_takes_every_answer_and_one_failure() {
        assert!(waits(Policy::Probe, 503).is_empty());
        let mut tries = Tries::default();
        let cut = Failure::new(FailureKind::Cut, "cut");
        assert!(tries.after_failure(Policy::Probe, &cut).is_some());
        assert_eq!(tries.after_failure(Policy::Probe, &cut), None);
    }

    #[test]
    fn a_certificate_is_not_tried_twice() {
        for kind in [
            FailureKind::Tls,
            FailureKind::NoSuchHost,
            FailureKind::ProxyRefusal,
            FailureKind::Garbled,
            FailureKind::Deadline,
        ] {
            let failure = Failure::new(kind, "");
            assert_eq!(
                Tries::default().after_failure(Policy::Service, &failure),
                None
            );
        }
    }

    #[test]
    fn a_change_is_tried_again_only_where_nothing_can_have_happened() {
        assert_eq!(waits(Policy::Change, 429).len(), 5);
        for status in [408, 500, 502, 503, 504] {
            assert!(waits(Policy::Change, status).is_empty());
        }
        let after = |kind| Tries::default().after_failure(Policy::Change, &Failure::new(kind, ""));
        assert!(
            after(FailureKind::Connection).is_some() && after(FailureKind::Resolution).is_some()
        );
        assert!(after(FailureKind::Cut).is_none() && after(FailureKind::Silence).is_none());
    }

    #[test]
    fn a_change_in_doubt_is_looked_after_as_often() {
        for (doubt, first) in [
            (Doubt::Conflict, 0.0),
            (Doubt::NoAnswer, 0.2),
            (Doubt::Answer(None), 0.8),
        ] {
            let mut tries = Tries::default();
            let waits: Vec<_> = std::iter::from_fn(|| tries.after_doubt(doubt)).collect();
            assert_eq!(waits.len(), 5);
            for (wait, full) in waits.iter().zip([1.0, 2.0, 4.0, 8.0, 16.0]) {
                let full = first * full;
                assert!((0.74 * full..=1.26 * full).contains(&wait.as_secs_f64()));
            }
        }
    }

    #[test]
    fn the_wait_is_never_shorter_than_asked_for() {
        let nine = Some(Duration::from_secs(9));
        let mut tries = Tries::default();
        assert_eq!(tries.after_answer(Policy::Service, 429, nine), nine);
        assert_eq!(tries.after_doubt(Doubt::Answer(nine)), nine);
    }

    #[test]
    fn a_wait_is_seconds_a_date_or_milliseconds() {
        let now = httpdate::parse_http_date("Mon, 23 Nov 2026 12:00:00 GMT").unwrap();
        let wait = |name: &'static str, value: &'static str| {
            retry_after(|asked| (asked == name).then_some(value), now)
        };
        assert_eq!(wait("retry-after", "7"), Some(Duration::from_secs(7)));
        let date = "Mon, 23 Nov 2026 12:00:09 GMT";
        assert_eq!(wait("retry-after", date), Some(Duration::from_secs(9)));
        let past = "Mon, 23 Nov 2026 11:00:00 GMT";
        assert_eq!(wait("retry-after", past), Some(Duration::ZERO));
        assert_eq!(
            wait("retry-after-ms", "250"),
            Some(Duration::from_millis(250))
        );
        assert_eq!(
            wait("x-ms-retry-after-ms", " 300 "),
            Some(Duration::from_millis(300))
        );
        assert_eq!(
            wait("retry-after", "99999999999999999999999"),
            Some(Duration::from_secs(u64::MAX))
        );
        assert_eq!(wait("retry-after", "soon"), None);
        assert_eq!(wait("retry-after", "-1"), None);
        assert_eq!(wait("other", "1"), None);
    }

    #[test]
    fn a_date_is_measured_by_the_service_s_clock() {
        let here = httpdate::parse_http_date("Mon, 23 Nov 2026 12:00:00 GMT").unwrap();
        let header = |name: &str| match name {
            "date" => Some("Mon, 23 Nov 2026 13:00:00 GMT"),
            "retry-after" => Some("Mon, 23 Nov 2026 13:00:05 GMT"),
            _ => None,
        };
        assert_eq!(retry_after(header, here), Some(Duration::from_secs(5)));
    }
}
