//! Moderation of audio and video (Shumei): the findings, with the room, user or stream.
//!
//! `code` is 0 if the check succeeded. Only then does the event have a [`Detail::risk_level`],
//! which a handler should check first. ZEGO documents the events in
//! [Audio moderation](https://www.zegocloud.com/docs/real-time-video-server/callback/moderation/audio)
//! and
//! [Video moderation](https://www.zegocloud.com/docs/real-time-video-server/callback/moderation/video).
//!
//! ```
//! use room_hooks::{Verified, zego::moderation::{AudioResult, RiskLevel}};
//!
//! async fn on_audio_result(result: Verified<AudioResult>) {
//!     let (room, user) = (&result.event.aux_info.room_id, &result.event.aux_info.user_id);
//!     if result.event.detail.risk_level == Some(RiskLevel::Reject) {
//!         println!("user {user:?} of room {room:?} broke the rules");
//!     }
//! }
//! ```

use serde_json::Number;

use crate::{
    Facts,
    event::macros::{self, wire_codes, wire_names, wire_struct},
};

use super::beijing_time::to_unix_millis;

/// Defines the result of a check.
macro_rules! result {
    ($(#[$attribute:meta])* pub struct $event:ident;) => {
        wire_struct! {
            $(#[$attribute])*
            #[serde(rename_all = "PascalCase")]
            pub struct $event {
                /// 0 if the check succeeded.
                pub code: Option<i64>,
                /// A description of `code`.
                pub message: Option<String>,
                /// The task's id.
                pub task_id: String,
                /// The id of this result.
                pub result_task_id: Option<String>,
                /// The findings.
                pub detail: Detail = default,
                /// The room, user or stream that was checked.
                pub aux_info: AuxInfo = default,
            }
        }
    };
}

result! {
    /// Ten seconds of audio were checked: `censor_audio_v2_result`. [`aux_info`](Self::aux_info)
    /// has the room and the user, [`audio_text`](Detail::audio_text) the text.
    pub struct AudioResult;
}

result! {
    /// Ten seconds of a video stream's audio were checked: `censor_video_v2_audio_result`.
    /// [`aux_info`](Self::aux_info) has the room and the stream, [`content`](Detail::content) the
    /// text.
    pub struct VideoAudioResult;
}

result! {
    /// A frame of a video stream was checked: `censor_video_v2_img_result`.
    /// [`aux_info`](Self::aux_info) has the room and the stream, [`img_url`](Detail::img_url) the
    /// frame.
    pub struct VideoImageResult;
}

/// Defines the status of a task.
macro_rules! status {
    ($(#[$attribute:meta])* pub struct $event:ident;) => {
        wire_struct! {
            $(#[$attribute])*
            /// ZEGO sends this event only if the task asks for it (`ReturnFinishInfo`).
            #[serde(rename_all = "PascalCase")]
            pub struct $event {
                /// 0 if the check succeeded.
                pub code: Option<i64>,
                /// A description of `code`.
                pub message: Option<String>,
                /// The task's id.
                pub task_id: String,
                /// The task's status.
                pub status: Option<TaskStatus>,
                /// The room, user or stream that was checked.
                pub aux_info: AuxInfo = default,
            }
        }
    };
}

status! {
    /// A task that checks audio ended: `censor_audio_v2_status`.
    pub struct AudioStatus;
}

status! {
    /// A task that checks the audio of video streams ended: `censor_video_v2_audio_status`.
    pub struct VideoAudioStatus;
}

status! {
    /// A task that checks frames ended: `censor_video_v2_img_status`.
    pub struct VideoImageStatus;
}

wire_codes! {
    /// A task's status.
    pub enum TaskStatus in zego::moderation {
        /// The task has ended.
        Finished = 0,
    }
}

wire_struct! {
    /// The room, user or stream that was checked. The event determines which fields are present.
    #[derive(Default)]
    #[serde(rename_all = "PascalCase")]
    pub struct AuxInfo {
        /// The room's id.
        pub room_id: Option<String>,
        /// The user who spoke, in [`AudioResult`].
        pub user_id: Option<String>,
        /// The stream's id, in [`VideoAudioResult`] and [`VideoImageResult`].
        pub stream_id: Option<String>,
        /// When the check began, in Unix milliseconds; only for audio.
        pub process_begin_time: Option<u64>,
        /// When the check ended, in Unix milliseconds; only for audio.
        pub process_finish_time: Option<u64>,
        /// When the frame was taken, in Beijing time without a zone, such as
        /// `2026-01-01 07:59:49.586`. [`occurred_at`](crate::Callback::occurred_at) returns it as a
        /// `SystemTime`.
        pub img_time: Option<String>,
        /// How long the task has checked streams, in seconds; only in a status.
        pub censor_stream_time: Option<u64>,
    }
}

impl AuxInfo {
    /// An event about a frame occurred when the frame was taken; any other, when the check ended.
    pub(super) fn facts(&self) -> Facts<'_> {
        let taken_at = self.img_time.as_deref().and_then(to_unix_millis);
        Facts::of(self.room_id.as_deref())
            .by(self.user_id.as_deref())
            .at(taken_at.or(self.process_finish_time))
    }
}

wire_struct! {
    /// The findings. Some fields are only for audio, others only for frames.
    #[derive(Default)]
    #[serde(rename_all = "PascalCase")]
    pub struct Detail {
        /// The verdict, which is that of the worst finding.
        pub risk_level: Option<RiskLevel>,
        /// A human-readable description of the worst finding.
        pub risk_description: Option<String>,
        /// The kind of risk, such as `ad`; `normal` if there is none.
        pub risk_label1: Option<String>,
        /// The kind within `risk_label1`.
        pub risk_label2: Option<String>,
        /// The kind within `risk_label2`.
        pub risk_label3: Option<String>,
        /// The recognized text, in [`AudioResult`].
        pub audio_text: Option<String>,
        /// The recognized text, in [`VideoAudioResult`].
        pub content: Option<String>,
        /// The URL of the ten seconds of audio.
        pub audio_url: Option<String>,
        /// The URL of twenty seconds of audio, if the task asks for it.
        pub pre_audio_url: Option<String>,
        /// Whether anything was heard; on the wire 0 or 1. If not, other fields may be empty.
        #[serde(serialize_with = "macros::as_digit")]
        pub vad_status: Option<bool>,
        /// The URL of the frame.
        pub img_url: Option<String>,
        /// How the worst finding was made.
        pub risk_detail: Option<RiskDetail>,
        /// Every finding.
        pub risk_info_list: Vec<RiskInfo>,
        /// Recognized content that is not a risk, such as the language.
        pub business_info_list: Vec<BusinessInfo>,
    }
}

wire_names! {
    /// The verdict.
    pub enum RiskLevel in zego::moderation {
        /// Nothing was found.
        Pass = "PASS",
        /// A human should review the content.
        Review = "REVIEW",
        /// The content breaks the rules.
        Reject = "REJECT",
    }
}

wire_struct! {
    /// A finding.
    #[serde(rename_all = "PascalCase")]
    pub struct RiskInfo {
        /// The verdict.
        pub risk_level: Option<RiskLevel>,
        /// A human-readable description.
        pub risk_description: Option<String>,
        /// The kind of risk.
        pub risk_label1: Option<String>,
        /// The kind within `risk_label1`.
        pub risk_label2: Option<String>,
        /// The kind within `risk_label2`.
        pub risk_label3: Option<String>,
        /// The confidence, from 0 to 1; only for frames.
        pub probability: Option<Number>,
        /// How the finding was made.
        pub risk_detail: Option<RiskDetail>,
    }
}

wire_struct! {
    /// How a finding was made.
    #[serde(rename_all = "PascalCase")]
    pub struct RiskDetail {
        /// The kind of content in which it was found.
        pub risk_source: Option<RiskSource>,
        /// The text with the finding; only for audio.
        pub audio_text: Option<String>,
        /// The app's own lists that contain the text; only for audio.
        pub matched_lists: Vec<MatchedList>,
        /// The faces that were recognized; only for frames.
        pub face_info_list: Vec<FaceInfo>,
        /// The text that was recognized; only for frames.
        pub ocr_info: Option<OcrInfo>,
    }
}

wire_codes! {
    /// The kind of content in which a risk was found.
    pub enum RiskSource in zego::moderation {
        /// No risk was found.
        NoRisk = 1000,
        /// Text, written or spoken.
        Text = 1001,
        /// The picture.
        Picture = 1002,
        /// The sound.
        Sound = 1003,
    }
}

wire_struct! {
    /// One of the app's own lists.
    #[serde(rename_all = "PascalCase")]
    pub struct MatchedList {
        /// The list's name.
        pub name: String = default,
    }
}

wire_struct! {
    /// A face that was recognized.
    #[serde(rename_all = "PascalCase")]
    pub struct FaceInfo {
        /// The person's name.
        pub name: Option<String>,
        /// The face's id.
        pub id: Option<String>,
        /// The face's share of the picture, from 0 to 1.
        pub face_ratio: Option<Number>,
        /// The confidence, from 0 to 1.
        pub probability: Option<Number>,
        /// The left, top, right and bottom edges, in pixels.
        pub location: Vec<Number>,
    }
}

wire_struct! {
    /// Text in a picture.
    #[serde(rename_all = "PascalCase")]
    pub struct OcrInfo {
        /// The text.
        pub text: Option<String>,
        /// The app's own lists that contain the text.
        pub matched_lists: Vec<MatchedList>,
    }
}

wire_struct! {
    /// Recognized content that is not a risk.
    #[serde(rename_all = "PascalCase")]
    pub struct BusinessInfo {
        /// A human-readable description.
        pub business_description: Option<String>,
        /// The kind of content, such as `language`.
        pub business_label1: Option<String>,
        /// The kind within `business_label1`.
        pub business_label2: Option<String>,
        /// The kind within `business_label2`. One page misspells it `BusinessLabe3`.
        #[serde(alias = "BusinessLabe3")]
        pub business_label3: Option<String>,
        /// How the content was recognized; only for frames.
        pub business_detail: Option<BusinessDetail>,
        /// The confidence, from 0 to 1.
        pub probability: Option<Number>,
        /// The confidence as a level.
        pub confidence_level: Option<Number>,
    }
}

wire_struct! {
    /// How something in a frame was recognized.
    #[serde(rename_all = "PascalCase")]
    pub struct BusinessDetail {
        /// The faces that were recognized.
        pub face_info_list: Vec<FaceInfo>,
    }
}
