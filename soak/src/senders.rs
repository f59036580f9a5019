//! The senders. Each sends one delivery at a time.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use tokio::time::sleep;

use super::{
    connection::Connection,
    delivery::{Delivery, Forgery, Platform, unix_seconds},
    run::Load,
    tally::{Kind, Tally},
};

/// Sends deliveries in one piece. Of ten, one is forged, one is a duplicate, and the rest are
/// honest.
pub(super) async fn whole(load: Load, first: usize) -> Tally {
    let (mut tally, mut connection) = (Tally::default(), Connection::to(load.address));
    let mut earlier = Earlier::default();
    for number in (first..).take_while(|_| !load.is_over()) {
        if number % 10 == 3 {
            let forged = load.rooms.forged(Platform::of(number));
            let request = forged.forged(Forgery::of(number / 10));
            tally.note(Kind::Forged, connection.send(&request).await);
        } else if number % 10 == 7
            && let Some((delivery, at)) = earlier.pick(number)
        {
            // A platform may re-sign a retry. An event that does not contain its own time would
            // then be a different one.
            let is_resigned = number % 20 != 7 && delivery.has_own_time();
            let at = if is_resigned { unix_seconds() } else { at };
            tally.note(Kind::Duplicate, connection.send(&delivery.signed(at)).await);
        } else {
            let (delivery, at) = (load.rooms.open(Platform::of(number)), unix_seconds());
            let request = delivery.signed(at);
            let begun = Instant::now();
            if tally.note(Kind::Honest, connection.send(&request).await) {
                tally.took(begun.elapsed());
                if number % 10 == 0 {
                    earlier.remember(delivery, at);
                }
            }
        }
    }
    tally
}

/// Sends deliveries whose bodies take a second or two.
pub(super) async fn slow(load: Load, first: usize) -> Tally {
    let (mut tally, mut connection) = (Tally::default(), Connection::to(load.address));
    for number in (first..).take_while(|_| !load.is_over()) {
        let request = load.rooms.open(Platform::of(number)).signed(unix_seconds());
        let body = request.body.as_bytes();
        let parts: Vec<_> =
            [request.head.as_bytes()].into_iter().chain(body.chunks(body.len() / 10 + 1)).collect();
        let pause = Duration::from_millis(100 + number as u64 % 100);
        tally.note(Kind::Slow, connection.in_parts(&parts, pause).await);
    }
    tally
}

/// Closes the connection in the middle of a body, and then delivers it with a retry.
pub(super) async fn cut_off(load: Load, first: usize) -> Tally {
    let (mut tally, mut connection) = (Tally::default(), Connection::to(load.address));
    for number in (first..).take_while(|_| !load.is_over()) {
        let delivery = load.rooms.open(Platform::of(number));
        let request = delivery.signed(unix_seconds());
        let half = request.head.len() + request.body.len() / 2;
        // If even that fails, the retry fails, too.
        let _ = connection.break_off_after(&request.whole()[..half]).await;
        tally.note(Kind::CutOff, connection.send(&request).await);
        sleep(Duration::from_millis(50)).await;
    }
    tally
}

/// Sends each delivery twice at the same time, and once more afterwards.
pub(super) async fn twins(load: Load, first: usize) -> Tally {
    let mut tally = Tally::default();
    let (mut one, mut other) = (Connection::to(load.address), Connection::to(load.address));
    for number in (first..).take_while(|_| !load.is_over()) {
        let request = load.rooms.open(Platform::of(number)).signed(unix_seconds());
        let answers = tokio::join!(one.send(&request), other.send(&request));
        tally.note(Kind::Twin, answers.0);
        tally.note(Kind::Twin, answers.1);
        sleep(Duration::from_millis(20)).await;
        tally.note(Kind::Duplicate, one.send(&request).await);
    }
    tally
}

/// Some recent deliveries that were answered with 200, each with the time at which it was signed.
#[derive(Default)]
struct Earlier(VecDeque<(Instant, Delivery, u64)>);

impl Earlier {
    fn remember(&mut self, delivery: Delivery, at: u64) {
        // A Tencent signature is valid for a minute.
        const LATELY: Duration = Duration::from_secs(30);
        while self.0.front().is_some_and(|(sent, ..)| sent.elapsed() > LATELY) {
            self.0.pop_front();
        }
        self.0.push_back((Instant::now(), delivery, at));
    }

    /// A pseudorandom one of them.
    fn pick(&self, number: usize) -> Option<(&Delivery, u64)> {
        let index = number.wrapping_mul(7919).checked_rem(self.0.len())?;
        self.0.get(index).map(|(_, delivery, at)| (delivery, *at))
    }
}
