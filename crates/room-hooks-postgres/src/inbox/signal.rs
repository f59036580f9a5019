//! How workers learn that an event has been put: by NOTIFY, on connections apart from those of the puts.

use std::{
    future::poll_fn,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    runtime::Handle,
    sync::Notify,
    task::JoinHandle,
    time::{Instant, sleep, sleep_until, timeout},
};
use tokio_postgres::AsyncMessage;

use crate::{
    database::{CONNECTING, Pool},
    error::Failure,
};

/// How often this process tells others at most. All commits that notify wait for one another, so that it is not part of
/// a put.
const PERIOD: Duration = Duration::from_millis(50);

/// After what time it listens again, once a connection has failed.
const PAUSE: Duration = Duration::from_secs(1);

/// A connection that says nothing may be dead. Asked this often, it must answer.
const ALIVE: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(super) struct Signal {
    pool: Pool,
    notify: Notify,
    /// Whether others are told soon.
    is_planned: AtomicBool,
    told: Mutex<Option<Instant>>,
    listener: Mutex<Option<JoinHandle<()>>>,
}

impl Signal {
    pub(super) fn new(pool: Pool) -> Arc<Self> {
        Arc::new(Self {
            pool,
            notify: Notify::new(),
            is_planned: AtomicBool::new(false),
            told: Mutex::default(),
            listener: Mutex::default(),
        })
    }

    /// Ends when an event may have been put after the call, by this process or another.
    pub(super) fn notified(self: &Arc<Self>) -> impl Future<Output = ()> + Send {
        // Made now, so that it misses nothing from here on.
        let notified = self.notify.notified();
        self.listen();
        notified
    }

    /// Wakes the workers of this process.
    pub(super) fn wake(&self) {
        self.notify.notify_waiters();
    }

    /// Wakes the workers of this process once a retry is due, unless it is later than they ask by themselves.
    pub(super) fn wake_after(self: &Arc<Self>, span: Duration) {
        let signal = Arc::downgrade(self);
        tokio::spawn(async move {
            sleep(span).await;
            if let Some(signal) = signal.upgrade() {
                signal.wake();
            }
        });
    }

    /// Wakes all workers.
    pub(super) fn announce(self: &Arc<Self>) {
        self.wake();
        if self.is_planned.swap(true, Ordering::AcqRel) {
            return;
        }
        let signal = Arc::clone(self);
        tokio::spawn(async move {
            let told = *signal.told.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(told) = told {
                sleep_until(told + PERIOD).await;
            }
            *signal.told.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
            // Before it tells, so that what is put meanwhile is told of again.
            signal.is_planned.store(false, Ordering::Release);
            if let Err(failure) = signal.tell().await {
                tracing::debug!(%failure, "other processes could not be notified; they poll");
            }
        });
    }

    async fn tell(&self) -> Result<(), Failure> {
        let tell = async {
            let mut connection = self.pool.connection().await?;
            // Nothing is lost if the server crashes.
            let sql = "SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, '')";
            connection.query(sql, &[&self.pool.schema()]).await
        };
        self.pool.run(tell).await.map(|_| ())
    }

    /// Begins to listen, on the runtime that asks, unless something listens already.
    fn listen(self: &Arc<Self>) {
        let mut listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner);
        // It ends with its runtime.
        if listener.as_ref().is_none_or(JoinHandle::is_finished)
            && let Ok(runtime) = Handle::try_current()
        {
            *listener = Some(runtime.spawn(listen_on(Arc::downgrade(self), self.pool.clone())));
        }
    }
}

impl Drop for Signal {
    fn drop(&mut self) {
        let listener = self.listener.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(listener) = listener.take() {
            listener.abort();
        }
    }
}

async fn listen_on(signal: Weak<Signal>, pool: Pool) {
    let wake = || signal.upgrade().map(|signal| signal.wake());
    loop {
        if let Err(error) = listen_once(&pool, &wake).await {
            tracing::debug!(%error, "cannot listen for notifications; workers poll");
        }
        sleep(PAUSE).await;
    }
}

/// Returns when the connection has ended.
async fn listen_once(
    pool: &Pool,
    wake: &(impl Fn() -> Option<()> + Sync),
) -> Result<(), tokio_postgres::Error> {
    let Ok(connected) = timeout(CONNECTING, pool.dial()).await else { return Ok(()) };
    let (client, mut messages) = connected?;
    let hear = async {
        while let Some(message) = poll_fn(|context| messages.poll(context)).await {
            if let AsyncMessage::Notification(_) = message? {
                wake();
            }
        }
        Ok(())
    };
    let ask = async {
        let listen = format!("LISTEN \"{}\"", pool.schema());
        let Ok(listening) = timeout(CONNECTING, client.batch_execute(&listen)).await else {
            return Ok(());
        };
        listening?;
        // What came before was not heard.
        wake();
        loop {
            sleep(ALIVE).await;
            if timeout(ALIVE, client.simple_query("")).await.is_err() {
                return Ok(());
            }
        }
    };
    tokio::select! {
        ended = hear => ended,
        ended = ask => ended,
    }
}
