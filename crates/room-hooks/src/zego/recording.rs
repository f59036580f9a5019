//! Cloud recording: the progress of a recording task, and its files.
//!
//! These events have numbers instead of names, so their kinds are `cloud_recording/1` and so on.
//! [`sequence`](FilesUploaded::sequence) orders the events of a task. **ZEGO retries only if it
//! receives no response at all**: after a 500 or 503, the event is lost. ZEGO documents the events
//! in
//! [Recording status callback](https://www.zegocloud.com/docs/cloud-recording-server/recording-status-callback).
//!
//! ```
//! use room_hooks::{Verified, zego::recording::{FileStatus, FilesUploaded}};
//!
//! async fn on_files_uploaded(uploaded: Verified<FilesUploaded>) {
//!     for file in &uploaded.event.detail.file_info {
//!         match file.status {
//!             Some(FileStatus::Uploaded) => println!("uploaded: {:?}", file.file_url),
//!             status => println!("{:?} has status {status:?}", file.file_id),
//!         }
//!     }
//! }
//! ```

use crate::event::macros::{wire_codes, wire_names, wire_struct};

/// Defines an event, with its `detail` if it has one.
macro_rules! recording_event {
    ($(#[$attribute:meta])* pub struct $event:ident { $($detail:tt)* }) => {
        wire_struct! {
            $(#[$attribute])*
            pub struct $event {
                /// The room's id.
                pub room_id: String,
                /// The recording task's id.
                pub task_id: String,
                /// The event's number within the task, from 0.
                pub sequence: Option<u64>,
                /// A description of the event.
                pub message: Option<String>,
                $($detail)*
            }
        }
    };
}

recording_event! {
    /// Files of recordings or snapshots were uploaded: event type 1.
    pub struct FilesUploaded {
        /// The files and their locations.
        pub detail: UploadDetail = default,
    }
}

wire_struct! {
    /// The result of an upload.
    #[derive(Default)]
    pub struct UploadDetail {
        /// Whether all files are in the app's storage.
        pub upload_status: Option<UploadStatus>,
        /// The files; empty if nothing was recorded.
        pub file_info: Vec<File>,
    }
}

wire_codes! {
    /// Whether an upload succeeded.
    pub enum UploadStatus in zego::recording {
        /// All files are in the app's storage.
        Complete = 1,
        /// At least one file is missing from the app's storage; see its [`FileStatus`].
        Incomplete = 2,
    }
}

wire_struct! {
    /// A file of a recording.
    pub struct File {
        /// The user who published the stream; for a mixed recording, the mixed stream's id.
        pub user_id: Option<String>,
        /// The user's name; for a mixed recording, the mixed stream's id.
        pub user_name: Option<String>,
        /// The stream's id.
        pub stream_id: Option<String>,
        /// The file's name.
        pub file_id: Option<String>,
        /// The file's id in the storage's video-on-demand service; may be empty.
        pub video_id: Option<String>,
        /// The file's URL. Absent for some storage services (Qiniu, Aliyun VOD).
        pub file_url: Option<String>,
        /// The file's format.
        pub output_file_format: Option<FileFormat>,
        /// The file's size in bytes.
        pub file_size: Option<u64>,
        /// The playing time, in milliseconds.
        pub duration: Option<u64>,
        /// The width of the picture in pixels.
        pub resolution_width: Option<u64>,
        /// The height of the picture in pixels.
        pub resolution_height: Option<u64>,
        /// The tracks in the file.
        pub media_track_type: Option<MediaTrackType>,
        /// When the file begins, in Unix milliseconds.
        pub begin_timestamp: Option<u64>,
        /// When the file begins, according to the clock of the publishing client, in Unix
        /// milliseconds.
        pub custom_begin_timestamp: Option<u64>,
        /// Where the file is stored.
        pub status: Option<FileStatus>,
    }
}

wire_names! {
    /// A file's format.
    pub enum FileFormat in zego::recording {
        /// MP4.
        Mp4 = "mp4",
        /// FLV.
        Flv = "flv",
        /// HLS: a playlist and its segments.
        Hls = "hls",
        /// AAC, audio only.
        Aac = "aac",
        /// JPEG, a snapshot.
        Jpg = "jpg",
    }
}

wire_codes! {
    /// The tracks in a file or playlist.
    pub enum MediaTrackType in zego::recording {
        /// Audio.
        Audio = 1,
        /// Video.
        Video = 2,
        /// Audio and video.
        AudioVideo = 3,
    }
}

wire_codes! {
    /// Where a file is stored.
    pub enum FileStatus in zego::recording {
        /// The file is in the app's storage.
        Uploaded = 3,
        /// The file is in ZEGO's backup, for three days.
        InBackup = 4,
        /// The file is lost.
        Lost = 5,
    }
}

recording_event! {
    /// A recording ended abnormally: event type 2.
    pub struct RecordingFailed {
        /// The reason.
        pub detail: FailureDetail = default,
    }
}

wire_struct! {
    /// The reason for a failure.
    #[derive(Default)]
    pub struct FailureDetail {
        /// Why the recording ended.
        pub quit_reason: Option<QuitReason>,
    }
}

wire_codes! {
    /// Why a recording ended abnormally.
    pub enum QuitReason in zego::recording {
        /// The recording could not be started.
        StartFailed = 1,
        /// The recorder could not log in to the room.
        LoginFailed = 2,
        /// Nothing was published for longer than `MaxIdleTime`.
        Idle = 3,
        /// The recording reached `MaxRecordTime`.
        MaxRecordTime = 4,
        /// The engine could not be started.
        EngineStartFailed = 5,
        /// The recorder lost its connection.
        Disconnected = 6,
        /// ZEGO does not know the reason.
        NotKnown = 1001,
        /// A file's name is too long.
        FileNameTooLong = 1002,
        /// A file could not be opened.
        FileOpenFailed = 1003,
        /// The recorder's disk is full.
        DiskFull = 1004,
        /// The engine could not be initialized.
        EngineInitFailed = 1005,
        /// A file's header could not be written.
        HeaderWriteFailed = 1006,
        /// A bad file descriptor (`EBADF`).
        BadFileDescriptor = 1007,
        /// An input or output error (`EIO`).
        InputOutput = 1008,
        /// An error of the channel.
        Channel = 1009,
        /// The format is not supported.
        FormatUnsupported = 1010,
        /// The operation was not possible in the recorder's state.
        IllegalState = 1011,
    }
}

recording_event! {
    /// A background or watermark could not be fetched: event type 3.
    pub struct ImageNotFetched {
        /// The image that failed.
        pub detail: ImageDetail = default,
    }
}

wire_struct! {
    /// The image that failed.
    #[derive(Default)]
    pub struct ImageDetail {
        /// Where the image is used.
        pub image_type: Option<ImageType>,
        /// The URL that failed.
        pub image_url: Option<String>,
    }
}

wire_codes! {
    /// Where an image is used.
    pub enum ImageType in zego::recording {
        /// The background of the canvas.
        Background = 1,
        /// A watermark.
        Watermark = 2,
        /// The background of streams without their own background.
        DefaultStreamBackground = 3,
        /// The background of a custom layout.
        LayoutBackground = 4,
    }
}

recording_event! {
    /// The room has no stream to record: event type 4. ZEGO sends it within 30 s and repeats it
    /// every 30 s.
    pub struct NoStreams {}
}

recording_event! {
    /// A recording ended normally: event type 5.
    pub struct RecordingEnded {}
}

recording_event! {
    /// The stream to record does not exist: event type 6.
    pub struct StreamNotFound {
        /// The stream that was missing.
        pub detail: StreamDetail = default,
    }
}

wire_struct! {
    /// A stream that does not exist.
    #[derive(Default)]
    pub struct StreamDetail {
        /// The stream's id.
        pub stream_id: Option<String>,
    }
}

recording_event! {
    /// A recording was stopped and its files are being uploaded: event type 7.
    pub struct RecordingStopped {}
}

recording_event! {
    /// The playlist of a stream that is uploaded in segments became available: event type 102.
    pub struct PlaylistCreated {
        /// The stream and its playlist.
        pub detail: PlaylistDetail = default,
    }
}

wire_struct! {
    /// A stream's playlist.
    #[derive(Default)]
    pub struct PlaylistDetail {
        /// The stream's id.
        pub stream_id: Option<String>,
        /// The name of the M3U8 file.
        pub file_id: Option<String>,
        /// The URL of the M3U8 file.
        pub file_url: Option<String>,
        /// The tracks in the segments.
        pub media_track_type: Option<MediaTrackType>,
    }
}

recording_event! {
    /// A recording was paused: event type 201.
    pub struct RecordingPaused {}
}

recording_event! {
    /// A recording was resumed: event type 202.
    pub struct RecordingResumed {}
}
