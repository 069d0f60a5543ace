//! Ports for fixtures, in blocks: a control port and a passive range behind it. They lie below the range from which
//! the system takes ports for outgoing connections (32768 and up), so nothing else is given one of them by chance.

use std::net::{IpAddr, TcpListener};
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU32, Ordering};

const FIRST: u32 = 10_240;
const BLOCKS: u32 = 176;
const BLOCK: u32 = 128;

/// A block of ports.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ports {
    first: u16,
}

impl Ports {
    /// The next block whose control port is free at this address. Processes start at different places, since tests of more than one checkout
    /// may run at once.
    pub(super) fn next(address: IpAddr) -> Option<Ports> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        (0..BLOCKS).find_map(|_| {
            let turn = NEXT.fetch_add(1, Ordering::Relaxed);
            let block = std::process::id().wrapping_mul(37).wrapping_add(turn) % BLOCKS;
            let first = u16::try_from(FIRST + block * BLOCK).ok()?;
            TcpListener::bind((address, first)).ok()?;
            Some(Ports { first })
        })
    }

    pub(super) fn control(self) -> u16 {
        self.first
    }

    pub(super) fn passive(self) -> RangeInclusive<u16> {
        // Below 32768 by the constants above.
        self.first + 1..=self.first + 127
    }
}
