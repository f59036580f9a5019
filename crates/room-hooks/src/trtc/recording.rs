//! Cloud recording: event group 3. TRTC documents the events in
//! [Cloud Recording Callback](https://trtc.io/document/54914).
//!
//! `user_id` is the recording robot, which is not a user, so these events have no operator.
//!
//! ```
//! use room_hooks::{Verified, trtc::recording::{Mp4Uploaded, UploadStatus}};
//!
//! async fn on_mp4(uploaded: Verified<Mp4Uploaded>) {
//!     let payload = &uploaded.event.payload;
//!     if payload.status == Some(UploadStatus::Uploaded) {
//!         println!("room {}: {:?}", uploaded.event.room_id, payload.file_list);
//!     }
//! }
//! ```

use crate::event::macros::{wire_codes, wire_names, wire_struct};

/// Defines an event by the type of its `Payload`.
macro_rules! recording_event {
    ($(#[$attribute:meta])* pub struct $event:ident { $payload:ty }) => {
        wire_struct! {
            $(#[$attribute])*
            #[serde(rename_all = "PascalCase")]
            pub struct $event {
                /// The room's id. On the wire it is a number or a string, depending on the client,
                /// and to TRTC 7 and "7" are two rooms: `Verified::document` has the original form.
                pub room_id: String,
                /// When the event happened, in Unix seconds; on the wire a string in events 301 and
                /// 302.
                pub event_ts: Option<u64>,
                /// When the event happened, in Unix milliseconds; on the wire also `EventTsMs`.
                #[serde(alias = "EventTsMs")]
                pub event_ms_ts: Option<u64>,
                /// The recording robot.
                pub user_id: Option<String>,
                /// The recording task's id.
                pub task_id: Option<String>,
                /// The event's own fields.
                pub payload: $payload = default,
            }
        }
    };
}

recording_event! {
    /// The recorder started, or failed to start: event 301.
    pub struct RecorderStarted { TaskPayload }
}

recording_event! {
    /// The recorder left the room: event 302.
    pub struct RecorderStopped { StopPayload }
}

recording_event! {
    /// The upload started, or failed to start: event 303.
    pub struct UploadStarted { TaskPayload }
}

recording_event! {
    /// The M3U8 playlist was written for the first time: event 304.
    pub struct PlaylistWritten { PlaylistPayload }
}

recording_event! {
    /// The upload of HLS files ended: event 305.
    pub struct UploadStopped { UploadStopPayload }
}

recording_event! {
    /// The recording moved to another node: event 306.
    pub struct RecorderMoved { TaskPayload }
}

recording_event! {
    /// The first TS segment was written: event 307.
    pub struct SegmentWritten { SegmentPayload }
}

recording_event! {
    /// An image could not be downloaded: event 309.
    pub struct ImageDownloadFailed { ImagePayload }
}

recording_event! {
    /// MP4 files are ready: event 310. A task may send several, one for each file.
    pub struct Mp4Uploaded { Mp4Payload }
}

recording_event! {
    /// A file was uploaded to VOD, or the upload failed: event 311.
    pub struct VodUploaded { VodPayload }
}

recording_event! {
    /// The upload to VOD ended: event 312.
    pub struct VodStopped { TaskPayload }
}

wire_struct! {
    /// Whether a step of a task succeeded.
    #[derive(Default)]
    #[serde(rename_all = "PascalCase")]
    pub struct TaskPayload {
        /// The result.
        pub status: Option<TaskStatus>,
    }
}

wire_codes! {
    /// Whether a step of a task succeeded.
    pub enum TaskStatus in trtc::recording {
        /// The step succeeded.
        Succeeded = 0,
        /// The step failed.
        Failed = 1,
    }
}

wire_struct! {
    /// Why the recorder left.
    #[derive(Default)]
    #[serde(rename_all = "PascalCase")]
    pub struct StopPayload {
        /// Why the recorder left; on the wire `LeaveCode`.
        #[serde(rename = "LeaveCode")]
        pub reason: Option<StopReason>,
    }
}

wire_codes! {
    /// Why a recorder left the room.
    pub enum StopReason in trtc::recording {
        /// The recording was stopped.
        Stopped = 0,
        /// The app removed the robot.
        RemovedByApp = 1,
        /// The app dismissed the room.
        DismissedByApp = 2,
        /// The server removed the robot.
        RemovedByServer = 3,
        /// The server dismissed the room.
        DismissedByServer = 4,
        /// The robot was alone in the room.
        Alone = 99,
        /// The room reached its time limit.
        RoomTimeout = 100,
        /// The same user id entered again.
        SecondEntry = 101,
    }
}

wire_struct! {
    /// A playlist.
    #[derive(Default)]
    #[serde(rename_all = "PascalCase")]
    pub struct PlaylistPayload {
        /// The name of the M3U8 file. A string here, but a list in [`Mp4Payload`].
        pub file_list: Option<String>,
    }
}

wire_struct! {
    /// How an upload ended.
    #[derive(Default)]
    #[serde(rename_all = "PascalCase")]
    pub struct UploadStopPayload {
        /// How the upload ended; on the wire `LeaveCode`.
        #[serde(rename = "LeaveCode")]
        pub result: Option<UploadResult>,
        /// The result, which replaces `LeaveCode` on one page.
        pub status: Option<TaskStatus>,
    }
}

wire_codes! {
    /// How an upload of HLS files ended.
    pub enum UploadResult in trtc::recording {
        /// All files were uploaded.
        Complete = 0,
        /// Some files remain on the server.
        Incomplete = 1,
        /// The remaining files were uploaded later.
        Recovered = 2,
    }
}

wire_struct! {
    /// A segment.
    #[derive(Default)]
    #[serde(rename_all = "PascalCase")]
    pub struct SegmentPayload {
        /// The file's name.
        pub file_name: Option<String>,
        /// The recorded user.
        pub user_id: Option<String>,
        /// The recorded tracks.
        pub track_type: Option<TrackType>,
        /// When the segment begins, in Unix milliseconds; on the wire a string, `BeginTimeStamp`.
        #[serde(rename = "BeginTimeStamp")]
        pub begin_timestamp: Option<u64>,
    }
}

wire_struct! {
    /// An image.
    #[derive(Default)]
    #[serde(rename_all = "PascalCase")]
    pub struct ImagePayload {
        /// The URL that failed.
        pub url: Option<String>,
    }
}

wire_struct! {
    /// MP4 files.
    #[derive(Default)]
    #[serde(rename_all = "PascalCase")]
    pub struct Mp4Payload {
        /// Whether all files were uploaded.
        pub status: Option<UploadStatus>,
        /// The files' names.
        pub file_list: Vec<String>,
        /// The tracks and times of each file.
        pub file_message: Vec<Mp4File>,
    }
}

wire_codes! {
    /// Whether files were uploaded.
    pub enum UploadStatus in trtc::recording {
        /// All files were uploaded.
        Uploaded = 0,
        /// Some files remain on the server.
        LeftBehind = 1,
        /// The recording ended abnormally.
        Abnormal = 2,
    }
}

wire_struct! {
    /// An MP4 file.
    #[serde(rename_all = "PascalCase")]
    pub struct Mp4File {
        /// The file's name.
        pub file_name: Option<String>,
        /// The recorded user; empty for a mixed recording.
        pub user_id: Option<String>,
        /// The recorded tracks.
        pub track_type: Option<TrackType>,
        /// The recorded stream.
        pub media_id: Option<MediaId>,
        /// When the file begins, in Unix milliseconds; on the wire `StartTimeStamp`.
        #[serde(rename = "StartTimeStamp")]
        pub start_timestamp: Option<u64>,
        /// When the file ends, in Unix milliseconds; on the wire `EndTimeStamp`.
        #[serde(rename = "EndTimeStamp")]
        pub end_timestamp: Option<u64>,
    }
}

wire_names! {
    /// The tracks of a recording.
    pub enum TrackType in trtc::recording {
        /// Audio.
        Audio = "audio",
        /// Video.
        Video = "video",
        /// Audio and video.
        AudioVideo = "audio_video",
    }
}

wire_names! {
    /// The stream of a recording.
    pub enum MediaId in trtc::recording {
        /// The camera.
        Main = "main",
        /// The screen: the sub-stream.
        Aux = "aux",
        /// All streams, mixed.
        Mix = "mix",
    }
}

wire_struct! {
    /// An upload to VOD.
    #[derive(Default)]
    #[serde(rename_all = "PascalCase")]
    pub struct VodPayload {
        /// Whether the file was uploaded.
        pub status: Option<UploadStatus>,
        /// Why the upload failed; on the wire `Errmsg`.
        #[serde(rename = "Errmsg")]
        pub error: Option<String>,
        /// The file; on the wire `TencentVod`.
        #[serde(rename = "TencentVod")]
        pub file: Option<VodFile>,
    }
}

wire_struct! {
    /// A file in VOD. After a failed upload, only the user, the tracks and the cached file are
    /// present.
    #[serde(rename_all = "PascalCase")]
    pub struct VodFile {
        /// The recorded user; empty for a mixed recording.
        pub user_id: Option<String>,
        /// The recorded tracks.
        pub track_type: Option<TrackType>,
        /// The recorded stream.
        pub media_id: Option<MediaId>,
        /// The file's id in VOD: digits above 2^53.
        pub file_id: Option<String>,
        /// The playback URL.
        pub video_url: Option<String>,
        /// The file's name on the recorder.
        pub cache_file: Option<String>,
        /// When the file begins, in Unix milliseconds; on the wire `StartTimeStamp`.
        #[serde(rename = "StartTimeStamp")]
        pub start_timestamp: Option<u64>,
        /// When the file ends, in Unix milliseconds; on the wire `EndTimeStamp`.
        #[serde(rename = "EndTimeStamp")]
        pub end_timestamp: Option<u64>,
    }
}
