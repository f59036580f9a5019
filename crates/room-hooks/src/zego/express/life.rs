use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::{RoomClosed, RoomCreated, UserLoggedIn, UserLoggedOut};

/// The latest session of a room, reconstructed from its callbacks. Store one for each room.
///
/// ZEGO does not guarantee the order of callbacks. A room that is destroyed and created again gets
/// another session, and a late callback may belong to the earlier one. ZEGO recommends comparing
/// times: a close of another session than the stored one counts if it is later than the stored
/// creation; otherwise it belongs to an earlier session.
///
/// ```
/// use room_hooks::zego::express::{Arrival, Life, Moment, RoomClosed, RoomCreated};
///
/// /// Applies a callback to the stored state of its room. Returns whether the room is open now.
/// fn apply(stored: &mut Option<Life>, moment: Option<Moment>) -> bool {
///     if let Some(moment) = moment
///         && let Arrival::Apply(life) = Life::arrive(*stored, moment)
///     {
///         *stored = Some(life);
///     }
///     stored.is_some_and(|life| life.is_open())
/// }
///
/// fn on_created(stored: &mut Option<Life>, created: &RoomCreated) {
///     println!("open: {}", apply(stored, created.moment()));
/// }
///
/// fn on_closed(stored: &mut Option<Life>, closed: &RoomClosed) {
///     println!("open: {}", apply(stored, closed.moment()));
/// }
/// ```
///
/// The result does not depend on the order in which a room's callbacks arrive, or on repetitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Life {
    /// The session. It exceeds 2^53: store it as a 64-bit integer or as text.
    pub session: u64,
    /// When the room was created, in Unix milliseconds, if known.
    pub created_at: Option<u64>,
    /// When the room was closed, in Unix milliseconds, if it was.
    pub closed_at: Option<u64>,
    /// The time of the earliest known login, in Unix milliseconds, if neither of the other times is
    /// known.
    pub seen_at: Option<u64>,
}

/// A callback's facts about its room's session: which session, when, and what happened. [`Life`]
/// has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Moment {
    session: u64,
    at: u64,
    change: Change,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Change {
    Created,
    Closed,
    /// A user logged in or out, so the room existed.
    Seen,
}

/// The effect of a callback on the stored [`Life`], which has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a match that omits a case must not compile")]
pub enum Arrival {
    /// The callback belongs to the latest session: store this `Life` and act on the callback. A
    /// creation can arrive after its close, so check [`Life::is_open`] before you treat the room as
    /// open.
    Apply(Life),
    /// The callback adds nothing: it is a repetition, or a user logged in or out before a close
    /// that has already arrived.
    Ignore,
    /// The callback belongs to an earlier session, which is over: at most, keep it for the record.
    EarlierLife,
}

impl Life {
    /// Decides what to do with a callback, given the stored `Life` of its room.
    #[must_use]
    pub fn arrive(stored: Option<Self>, moment: Moment) -> Arrival {
        match stored {
            Some(life) if life.session == moment.session => life.continued(moment),
            Some(life) if !life.is_before(moment) => Arrival::EarlierLife,
            _ => Arrival::Apply(Self::begun(moment)),
        }
    }

    /// Whether no close has arrived.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.closed_at.is_none()
    }

    /// The session that a callback is the first to report.
    fn begun(moment: Moment) -> Self {
        let only = |change| (moment.change == change).then_some(moment.at);
        Self {
            session: moment.session,
            created_at: only(Change::Created),
            closed_at: only(Change::Closed),
            seen_at: only(Change::Seen),
        }
    }

    fn continued(self, Moment { at, change, .. }: Moment) -> Arrival {
        match change {
            Change::Created if self.created_at.is_none() => {
                Arrival::Apply(Self { created_at: Some(at), seen_at: None, ..self })
            }
            Change::Closed if self.closed_at.is_none() => {
                Arrival::Apply(Self { closed_at: Some(at), seen_at: None, ..self })
            }
            Change::Seen if self.closed_at.is_none() => Arrival::Apply(Self {
                seen_at: self.seen_at.map(|seen_at| seen_at.min(at)),
                ..self
            }),
            _ => Arrival::Ignore,
        }
    }

    /// Whether a moment of another session belongs to a later one. Sessions do not overlap, so any
    /// moment of each decides; a session may be created in the millisecond in which the previous
    /// one is closed.
    fn is_before(&self, moment: Moment) -> bool {
        let known_at = self.created_at.or(self.closed_at).or(self.seen_at);
        known_at.is_none_or(|known_at| match moment.at.cmp(&known_at) {
            Ordering::Less => false,
            Ordering::Equal => moment.change == Change::Created,
            Ordering::Greater => true,
        })
    }
}

impl Moment {
    fn new(session: Option<u64>, at: Option<u64>, change: Change) -> Option<Self> {
        Some(Self { session: session?, at: at?, change })
    }
}

impl RoomCreated {
    /// The creation, for [`Life::arrive`]; `None` if the session or the time is missing.
    #[must_use]
    pub fn moment(&self) -> Option<Moment> {
        Moment::new(self.room_session_id, self.room_create_time, Change::Created)
    }
}

