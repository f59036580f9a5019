use serde::{Deserialize, Serialize};

use crate::tencent::TrtcCallback;

/// The recording of a broadcast has changed state: Tencent's
/// [`Live.CallbackAfterCloudRecordingChanged`](https://trtc.io/document/78428). On the wire, TRTC's members lie beside
/// `CallbackCommand`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
#[non_exhaustive]
pub struct CloudRecordingChanged {
    /// The TRTC event about the recording, such as a [`VodUploaded`](crate::trtc::recording::VodUploaded).
    pub callback: TrtcCallback,
}
