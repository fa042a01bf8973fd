//! The paths of the control interface. The first part is its major version.

/// `GET`: [`crate::Info`].
pub const INFO: &str = "/v1/info";
/// `GET`: [`crate::Snapshot`].
pub const SNAPSHOT: &str = "/v1/snapshot";
/// `GET`: [`crate::Inspect`].
pub const INSPECT: &str = "/v1/inspect";
/// `GET`: [`crate::Progress`].
pub const PROGRESS: &str = "/v1/progress";
/// `GET`: a stream of server-sent events ([`crate::sse`]). The header `Last-Event-ID` names the
/// last event that is known already; `0` asks for all that are kept; without it only new ones
/// come.
pub const EVENTS: &str = "/v1/events";
/// `POST` of a [`crate::TransactionRequest`]: [`crate::TransactionReply`].
pub const TRANSACTION: &str = "/v1/transaction";
/// `POST` without a body: takes back the last transaction that is not taken back yet. The
/// declaration is restored, not the past: frames and files are as they are.
/// [`crate::TransactionReply`].
pub const UNDO: &str = "/v1/undo";
/// `POST` of a [`crate::StopRequest`]: [`crate::Accepted`].
pub const STOP: &str = "/v1/stop";
/// `POST` without a body: [`crate::Accepted`].
pub const PAUSE: &str = "/v1/pause";
/// `POST` without a body: [`crate::Accepted`].
pub const RESUME: &str = "/v1/resume";
/// `GET`: [`crate::ProcessorTypes`].
pub const PROCESSORS: &str = "/v1/processors";
/// `GET`: [`crate::DoctorReport`].
pub const DOCTOR: &str = "/v1/doctor";
