//! AI agents that take part in a room: what they hear, say and do.
//!
//! Speech recognition sends `ASRResult` and `Exception` as well, with a `TaskId` in place of an `AgentInstanceId`: those
//! arrive as [`RawEvent`](crate::RawEvent)s. ZEGO sends most of these only for an instance that asks for them
//! (`CallbackConfig`). Each is described in
//! [Receiving callbacks](https://www.zegocloud.com/docs/aiagent-server/callbacks/receiving-callback).

use serde_json::{Map, Number, Value};

use crate::event::macros::{wire_codes, wire_names, wire_struct};

/// Defines an event by the type of its `Data`.
macro_rules! agent_event {
    ($(#[$attribute:meta])* pub struct $event:ident { $data:ty }) => {
        wire_struct! {
            $(#[$attribute])*
            #[serde(rename_all = "PascalCase")]
            pub struct $event {
                /// The id of the agent's instance.
                pub agent_instance_id: String,
                /// The id with which the agent is in the room.
                pub agent_user_id: Option<String>,
                /// The agent's id; rarely there.
                pub agent_id: Option<String>,
                /// The agent's name; rarely there.
                pub name: Option<String>,
                /// The room's id. Some of ZEGO's own samples lack it.
                pub room_id: Option<String>,
                /// The event's number within the instance. Numbers are in order, with gaps, and above 2^53.
                pub sequence: Option<u64>,
                /// The event's own members.
                pub data: $data = default,
            }
        }
    };
}

agent_event! {
    /// Speech was recognized: `ASRResult`.
    pub struct AsrResult { AsrData }
}

wire_struct! {
    /// Recognized speech.
    #[derive(Default)]
    #[serde(rename_all = "PascalCase")]
    pub struct AsrData {
        /// The user.
        pub user_id: Option<String>,
        /// The round of the conversation.
        pub round: Option<u64>,
        /// The text.
        pub text: Option<String>,
    }
}

agent_event! {
    /// The language model has answered: `LLMResult`.
    pub struct LlmResult { LlmData }
}

wire_struct! {
    /// The language model's answer.
    #[derive(Default)]
    #[serde(rename_all = "PascalCase")]
    pub struct LlmData {
        /// The round of the conversation.
        pub round: Option<u64>,
        /// The text.
        pub text: Option<String>,
    }
}

agent_event! {
    /// An agent has met an error: `Exception`.
    pub struct Exception { ExceptionData }
}

wire_struct! {
    /// An error.
    #[derive(Default)]
    #[serde(rename_all = "PascalCase")]
    pub struct ExceptionData {
        /// The error's number; see
        /// [Exception codes](https://www.zegocloud.com/docs/aiagent-server/callbacks/exception-codes).
        pub code: Option<i64>,
        /// A text about it.
        pub message: Option<String>,
        /// The round of the conversation.
        pub round: Option<u64>,
    }
}

agent_event! {
    /// An agent was interrupted while it spoke: `Interrupted`.
    pub struct Interrupted { InterruptedData }
}

wire_struct! {
    /// An interruption.
    #[derive(Default)]
    #[serde(rename_all = "PascalCase")]
    pub struct InterruptedData {
        /// The round of the conversation.
        pub round: Option<u64>,
        /// The cause.
        pub reason: Option<InterruptReason>,
        /// The text that it had spoken by then; not in older callbacks.
        pub played_text: Option<String>,
    }
}

wire_codes! {
    /// The cause of an interruption.
    pub enum InterruptReason {
        /// A user spoke.
        UserSpoke = 1,
        /// The language model was called.
        LlmCalled = 2,
        /// Speech synthesis was called.
        TtsCalled = 3,
        /// The server API interrupted it.
        Api = 4,
    }
}

agent_event! {
    /// A user has begun or ended to speak: `UserSpeakAction`.
    pub struct UserSpeakAction { UserSpeakData }
}

wire_struct! {
    /// A user who speaks.
    #[derive(Default)]
    #[serde(rename_all = "PascalCase")]
    pub struct UserSpeakData {
        /// The user.
        pub user_id: Option<String>,
        /// Whether the user has begun or ended.
        pub action: Option<SpeakAction>,
        /// The round of the conversation.
        pub round: Option<u64>,
    }
}

wire_names! {
    /// Whether a user begins or ends to speak.
    pub enum SpeakAction {
        /// Begins.
        Begin = "SPEAK_BEGIN",
        /// Ends.
        End = "SPEAK_END",
    }
}

agent_event! {
    /// An agent's activity has changed: `AgentInstanceStatus`, which ZEGO's own sample calls `AgentSpeakAction`.
    pub struct AgentInstanceStatus { StatusData }
}

wire_struct! {
    /// An agent's activity.
    #[derive(Default)]
    #[serde(rename_all = "PascalCase")]
    pub struct StatusData {
        /// The current activity.
        pub status: Option<AgentStatus>,
        /// The round of the conversation.
        pub round: Option<u64>,
    }
}

wire_names! {
    /// An agent's activity.
    pub enum AgentStatus {
        /// Nothing.
        Idle = "IDLE",
        /// It listens.
        Listening = "LISTENING",
        /// It thinks.
        Thinking = "THINKING",
        /// It speaks.
        Speaking = "SPEAKING",
    }
}

agent_event! {
    /// The first second or so of a user's speech: `UserAudioData`.
    pub struct UserAudioData { AudioData }
}

wire_struct! {
    /// Audio of a user.
    #[derive(Default)]
    #[serde(rename_all = "PascalCase")]
    pub struct AudioData {
        /// The user.
        pub user_id: Option<String>,
        /// The round of the conversation.
        pub round: Option<u64>,
        /// The samples per second.
        pub sample_rate: Option<u64>,
        /// The format, such as `pcm`.
        pub format: Option<String>,
        /// The audio, in base64: some 40 to 65 kB.
        pub audio: Option<String>,
    }
}

agent_event! {
    /// An agent was created: `AgentInstanceCreated`.
    pub struct AgentInstanceCreated { CreatedData }
}

wire_struct! {
    /// A new agent.
    #[derive(Default)]
    #[serde(rename_all = "PascalCase")]
    pub struct CreatedData {
        /// When it was created, in Unix milliseconds.
        pub created_timestamp: Option<u64>,
    }
}

agent_event! {
    /// An agent was deleted: `AgentInstanceDeleted`.
    pub struct AgentInstanceDeleted { DeletedData }
}

wire_struct! {
    /// A deleted agent.
    #[derive(Default)]
    #[serde(rename_all = "PascalCase")]
    pub struct DeletedData {
        /// Why it was deleted; on the wire `Code`.
        #[serde(rename = "Code")]
        pub reason: Option<DeleteReason>,
        /// When it was deleted, in Unix milliseconds.
        pub deleted_timestamp: Option<u64>,
        /// How fast it was, on average.
        pub latency_data: Option<LatencyData>,
    }
}

wire_codes! {
    /// Why an agent was deleted.
    pub enum DeleteReason {
        /// The server API deleted it.
        Api = 0,
        /// An error of RTC.
        Rtc = 1201,
        /// Its creator was away for too long.
        CreatorLeft = 1202,
        /// It was removed from the room.
        KickedOut = 1203,
        /// It could not log in to the room.
        LoginFailed = 1204,
        /// It lost its connection.
        Disconnected = 1205,
        /// It could not publish its stream.
        PublishFailed = 1206,
    }
}

wire_struct! {
    /// How fast an agent was.
    pub struct LatencyData {
        /// The time to the language model's first token, in milliseconds.
        #[serde(rename = "LLMTTFT")]
        pub llm_ttft: Option<u64>,
        /// The language model's tokens per second.
        #[serde(rename = "LLMTPS")]
        pub llm_tps: Option<Number>,
        /// The time to the first frame of speech, in milliseconds.
        #[serde(rename = "TTSAudioFirstFrameTime")]
        pub tts_audio_first_frame_time: Option<u64>,
        /// The time in all, in milliseconds.
        #[serde(rename = "TotalCost")]
        pub total_cost: Option<u64>,
    }
}

agent_event! {
    /// Metadata that the language model put into its answer: `AgentInstanceMetaInfo`.
    pub struct AgentInstanceMetaInfo { MetaInfoData }
}

wire_struct! {
    /// Metadata of an answer.
    #[derive(Default)]
    #[serde(rename_all = "PascalCase")]
    pub struct MetaInfoData {
        /// The round of the conversation.
        pub round: Option<u64>,
        /// The metadata, in a form of the app's own.
        pub meta_info: Option<Map<String, Value>>,
    }
}
