//! The methods of `Hooks` that add handlers.

use std::mem;

use crate::{Hooks, Provider, Question, RoomEvent, Verified};

use super::{
    EventHandler, HandlerResult, Handlers,
    handlers::assert_reachable,
    questions::{AnswerResult, QuestionHandler},
};

impl<P: Provider> Hooks<P> {
    /// Adds a handler for one kind of event: an async function that takes a `Verified<E>` and
    /// returns nothing or a `Result`.
    ///
    /// The error can be anything that converts into `Box<dyn Error + Send + Sync>`, such as your
    /// own error type. It is logged; the sender receives only 500, and may retry.
    ///
    /// An async closure cannot capture: use [`on_with`](Self::on_with) for a handler with state.
    /// The event's name, room and time are methods of [`Callback`](crate::Callback).
    ///
    /// A handler for another provider's event does not compile:
    ///
    /// ```compile_fail
    /// # use room_hooks::{Hooks, Verified, zego::Zego, tencent};
    /// # let zego = Zego::new(1, "secret").unwrap();
    /// Hooks::new(zego).on(async |updated: Verified<tencent::RoomInfoUpdated>| {});
    /// ```
    ///
    /// # Panics
    ///
    /// This kind already has a handler, or an earlier handler takes all events, so that this one
    /// would never be called.
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

    /// Adds a handler with state, such as a connection pool. Each call receives a clone of the
    /// state.
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
    /// The handler can be a method of a service in an `Arc`:
    ///
    /// ```
    /// # use std::{io, sync::Arc};
    /// # use room_hooks::{Hooks, Verified, zego::{self, Zego}};
    /// # struct Service;
    /// impl Service {
    ///     async fn on_created(
    ///         self: Arc<Self>,
    ///         created: Verified<zego::RoomCreated>,
    ///     ) -> io::Result<()> {
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
    /// Under the same conditions as [`on`](Self::on).
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

    /// Adds a handler that is implemented by a struct. One struct can handle several kinds:
    ///
    /// ```
    /// # use std::{io, sync::Arc};
    /// use room_hooks::{
    ///     Hooks, Verified,
    ///     hooks::EventHandler,
    ///     zego::{RoomCreated, RoomExited, Zego},
    /// };
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
    /// Under the same conditions as [`on`](Self::on).
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

    /// Sets all event handlers at once, for example to share them with an inbox worker.
    ///
    /// # Panics
    ///
    /// A handler was added before.
    #[track_caller]
    pub fn with_handlers(mut self, handlers: Handlers<P>) -> Self {
        assert!(
            self.0.handlers.is_empty(),
            "handlers were added before: they would never be called"
        );
        self.parts().handlers = handlers;
        self
    }

    /// Sets the handler of all events that no other handler takes, including unknown kinds.
    ///
    /// # Panics
    ///
    /// A fallback is already set, or a handler takes all events.
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

    /// Adds a handler for one kind of question: an async function that takes a `Verified<Q>` and
    /// returns the decision, or a `Result` of it. The response carries the decision.
    ///
    /// Some callbacks ask whether a gift or message may be sent, or whether a user may join:
    ///
    /// ```
    /// use room_hooks::{Hooks, Verified, tencent::{Decision, Tencent, live::BeforeSendGift}};
    ///
    /// fn hooks(tencent: Tencent) -> Hooks<Tencent> {
    ///     Hooks::new(tencent).answer(async |gift: Verified<BeforeSendGift>| {
    ///         match gift.event.gift_water.count {
    ///             Some(..100) => Decision::allow(),
    ///             _ => Decision::deny(),
    ///         }
    ///     })
    /// }
    /// ```
    ///
    /// | provider | questions | decisions |
    /// |---|---|---|
    /// | Tencent | [`BeforeSendGift`](crate::tencent::live::BeforeSendGift), four questions of [groups](crate::tencent::group), any other as [`tencent::Question`](crate::tencent::Question) | [`tencent::Decision`](crate::tencent::Decision): allow; deny, with or without a code and a text; drop a message or replace its content; refuse some of the invited users |
    /// | ZEGO | ZIM's [`BeforeSendMsg`](crate::zego::BeforeSendMsg) | [`zego::Decision`](crate::zego::Decision): neutral, send, send silently, do not send; with a reason, other content or another payload |
    ///
    /// If the handler fails, panics, exceeds its [timeout](Self::with_question_timeout) or is
    /// missing, the [failure policy](Self::with_question_failure_policy) decides. **Set
    /// `FailurePolicy::Closed` for messages.**
    ///
    /// # Cancellation
    ///
    /// A late handler is aborted, and so is a handler whose sender hangs up. Make handlers safe to
    /// stop at any `.await`.
    ///
    /// # Repeated questions
    ///
    /// The handler runs for every question, even for one that equals another, because two equal
    /// gifts can be two gifts. A question has no delivery id, is never stored, and never reaches
    /// the [`fallback`](Self::fallback). ZEGO's signature is [bound](Self::with_signature_binding)
    /// to a question as to an event: in the delivery store, or in the inbox if there is one.
    ///
    /// A captured question verifies again while its signature is fresh, so a handler that counts
    /// messages must count distinct message ids. The program `examples/moderation` in the
    /// repository does this.
    ///
    /// # Panics
    ///
    /// This kind already has a handler, or an earlier handler takes all questions, so that this one
    /// would never be called.
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

    /// Adds a handler with state for one kind of question. Each call receives a clone of the state.
    ///
    /// # Panics
    ///
    /// Under the same conditions as [`answer`](Self::answer).
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
