use std::{cell::Cell, collections::BTreeMap, error::Error, time::Instant};

use redis::{aio::MultiplexedConnection, cmd};
use room_hooks::hooks::{ClaimOutcome, DeliveryKey, DeliveryStore};
use room_hooks_benches::store::{Recorded, Signatures};
use room_hooks_redis::RedisStore;

/// The operations on Redis for a new delivery.
#[derive(Clone, Copy)]
pub enum Work {
    ClaimOnly(Signatures),
    Settle(Signatures),
    /// Claim and settlement.
    Handle(Signatures),
    /// One `SET`, the least that tells whether a delivery is new.
    SetIfNew,
}

/// A connection of `RedisStore` and a bare one.
pub struct Client {
    store: RedisStore,
    connection: MultiplexedConnection,
    deliveries: Vec<DeliveryKey>,
    next: Cell<usize>,
}

/// The statistics of a server since its start.
pub struct Done {
    /// The number of reads from connections: one per round trip, if requests are small and sent one
    /// at a time.
    pub reads: u64,
    /// The number of calls of each command, including those in scripts.
    pub commands: BTreeMap<String, u64>,
}

impl Client {
    pub async fn connect(url: &str, recorded: &Recorded) -> Result<Self, Box<dyn Error>> {
        Ok(Self {
            store: RedisStore::connect(url).await?,
            connection: redis::Client::open(url)?.get_multiplexed_async_connection().await?,
            deliveries: recorded.deliveries(Signatures::With),
            next: Cell::new(0),
        })
    }

    /// Performs an operation with the next delivery.
    pub async fn work(&self, work: Work) -> Result<(), Box<dyn Error>> {
        match work {
            Work::ClaimOnly(signatures) => self.claim(self.next(signatures)).await,
            Work::Settle(signatures) => self.settle(self.next(signatures)).await,
            Work::Handle(signatures) => {
                let delivery = self.next(signatures);
                self.claim(delivery).await?;
                self.settle(delivery).await
            }
            Work::SetIfNew => self.set_if_new(self.next(Signatures::Without)).await,
        }
    }

    pub async fn done(&self) -> Result<Done, Box<dyn Error>> {
        let report: String =
            cmd("INFO").arg("all").query_async(&mut self.connection.clone()).await?;
        let (mut reads, mut commands) = (None, BTreeMap::new());
        for (name, value) in report.lines().filter_map(|line| line.split_once(':')) {
            if name == "total_reads_processed" {
                reads = Some(value.parse()?);
            } else if let Some(command) = name.strip_prefix("cmdstat_") {
                let calls = value.strip_prefix("calls=").and_then(|rest| rest.split(',').next());
                commands.insert(command.to_owned(), calls.unwrap_or_default().parse()?);
            }
        }
        Ok(Done { reads: reads.ok_or("this Redis does not count reads")?, commands })
    }

    fn next(&self, signatures: Signatures) -> DeliveryKey {
        let number = self.next.replace(self.next.get() + 1);
        let mut delivery = self.deliveries[number % self.deliveries.len()];
        if signatures == Signatures::Without {
            delivery.signature = None;
        }
        delivery
    }

    async fn claim(&self, delivery: DeliveryKey) -> Result<(), Box<dyn Error>> {
        match self.store.claim(delivery, Instant::now()).await? {
            ClaimOutcome::Granted(_) => Ok(()),
            other => Err(format!("a new delivery is {other:?}").into()),
        }
    }

    async fn settle(&self, delivery: DeliveryKey) -> Result<(), Box<dyn Error>> {
        Ok(self.store.settle(delivery, Instant::now()).await?)
    }

    async fn set_if_new(&self, delivery: DeliveryKey) -> Result<(), Box<dyn Error>> {
        let mut set = cmd("SET");
        set.arg(delivery.id.to_string()).arg("claimed").arg("NX").arg("PX").arg(15_000);
        let set: Option<String> = set.query_async(&mut self.connection.clone()).await?;
        set.map(drop).ok_or_else(|| "a new delivery is not set".into())
    }
}
