//! Waiting longer after each failure, with jitter (rule K5), so that the sessions of many pages do not come back in step.

/// Shortest wait after a failure, in milliseconds.
pub const SHORTEST_WAIT: u64 = 2_000;

/// Longest wait after a failure, in milliseconds.
pub const LONGEST_WAIT: u64 = 300_000;

/// Numbers that look random, from a seed of the driver's: the same seed gives the same run. Nothing secret hangs on it.
#[derive(Clone, Debug)]
pub(crate) struct Jitter(u64);

impl Jitter {
    pub(crate) fn new(seed: u64) -> Jitter {
        Jitter(seed)
    }

    /// One of `0..=most` (SplitMix64; its bias is of no matter here).
    pub(crate) fn up_to(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        most.checked_add(1).map_or(mixed, |count| mixed % count)
    }

    /// Milliseconds to wait after so many failures in a row: 2 s, doubled each time up to 5 min, a quarter more or less.
    pub(crate) fn wait(&mut self, failures: u32) -> u64 {
        let doubled = 1u64.checked_shl(failures.saturating_sub(1)).unwrap_or(u64::MAX);
        let wait = SHORTEST_WAIT.saturating_mul(doubled).min(LONGEST_WAIT);
        let quarter = wait / 4;
        (wait - quarter + self.up_to(2 * quarter)).clamp(SHORTEST_WAIT, LONGEST_WAIT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k5_waits_double_from_two_seconds_to_five_minutes() {
        for seed in 0..200 {
            let mut jitter = Jitter::new(seed);
            for failures in 0..100 {
                let wait = jitter.wait(failures);
                let plain = (SHORTEST_WAIT << failures.saturating_sub(1).min(20)).min(LONGEST_WAIT);
                assert!((SHORTEST_WAIT..=LONGEST_WAIT).contains(&wait));
                assert!(wait >= plain - plain / 4 && wait <= plain + plain / 4, "{failures}: {wait}");
            }
        }
    }

    #[test]
    fn k5_jitter_comes_from_the_seed() {
        let waits = |seed| {
            let mut jitter = Jitter::new(seed);
            (1..8).map(|failures| jitter.wait(failures)).collect::<Vec<_>>()
        };
        assert_eq!(waits(7), waits(7));
        assert_ne!(waits(7), waits(8));
    }
}
