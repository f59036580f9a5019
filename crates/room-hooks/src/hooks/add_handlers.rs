//! The methods of `Hooks` that add handlers.

use std::mem;

use crate::{Hooks, Provider, Question, RoomEvent, Verified};

use super::{
    EventHandler, HandlerResult, Handlers,
    handlers::assert_reachable,
    questions::{AnswerResult, QuestionHandler},
};

impl<P: Provider> Hooks<P> {
    /// Adds a handler of one kind of event, an async function of `Verified<E>` that returns nothing or
    /// a `Result`.
    ///
    /// The error of a `Result` is anything that converts into `Box<dyn Error + Send + Sync>`, such as
    /// an error type of your own. It goes into the log; the sender is only told to try again.
    ///
    /// An async closure may not capture: see [`on_with`](Self::on_with) for a handler with state. The
    /// event's name, room and time are methods of [`Callback`](crate::Callback).
    ///
    /// A handler of another provider's event does not compile:
    ///
    /// ```compile_fail
    /// # use room_hooks::{Hooks, Verified, zego::Zego, tencent};
    /// # let zego = Zego::new(1, "secret").unwrap();
    /// Hooks::new(zego).on(async |updated: Verified<tencent::RoomInfoUpdated>| {});
    /// ```
    ///
    /// # Panics
    ///
    /// There is a handler of this kind already, or one of all events, which would keep this one from being called.
    #[track_caller]
    pub fn on<E, F, Fut>(mut self, handler: F) -> Self
    where
        E: RoomEvent<Provider = P>,
        // The compiler shows the next line when an async closure captures.
        F: Fn(Verified<E>) -> Fut + Send + Sync + 'static, // if it captures, use `on_with`
        Fut: Future<Output: HandlerResult> + Send + 'static,
    {
        let parts = self.parts();
        parts.handlers = mem::take(&mut parts.handlers).on(handler);
        self
    }

