use std::{error::Error, fmt, iter};

/// A handler's error that no retry can fix: the worker makes the event dead at once.
///
/// It works anywhere in an error's chain of sources. Without an inbox, it is an ordinary error.
///
/// ```
/// use room_hooks::{Verified, inbox::Discard, zego};
///
/// async fn on_created(created: Verified<zego::RoomCreated>) -> Result<(), Discard> {
///     if created.event.room_id.starts_with("test-") {
///         return Err(Discard::new("a room of a load test"));
///     }
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct Discard(Reason);

impl Discard {
    /// Creates the error from a reason: a text or another error.
    #[must_use]
    pub fn new(reason: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(Reason(reason.into()))
    }

    /// Whether an error or one of its sources discards the event.
    pub(super) fn is_in(error: &(dyn Error + 'static)) -> bool {
        iter::successors(Some(error), |&error| error.source()).any(<dyn Error>::is::<Reason>)
    }
}

impl fmt::Display for Discard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the event is discarded")
    }
}

impl Error for Discard {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

/// The reason, as a separate source: crates such as `anyhow` wrap the outermost error in a type
/// that cannot be recognized.
#[derive(Debug)]
struct Reason(Box<dyn Error + Send + Sync>);

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Reason {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::hooks::store::any::chain;

    /// Wraps the outermost error in its own type, as `anyhow` does.
    #[derive(Debug)]
    struct Opaque(Box<dyn Error + Send + Sync>);

    impl fmt::Display for Opaque {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.fmt(f)
        }
    }

    impl Error for Opaque {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.0.source()
        }
    }

    #[test]
    fn a_discard_is_found_anywhere_in_the_chain_of_sources() {
        let discard = || Discard::new("a bad room");
        assert!(Discard::is_in(&discard()));
        assert!(Discard::is_in(&Opaque(discard().into())));
        assert!(Discard::is_in(&io::Error::other(Opaque(io::Error::other(discard()).into()))));
        assert!(!Discard::is_in(&io::Error::other("the event is discarded")));
    }

    #[test]
    fn the_reason_is_a_source_and_so_is_its_own() {
        let discard = Discard::new(Opaque(Discard::new("a bad room").into()));
        assert_eq!(chain(&discard), "the event is discarded: the event is discarded: a bad room");
    }
}
