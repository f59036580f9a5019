use serde::{Deserialize, Serialize};

use crate::tencent::TrtcCallback;

/// The state of a broadcast's recording changed: Tencent's
/// [`Live.CallbackAfterCloudRecordingChanged`](https://trtc.io/document/78428). On the wire, TRTC's
/// fields are next to `CallbackCommand`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
#[non_exhaustive]
pub struct CloudRecordingChanged {
    /// The TRTC event about the recording, such as
    /// [`VodUploaded`](crate::trtc::recording::VodUploaded).
    pub callback: TrtcCallback,
}
