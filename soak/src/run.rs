use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{task::JoinSet, time::timeout};

use super::{
    Error,
    delivery::{Delivery, Platform},
    example::Example,
    idle::Idle,
    senders,
    tally::Tally,
};

/// Creates a room for each delivery. The rooms of honest deliveries are numbered without gaps, so
/// that their count suffices to check that each was handled.
#[derive(Debug, Default)]
pub(super) struct Rooms {
    honest: AtomicU32,
    forged: AtomicU32,
}

impl Rooms {
    pub(super) const HONEST: &str = "room-";
    pub(super) const FORGED: &str = "forged-";

    /// A delivery that must be handled once.
    pub(super) fn open(&self, platform: Platform) -> Delivery {
        let number = self.honest.fetch_add(1, Ordering::Relaxed);
        Delivery::new(platform, format!("{}{number}", Self::HONEST), number)
    }

    /// A delivery that must not be handled.
    pub(super) fn forged(&self, platform: Platform) -> Delivery {
        let number = self.forged.fetch_add(1, Ordering::Relaxed);
        Delivery::new(platform, format!("{}{number}", Self::FORGED), number)
    }

    /// The number of deliveries that must be handled.
    pub(super) fn honest(&self) -> u32 {
        self.honest.load(Ordering::Relaxed)
    }
}

/// When a run ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Until {
    span: Duration,
    honest: u32,
}

impl Until {
    pub(super) fn over(span: Duration) -> Self {
        Self { span, honest: u32::MAX }
    }

    /// Ends after this many honest deliveries, or after `span`.
    pub(super) fn as_many(honest: u32, span: Duration) -> Self {
        Self { span, honest }
    }
}

/// The load of a run, which all senders share.
#[derive(Debug, Clone)]
pub(super) struct Load {
    pub(super) address: SocketAddr,
    pub(super) rooms: Arc<Rooms>,
    ends_at: Instant,
    ends_with: u32,
}

impl Load {
    pub(super) fn is_over(&self) -> bool {
        Instant::now() >= self.ends_at || self.rooms.honest() >= self.ends_with
    }
}

/// The results of a run.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) took: Duration,
    pub(super) tally: Tally,
    /// The number of idle connections at the beginning and at the end.
    pub(super) idle: [usize; 2],
    /// The server's memory at the end, in bytes.
    pub(super) resident: Option<u64>,
    pub(super) honest: u32,
}

impl Run {
    pub(super) async fn play(
        example: &Example,
        idle: &Idle,
        rooms: &Arc<Rooms>,
        until: Until,
    ) -> Result<Self, Error> {
        let (begun, before, idle_before) = (Instant::now(), rooms.honest(), idle.are_open());
        let load = Load {
            address: example.address(),
            rooms: Arc::clone(rooms),
            ends_at: begun + until.span,
            ends_with: before.saturating_add(until.honest),
        };
        let mut sending = JoinSet::new();
        for number in 0..32 {
            sending.spawn(senders::whole(load.clone(), number));
        }
        for number in 0..20 {
            sending.spawn(senders::slow(load.clone(), number));
        }
        for number in 0..5 {
            sending.spawn(senders::cut_off(load.clone(), number));
            sending.spawn(senders::twins(load.clone(), number));
        }
        // Each sender ends with the response that it waits for.
        let joined = timeout(until.span + Duration::from_secs(60), sending.join_all()).await;
        let took = begun.elapsed();
        let mut tally = Tally::default();
        joined.map_err(|_| "the run does not end")?.into_iter().for_each(|one| tally.add(one));
        tally.sort();
        Ok(Self {
            took,
            tally,
            idle: [idle_before, idle.are_open()],
            resident: example.resident(),
            honest: rooms.honest() - before,
        })
    }
}
