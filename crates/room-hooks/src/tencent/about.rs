/// Answers for the events whose operator and time are in the members where most of Tencent's have them.
macro_rules! about {
    ($($event:ident: $($room_id:ident).+,)*) => {$(
        impl $crate::event::table::About for $event {
            fn room_id(&self) -> Option<&str> {
                Some(&self.$($room_id).+)
            }

            fn operator(&self) -> Option<&str> {
                $crate::tencent::about::user(&self.operator_account)
            }

            fn occurred_at(&self) -> Option<::std::time::SystemTime> {
                self.event_time.and_then($crate::event::unix_time::at_millis)
            }
        }
    )*};
}

pub(super) use about;

/// The operator, where it is a user and not the system.
pub(super) fn user(operator: &Option<String>) -> Option<&str> {
    operator.as_deref().filter(|operator| *operator != "@TIM#SYSTEM")
}
