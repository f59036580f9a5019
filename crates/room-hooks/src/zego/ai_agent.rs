//! AI agents that take part in a room: their speech, input and activity.
//!
//! ZEGO sends most of these events only for an instance that asks for them (`CallbackConfig`).
//! Speech recognition also sends `ASRResult` and `Exception`, with a `TaskId` instead of an
//! `AgentInstanceId`; those arrive as [`RawEvent`](crate::RawEvent)s. ZEGO documents the events in
//! [Receiving callbacks](https://www.zegocloud.com/docs/aiagent-server/callbacks/receiving-callback).
//!
//! ```
//! use room_hooks::{Verified, zego::ai_agent::AsrResult};
//!
//! async fn on_speech(result: Verified<AsrResult>) {
//!     let speech = &result.event.data;
//!     println!("{:?} said {:?} in round {:?}", speech.user_id, speech.text, speech.round);
//! }
//! ```

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
                /// The agent's user id in the room.
                pub agent_user_id: Option<String>,
                /// The agent's id; rarely present.
                pub agent_id: Option<String>,
                /// The agent's name; rarely present.
                pub name: Option<String>,
                /// The room's id. Some samples from ZEGO lack it.
                pub room_id: Option<String>,
                /// The event's number within the instance. Numbers increase, with gaps, and exceed
                /// 2^53.
                pub sequence: Option<u64>,
                /// The event's own fields.
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
    /// The language model answered: `LLMResult`.
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
    /// An agent encountered an error: `Exception`.
    pub struct Exception { ExceptionData }
}

wire_struct! {
    /// An error.
    #[derive(Default)]
    #[serde(rename_all = "PascalCase")]
    pub struct ExceptionData {
        /// The error code; see
        /// [Exception codes](https://www.zegocloud.com/docs/aiagent-server/callbacks/exception-codes).
        pub code: Option<i64>,
        /// A description of the error.
        pub message: Option<String>,
        /// The round of the conversation.
        pub round: Option<u64>,
    }
}

agent_event! {
    /// An agent was interrupted while it was speaking: `Interrupted`.
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
        /// The text spoken before the interruption; absent in older callbacks.
        pub played_text: Option<String>,
    }
}

wire_codes! {
    /// The cause of an interruption.
    pub enum InterruptReason in zego::ai_agent {
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
    /// A user started or stopped speaking: `UserSpeakAction`.
    pub struct UserSpeakAction { UserSpeakData }
}

wire_struct! {
    /// A user who started or stopped speaking.
    #[derive(Default)]
    #[serde(rename_all = "PascalCase")]
    pub struct UserSpeakData {
        /// The user.
        pub user_id: Option<String>,
        /// Whether the user started or stopped speaking.
        pub action: Option<SpeakAction>,
        /// The round of the conversation.
        pub round: Option<u64>,
    }
}

wire_names! {
    /// Whether a user started or stopped speaking.
    pub enum SpeakAction in zego::ai_agent {
        /// The user started speaking.
        Begin = "SPEAK_BEGIN",
        /// The user stopped speaking.
        End = "SPEAK_END",
    }
}

agent_event! {
    /// An agent's activity changed: `AgentInstanceStatus`, which ZEGO's own sample calls
    /// `AgentSpeakAction`.
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
    pub enum AgentStatus in zego::ai_agent {
        /// The agent is idle.
        Idle = "IDLE",
        /// The agent is listening.
        Listening = "LISTENING",
        /// The agent is thinking.
        Thinking = "THINKING",
        /// The agent is speaking.
        Speaking = "SPEAKING",
    }
}

agent_event! {
    /// The audio of about the first second of a user's speech: `UserAudioData`.
    pub struct UserAudioData { AudioData }
}

wire_struct! {
    /// A user's audio.
    #[derive(Default)]
    #[serde(rename_all = "PascalCase")]
    pub struct AudioData {
        /// The user.
        pub user_id: Option<String>,
        /// The round of the conversation.
        pub round: Option<u64>,
        /// The number of samples per second.
        pub sample_rate: Option<u64>,
        /// The format, such as `pcm`.
        pub format: Option<String>,
        /// The audio, in base64: about 40 to 65 kB.
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
        /// When the agent was created, in Unix milliseconds.
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
        /// Why the agent was deleted; on the wire `Code`.
        #[serde(rename = "Code")]
        pub reason: Option<DeleteReason>,
        /// When the agent was deleted, in Unix milliseconds.
        pub deleted_timestamp: Option<u64>,
        /// The agent's average response times.
        pub latency_data: Option<LatencyData>,
    }
}

wire_codes! {
    /// Why an agent was deleted.
    pub enum DeleteReason in zego::ai_agent {
        /// The server API deleted it.
        Api = 0,
        /// An RTC error.
        Rtc = 1201,
        /// The user who created the agent was away for too long.
        CreatorLeft = 1202,
        /// The agent was removed from the room.
        KickedOut = 1203,
        /// The agent could not log in to the room.
        LoginFailed = 1204,
        /// The agent lost its connection.
        Disconnected = 1205,
        /// The agent could not publish its stream.
        PublishFailed = 1206,
    }
}

wire_struct! {
    /// An agent's average response times.
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
        /// The total time, in milliseconds.
        #[serde(rename = "TotalCost")]
        pub total_cost: Option<u64>,
    }
}

agent_event! {
    /// Metadata that the language model included in its answer: `AgentInstanceMetaInfo`.
    pub struct AgentInstanceMetaInfo { MetaInfoData }
}

wire_struct! {
    /// Metadata of an answer.
    #[derive(Default)]
    #[serde(rename_all = "PascalCase")]
    pub struct MetaInfoData {
        /// The round of the conversation.
        pub round: Option<u64>,
        /// The metadata, in the app's own format.
        pub meta_info: Option<Map<String, Value>>,
    }
}
