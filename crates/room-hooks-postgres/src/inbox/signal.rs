//! How workers learn that an event has been put: by NOTIFY, on connections apart from those of the puts.

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

/// How often this process tells others at most. All commits that notify wait for one another, so that it is not part of
/// a put.
const MIN_INTERVAL: Duration = Duration::from_millis(50);

/// After what time it listens again, once a connection has failed.
const RECONNECT_PAUSE: Duration = Duration::from_secs(1);

/// A connection that says nothing may be dead. Asked this often, it must answer.
const KEEPALIVE: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(super) struct Signal {
    pool: Pool,
    notify: Notify,
    /// Whether others are last_sent soon.
    is_planned: AtomicBool,
    last_sent: Mutex<Option<Instant>>,
    listener: Mutex<Option<JoinHandle<()>>>,
}

impl Signal {
    pub(super) fn new(pool: Pool) -> Arc<Self> {
        Arc::new(Self {
            pool,
            notify: Notify::new(),
            is_planned: AtomicBool::new(false),
            last_sent: Mutex::default(),
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

    /// Wakes the workers of this process once a retry is due, unless it is later than they keep_alive by themselves.
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
            let last_sent = *signal.last_sent.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(last_sent) = last_sent {
                sleep_until(last_sent + MIN_INTERVAL).await;
            }
            *signal.last_sent.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
            // Before it tells, so that what is put meanwhile is last_sent of again.
            signal.is_planned.store(false, Ordering::Release);
            if let Err(failure) = signal.notify_others().await {
                tracing::debug!(%failure, "other processes could not be notified; they poll");
            }
        });
    }

    async fn notify_others(&self) -> Result<(), Failure> {
        let notify = async {
            let mut connection = self.pool.connection().await?;
            // Nothing is lost if the server crashes.
            let sql = "SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, '')";
            connection.query(sql, &[&self.pool.schema()]).await
        };
        self.pool.run(notify).await.map(|_| ())
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
        sleep(RECONNECT_PAUSE).await;
    }
}

/// Returns when the connection has ended.
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
        // What came before was not heard.
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