    /// Adds a handler with state, such as a pool of connections, of which it gets a clone with each
    /// event.
    ///
    /// ```
    /// # use std::sync::{Arc, Mutex};
    /// # use room_hooks::{Hooks, Verified, zego::{self, Zego}};
    /// # fn hooks(zego: Zego) -> Hooks<Zego> {
    /// let rooms = Arc::new(Mutex::new(Vec::new()));
    /// Hooks::new(zego).on_with(rooms, async |rooms, created: Verified<zego::RoomCreated>| {
    ///     rooms.lock().unwrap().push(created.into_inner().room_id);
    /// })
    /// # }
    /// ```
    ///
    /// A method of a service that is kept in an `Arc` is such a handler as well:
    ///
    /// ```
    /// # use std::{io, sync::Arc};
    /// # use room_hooks::{Hooks, Verified, zego::{self, Zego}};
    /// # struct Service;
    /// impl Service {
    ///     async fn on_created(self: Arc<Self>, created: Verified<zego::RoomCreated>) -> io::Result<()> {
    /// #       drop(created);
    ///         Ok(())
    ///     }
    /// }
    ///
    /// # fn hooks(zego: Zego, service: Arc<Service>) -> Hooks<Zego> {
    /// Hooks::new(zego).on_with(service, Service::on_created)
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// As [`on`](Self::on) does.
    #[track_caller]
    pub fn on_with<S, E, F, Fut>(self, state: S, handler: F) -> Self
    where
        S: Clone + Send + Sync + 'static,
        E: RoomEvent<Provider = P>,
        F: Fn(S, Verified<E>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: HandlerResult> + Send + 'static,
    {
        self.on(move |verified| handler(state.clone(), verified))
    }

    /// Adds a handler that is kept in a struct. One struct may handle several kinds:
    ///
    /// ```
    /// # use std::{io, sync::Arc};
    /// use room_hooks::{Hooks, Verified, hooks::EventHandler, zego::{RoomCreated, RoomExited, Zego}};
    ///
    /// struct Rooms;
    ///
    /// impl EventHandler<RoomCreated> for Rooms {
    ///     type Error = io::Error;
    ///
    ///     async fn handle(&self, created: Verified<RoomCreated>) -> io::Result<()> {
    ///         println!("{} is open", created.event.room_id);
    ///         Ok(())
    ///     }
    /// }
    /// # impl EventHandler<RoomExited> for Rooms {
    /// #     type Error = io::Error;
    /// #     async fn handle(&self, _: Verified<RoomExited>) -> io::Result<()> { Ok(()) }
    /// # }
    ///
    /// # fn hooks(zego: Zego) -> Hooks<Zego> {
    /// let rooms = Arc::new(Rooms);
    /// Hooks::new(zego)
    ///     .on_handler::<RoomCreated, _>(Arc::clone(&rooms))
    ///     .on_handler::<RoomExited, _>(rooms)
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// As [`on`](Self::on) does.
    #[track_caller]
    pub fn on_handler<E, H>(mut self, handler: H) -> Self
    where
        E: RoomEvent<Provider = P>,
        H: EventHandler<E>,
    {
        let parts = self.parts();
        parts.handlers = mem::take(&mut parts.handlers).on_handler::<E, H>(handler);
        self
    }

    /// Sets all handlers of events, such as those that a worker of the inbox has as well.
    ///
    /// # Panics
    ///
    /// There is a handler already.
    #[track_caller]
    pub fn with_handlers(mut self, handlers: Handlers<P>) -> Self {
        assert!(
            self.0.handlers.is_empty(),
            "handlers were added before: they would never be called"
        );
        self.parts().handlers = handlers;
        self
    }

    /// Sets the handler of all events that no other handler takes, unknown ones included.
    ///
    /// # Panics
    ///
    /// There is one already, or a handler of all events.
    #[track_caller]
    pub fn fallback<F, Fut>(mut self, handler: F) -> Self
    where
        F: Fn(Verified<P::Event>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: HandlerResult> + Send + 'static,
    {
        let parts = self.parts();
        parts.handlers = mem::take(&mut parts.handlers).fallback(handler);
        self
    }

    /// Adds a handler of one kind of question, an async function of `Verified<Q>` that returns the decision, or a
    /// `Result` of it.
    ///
    /// ```
    /// # use room_hooks::{Hooks, Verified, tencent::{Decision, Tencent, live::BeforeSendGift}};
    /// # fn hooks(tencent: Tencent) -> Hooks<Tencent> {
    /// Hooks::new(tencent).answer(async |gift: Verified<BeforeSendGift>| {
    ///     match gift.event.gift_water.count {
    ///         Some(..100) => Decision::allow(),
    ///         _ => Decision::deny(),
    ///     }
    /// })
    /// # }
    /// ```
    ///
    /// A handler that fails, panics or is late leaves the question to its
    /// [failure policy](Self::with_question_failure_policy), and so does one that is missing. A late handler is
    /// aborted, as is one whose sender hangs up: make it safe to stop at any `.await`.
    ///
    /// The handler runs for every question, even for one equal to another, since two equal gifts can be two. A
    /// captured question verifies again while it is fresh: where a handler counts, let it count distinct message ids.
    ///
    /// # Panics
    ///
    /// There is a handler of this kind already, or one of all questions, which would keep this one from being called.
    #[track_caller]
    pub fn answer<Q, F, Fut>(mut self, handler: F) -> Self
    where
        Q: Question<Provider = P>,
        F: Fn(Verified<Q>) -> Fut + Send + Sync + 'static, // if it captures, use `answer_with`
        Fut: Future<Output: AnswerResult<Q::Decision>> + Send + 'static,
    {
        assert_reachable::<Q>(self.0.question_handlers.iter().map(|handler| handler.kind));
        let parts = self.parts();
        let handler = QuestionHandler::new(handler, parts.settings.question_concurrency);
        parts.question_handlers.push(handler);
        self
    }

    /// Adds a handler of one kind of question with state, of which it gets a clone with each question.
    ///
    /// # Panics
    ///
    /// As [`answer`](Self::answer) does.
    #[track_caller]
    pub fn answer_with<S, Q, F, Fut>(self, state: S, handler: F) -> Self
    where
        S: Clone + Send + Sync + 'static,
        Q: Question<Provider = P>,
        F: Fn(S, Verified<Q>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: AnswerResult<Q::Decision>> + Send + 'static,
    {
        self.answer(move |verified| handler(state.clone(), verified))
    }
}
