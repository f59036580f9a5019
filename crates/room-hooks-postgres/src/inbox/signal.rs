//! Wakes workers when an event is put, in other processes through `NOTIFY`.

use std::{
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
    database::{CONNECT_TIMEOUT, Pool},
    error::Failure,
};

/// Minimum time between two notifications of this process.
///
/// PostgreSQL serializes the commits of all transactions that notify. Puts therefore do not notify
/// themselves; one notification covers all puts of an interval.
const MIN_INTERVAL: Duration = Duration::from_millis(50);

/// Pause before listening again after a connection failed.
const RECONNECT_PAUSE: Duration = Duration::from_secs(1);

/// Interval and timeout of keepalive queries. Without them, the listener would not notice a dead
/// connection.
const KEEPALIVE: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(super) struct Signal {
    pool: Pool,
    notify: Notify,
    /// Whether a task is about to notify other processes.
    is_scheduled: AtomicBool,
    last_sent: Mutex<Option<Instant>>,
    listener: Mutex<Option<JoinHandle<()>>>,
}

impl Signal {
    pub(super) fn new(pool: Pool) -> Arc<Self> {
        Arc::new(Self {
            pool,
            notify: Notify::new(),
            is_scheduled: AtomicBool::new(false),
            last_sent: Mutex::default(),
            listener: Mutex::default(),
        })
    }

    /// Completes when any process may have put an event after this call.
    pub(super) fn notified(self: &Arc<Self>) -> impl Future<Output = ()> + Send {
        // Registers now rather than at the first poll, so that no event is missed.
        let notified = self.notify.notified();
        self.listen();
        notified
    }

    /// Wakes the workers of this process.
    pub(super) fn wake(&self) {
        self.notify.notify_waiters();
    }

    /// Wakes the workers of this process after a delay.
    pub(super) fn wake_after(self: &Arc<Self>, span: Duration) {
        let signal = Arc::downgrade(self);
        tokio::spawn(async move {
            sleep(span).await;
            if let Some(signal) = signal.upgrade() {
                signal.wake();
            }
        });
    }

    /// Wakes the workers of all processes.
    pub(super) fn announce(self: &Arc<Self>) {
        self.wake();
        if self.is_scheduled.swap(true, Ordering::AcqRel) {
            return;
        }
        let (signal, scheduled) = (Arc::clone(self), Scheduled(Arc::clone(self)));
        tokio::spawn(async move {
            let last_sent = *signal.last_sent.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(last_sent) = last_sent {
                sleep_until(last_sent + MIN_INTERVAL).await;
            }
            *signal.last_sent.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
            // Dropped first, so that an event that is put during the notification causes another
            // one.
            drop(scheduled);
            if let Err(failure) = signal.notify_others().await {
                tracing::debug!(%failure, "could not notify other processes, which only poll");
            }
        });
    }

    async fn notify_others(&self) -> Result<(), Failure> {
        let notify = async {
            let mut connection = self.pool.connection().await?;
            // Notifications need not be durable.
            let sql = "SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, '')";
            connection.query(sql, &[&self.pool.schema()]).await
        };
        self.pool.run(notify).await.map(|_| ())
    }

    /// Starts a listener on the current runtime, unless one is running.
    fn listen(self: &Arc<Self>) {
        let mut listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner);
        // A listener ends with its runtime.
        if listener.as_ref().is_none_or(JoinHandle::is_finished)
            && let Ok(runtime) = Handle::try_current()
        {
            *listener = Some(runtime.spawn(listen_on(Arc::downgrade(self), self.pool.clone())));
        }
    }
}

/// A scheduled notification. Clears `is_scheduled` when it is dropped, even if that happens because
/// the runtime of its task ends.
struct Scheduled(Arc<Signal>);

impl Drop for Scheduled {
    fn drop(&mut self) {
        self.0.is_scheduled.store(false, Ordering::Release);
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
            tracing::debug!(%error, "could not listen for notifications; workers only poll");
        }
        sleep(RECONNECT_PAUSE).await;
    }
}

/// Listens until the connection fails.
async fn listen_once(
    pool: &Pool,
    wake: &(impl Fn() -> Option<()> + Sync),
) -> Result<(), tokio_postgres::Error> {
    let Ok(connected) = timeout(CONNECT_TIMEOUT, pool.connect_unpooled()).await else {
        return Ok(());
    };
    let (client, mut messages) = connected?;
    let receive = async {
        while let Some(message) = messages.next().await {
            if let AsyncMessage::Notification(_) = message? {
                wake();
            }
        }
        Ok(())
    };
    let keep_alive = async {
        let listen = format!("LISTEN \"{}\"", pool.schema());
        let Ok(listening) = timeout(CONNECT_TIMEOUT, client.batch_execute(&listen)).await else {
            return Ok(());
        };
        listening?;
        // Events may have been put before `LISTEN` took effect.
        wake();
        loop {
            sleep(KEEPALIVE).await;
            if timeout(KEEPALIVE, client.simple_query("")).await.is_err() {
                return Ok(());
            }
        }
    };
    tokio::select! {
        ended = receive => ended,
        ended = keep_alive => ended,
    }
}