impl RoomClosed {
    /// The close, for [`Life::arrive`]; `None` if the session or the time is missing.
    #[must_use]
    pub fn moment(&self) -> Option<Moment> {
        Moment::new(self.room_session_id, self.room_close_time, Change::Closed)
    }
}

impl UserLoggedIn {
    /// The login, for [`Life::arrive`]; `None` if the session or the time is missing.
    #[must_use]
    pub fn moment(&self) -> Option<Moment> {
        Moment::new(self.room_seq, self.login_time, Change::Seen)
    }
}

impl UserLoggedOut {
    /// The user's *login*, for [`Life::arrive`]; `None` if the session or the time is missing.
    ///
    /// The logout time would not prove that the room was open: a user whose connection was lost may
    /// be logged out after the room was closed.
    #[must_use]
    pub fn moment(&self) -> Option<Moment> {
        Moment::new(self.room_seq, self.login_time, Change::Seen)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn moment(session: u64, at: u64, change: Change) -> Moment {
        Moment { session, at, change }
    }

    fn after(moments: &[Moment]) -> Option<Life> {
        moments.iter().fold(None, |stored, &moment| match Life::arrive(stored, moment) {
            Arrival::Apply(life) => Some(life),
            Arrival::Ignore | Arrival::EarlierLife => stored,
        })
    }

    /// The case that ZEGO documents: a close of another session.
    #[test]
    fn a_close_of_another_session_counts_if_it_is_later_than_the_stored_creation() {
        let stored = after(&[moment(1, 1000, Change::Created)]);
        let earlier = Life::arrive(stored, moment(7, 999, Change::Closed));
        assert_eq!(earlier, Arrival::EarlierLife);
        let closed_at = Some(1001);
        let later = Life { session: 7, created_at: None, closed_at, seen_at: None };
        assert_eq!(Life::arrive(stored, moment(7, 1001, Change::Closed)), Arrival::Apply(later));
    }

    #[test]
    fn a_room_may_be_created_again_in_the_millisecond_in_which_it_is_closed() {
        let closed = moment(1, 1000, Change::Closed);
        let created = moment(2, 1000, Change::Created);
        assert_eq!(after(&[closed, created]).unwrap().session, 2);
        assert_eq!(after(&[created, closed]).unwrap().session, 2);
    }

    #[test]
    fn a_login_before_a_close_that_has_arrived_is_ignored() {
        let stored = after(&[moment(1, 1000, Change::Created), moment(1, 2000, Change::Closed)]);
        assert_eq!(Life::arrive(stored, moment(1, 1500, Change::Seen)), Arrival::Ignore);
        assert_eq!(Life::arrive(stored, moment(1, 2000, Change::Closed)), Arrival::Ignore);
    }

    #[test]
    fn a_creation_after_its_close_opens_nothing() {
        let stored = after(&[moment(1, 2000, Change::Closed), moment(1, 1000, Change::Created)]);
        assert!(!stored.unwrap().is_open());
        assert!(after(&[moment(1, 1000, Change::Created)]).unwrap().is_open());
    }

    /// A lost connection is noticed only when the room already has another session.
    #[test]
    fn a_late_logout_is_of_the_life_in_which_the_user_had_logged_in() {
        let stored = after(&[moment(2, 1200, Change::Created)]);
        let logout = r#"{"room_id":"r","room_seq":1,"login_time":900,"logout_time":1500}"#;
        let logout: UserLoggedOut = serde_json::from_str(logout).unwrap();
        assert_eq!(Life::arrive(stored, logout.moment().unwrap()), Arrival::EarlierLife);
    }

    /// A room's sessions in order, with some of the callbacks of each.
    fn moments() -> impl Strategy<Value = Vec<Moment>> {
        let life =
            (0..3u64, 2..9u64, any::<bool>(), any::<bool>(), prop::collection::vec(1..8u64, 0..4));
        prop::collection::vec((any::<u64>(), life), 1..5).prop_map(|lives| {
            let mut moments = Vec::new();
            let mut time = 1_700_000_000_000;
            for (index, (random, (pause, length, created, closed, seen))) in
                lives.into_iter().enumerate()
            {
                // Session numbers are not in chronological order.
                let session = random / 8 * 8 + index as u64;
                let begun = time + pause;
                time = begun + length;
                moments.extend(created.then_some(moment(session, begun, Change::Created)));
                moments.extend(closed.then_some(moment(session, time, Change::Closed)));
                let seen = seen.into_iter().map(|offset| begun + 1 + offset % (length - 1));
                moments.extend(seen.map(|at| moment(session, at, Change::Seen)));
            }
            moments
        })
    }

    proptest! {
        #[test]
        fn order_and_repetition_do_not_change_the_life(
            (in_order, shuffled) in moments().prop_flat_map(|moments| {
                let twice = [moments.clone(), moments.clone()].concat();
                (Just(moments), Just(twice).prop_shuffle())
            })
        ) {
            let life = after(&in_order);
            prop_assert_eq!(after(&shuffled), life);
            // The result is the latest session that any callback reported.
            let latest = in_order.iter().max_by_key(|moment| moment.at);
            let session = |moment: &Moment| moment.session;
            if let (Some(life), Some(latest)) = (life, latest) {
                let ties = in_order.iter().filter(|moment| moment.at == latest.at).map(session);
                prop_assert!(ties.clone().any(|session| session == life.session));
            }
        }
    }
}
