//! Moderation of audio and video (Shumei): its findings, with the room, user or stream.
//!
//! A handler of a result looks at [`Detail::risk_level`] first. `code` is 0 if the check succeeded; only then is there a
//! risk level. Each event is described in
//! [Audio moderation](https://www.zegocloud.com/docs/real-time-video-server/callback/moderation/audio) or
//! [Video moderation](https://www.zegocloud.com/docs/real-time-video-server/callback/moderation/video).

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
                /// A text about `code`.
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
    /// Ten seconds of audio were checked: `censor_audio_v2_result`. The room and the user are in
    /// [`aux_info`](Self::aux_info), the text is [`audio_text`](Detail::audio_text).
    pub struct AudioResult;
}

result! {
    /// Ten seconds of a video stream's audio were checked: `censor_video_v2_audio_result`. The room and the stream are
    /// in [`aux_info`](Self::aux_info), the text is [`content`](Detail::content).
    pub struct VideoAudioResult;
}

result! {
    /// A frame of a video stream was checked: `censor_video_v2_img_result`. The room and the stream are in
    /// [`aux_info`](Self::aux_info), the frame is at [`img_url`](Detail::img_url).
    pub struct VideoImageResult;
}

/// Defines the status of a task.
macro_rules! status {
    ($(#[$attribute:meta])* pub struct $event:ident;) => {
        wire_struct! {
            $(#[$attribute])*
            /// It is sent only if the task asks for it (`ReturnFinishInfo`).
            #[serde(rename_all = "PascalCase")]
            pub struct $event {
                /// 0 if the check succeeded.
                pub code: Option<i64>,
                /// A text about `code`.
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
    /// A task that checks audio has ended: `censor_audio_v2_status`.
    pub struct AudioStatus;
}

status! {
    /// A task that checks the audio of video streams has ended: `censor_video_v2_audio_status`.
    pub struct VideoAudioStatus;
}

status! {
    /// A task that checks frames has ended: `censor_video_v2_img_status`.
    pub struct VideoImageStatus;
}

wire_codes! {
    /// A task's status.
    pub enum TaskStatus {
        /// It has ended.
        Finished = 0,
    }
}

wire_struct! {
    /// The room, user or stream that was checked. Which members there are depends on the event.
    #[derive(Default)]
    #[serde(rename_all = "PascalCase")]
    pub struct AuxInfo {
        /// The room's id.
        pub room_id: Option<String>,
        /// The user who was heard, in [`AudioResult`].
        pub user_id: Option<String>,
        /// The stream's id, in [`VideoAudioResult`] and [`VideoImageResult`].
        pub stream_id: Option<String>,
        /// When the check began, in Unix milliseconds. Of audio.
        pub process_begin_time: Option<u64>,
        /// When the check ended, in Unix milliseconds. Of audio.
        pub process_finish_time: Option<u64>,
        /// When the frame was taken: Beijing time without a zone, such as `2026-01-01 07:59:49.586`.
        /// [`occurred_at`](crate::Callback::occurred_at) has it as a time.
        pub img_time: Option<String>,
        /// How long the task has checked streams, in seconds. Of a status.
        pub censor_stream_time: Option<u64>,
    }
}

impl AuxInfo {
    /// A frame's time is when it was taken, any other's when the check ended.
    pub(super) fn facts(&self) -> Facts<'_> {
        let taken_at = self.img_time.as_deref().and_then(to_unix_millis);
        Facts::of(self.room_id.as_deref())
            .by(self.user_id.as_deref())
            .at(taken_at.or(self.process_finish_time))
    }
}

wire_struct! {
    /// The findings. The members of text and sound are of audio, those of pictures of frames.
    #[derive(Default)]
    #[serde(rename_all = "PascalCase")]
    pub struct Detail {
        /// The verdict, by the worst finding.
        pub risk_level: Option<RiskLevel>,
        /// A text about the worst finding, for people.
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
        /// Whether anything was heard; on the wire 0 or 1. If not, other members may be empty.
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
    pub enum RiskLevel {
        /// Nothing was found.
        Pass = "PASS",
        /// A person should look at it.
        Review = "REVIEW",
        /// It breaks the rules.
        Reject = "REJECT",
    }
}

wire_struct! {
    /// A finding.
    #[serde(rename_all = "PascalCase")]
    pub struct RiskInfo {
        /// The verdict.
        pub risk_level: Option<RiskLevel>,
        /// A text about it, for people.
        pub risk_description: Option<String>,
        /// The kind of risk.
        pub risk_label1: Option<String>,
        /// The kind within `risk_label1`.
        pub risk_label2: Option<String>,
        /// The kind within `risk_label2`.
        pub risk_label3: Option<String>,
        /// How sure it is, from 0 to 1. Of frames.
        pub probability: Option<Number>,
        /// How it was made.
        pub risk_detail: Option<RiskDetail>,
    }
}

wire_struct! {
    /// How a finding was made.
    #[serde(rename_all = "PascalCase")]
    pub struct RiskDetail {
        /// The kind of content in which it was found.
        pub risk_source: Option<RiskSource>,
        /// The text in which it was found. Of audio.
        pub audio_text: Option<String>,
        /// The app's own lists that have it. Of audio.
        pub matched_lists: Vec<MatchedList>,
        /// Faces that were recognized. Of frames.
        pub face_info_list: Vec<FaceInfo>,
        /// Text that was read. Of frames.
        pub ocr_info: Option<OcrInfo>,
    }
}

wire_codes! {
    /// The kind of content in which a risk was found.
    pub enum RiskSource {
        /// There is none.
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
    /// A list of the app's own.
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
        /// The share of the picture, from 0 to 1.
        pub face_ratio: Option<Number>,
        /// How sure it is, from 0 to 1.
        pub probability: Option<Number>,
        /// Its left, top, right and bottom edge, in pixels.
        pub location: Vec<Number>,
    }
}

wire_struct! {
    /// Text in a picture.
    #[serde(rename_all = "PascalCase")]
    pub struct OcrInfo {
        /// The text.
        pub text: Option<String>,
        /// The app's own lists that have it.
        pub matched_lists: Vec<MatchedList>,
    }
}

wire_struct! {
    /// Recognized content that is not a risk.
    #[serde(rename_all = "PascalCase")]
    pub struct BusinessInfo {
        /// A text about it.
        pub business_description: Option<String>,
        /// The kind of content, such as `language`.
        pub business_label1: Option<String>,
        /// The kind within `business_label1`.
        pub business_label2: Option<String>,
        /// The kind within `business_label2`. Misspelled `BusinessLabe3` on one page.
        #[serde(alias = "BusinessLabe3")]
        pub business_label3: Option<String>,
        /// How it was recognized. Of frames.
        pub business_detail: Option<BusinessDetail>,
        /// How sure it is, from 0 to 1.
        pub probability: Option<Number>,
        /// How sure it is, as a level.
        pub confidence_level: Option<Number>,
    }
}

wire_struct! {
    /// How something in a frame was recognized.
    #[serde(rename_all = "PascalCase")]
    pub struct BusinessDetail {
        /// Faces that were recognized.
        pub face_info_list: Vec<FaceInfo>,
    }
}
