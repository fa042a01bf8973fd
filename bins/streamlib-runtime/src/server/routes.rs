//! What each path does.

use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use streamlib_protocol::{
    Accepted, BODY_BYTES_MAX, CHANGES_MAX, DoctorReport, ErrorBody, ErrorCode, Info, Inspect,
    PROTOCOL_VERSION, ProcessorTypes, Progress, Snapshot, StopRequest, TransactionReply,
    TransactionRequest, paths,
};

use super::answer::{Answer, Json, Refused, read};
use super::{Shared, events};
use crate::doctor;
use crate::hosted::HostedGraph;
use crate::stopping::Reason;

/// All paths of the control interface.
pub(super) fn router(shared: Shared) -> Router {
    Router::new()
        .route(paths::INFO, get(info))
        .route(paths::SNAPSHOT, get(snapshot))
        .route(paths::INSPECT, get(inspect))
        .route(paths::PROGRESS, get(progress))
        .route(paths::EVENTS, get(events::follow))
        .route(paths::TRANSACTION, post(transaction))
        .route(paths::UNDO, post(undo))
        .route(paths::STOP, post(stop))
        .route(paths::PAUSE, post(pause))
        .route(paths::RESUME, post(resume))
        .route(paths::PROCESSORS, get(processors))
        .route(paths::DOCTOR, get(examine))
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_method)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(shared)
}

/// Every handler of a `POST` takes the body, even where nothing is in it: an answer to a request
/// that was not read to its end closes the connection under the client that still sends.
type Body = Result<Bytes, BytesRejection>;

/// The body of a request that says nothing.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

async fn info(State(shared): State<Shared>) -> Answer<Info> {
    let identity = shared.identity.clone();
    blocking(&shared, move |graph| {
        Ok(Info {
            protocol: PROTOCOL_VERSION,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            name: identity.name.clone(),
            file: identity.file.as_ref().map(|path| path.display().to_string()),
            state: graph.state(),
            uptime_ns: graph.uptime_ns(),
            revision: graph.snapshot().revision,
        })
    })
    .await
}

async fn snapshot(State(shared): State<Shared>) -> Answer<Snapshot> {
    blocking(&shared, |graph| Ok(graph.snapshot())).await
}

async fn inspect(State(shared): State<Shared>) -> Answer<Inspect> {
    blocking(&shared, |graph| Ok(graph.inspect())).await
}

async fn progress(State(shared): State<Shared>) -> Answer<Progress> {
    blocking(&shared, |graph| Ok(graph.progress())).await
}

async fn transaction(State(shared): State<Shared>, body: Body) -> Answer<TransactionReply> {
    let request: TransactionRequest = read(&whole(body)?)?;
    if request.changes.len() > CHANGES_MAX {
        let count = request.changes.len();
        let message = format!("the transaction has {count} changes; at most {CHANGES_MAX} can be");
        return Err(ErrorBody::new(ErrorCode::TooLarge, message)
            .with_hint("make several transactions of it")
            .into());
    }
    blocking(&shared, |graph| graph.transaction(request)).await
}

async fn undo(State(shared): State<Shared>, body: Body) -> Answer<TransactionReply> {
    let Nothing {} = read(&whole(body)?)?;
    blocking(&shared, |graph| graph.undo()).await
}

async fn stop(State(shared): State<Shared>, body: Body) -> Answer<Accepted> {
    let request: StopRequest = read(&whole(body)?)?;
    let drain = request.drain_timeout_ms.map(Duration::from_millis);
    shared.stopper.ask(Reason::Request, drain);
    accept(&shared, |_graph| Ok(())).await
}

async fn pause(State(shared): State<Shared>, body: Body) -> Answer<Accepted> {
    let Nothing {} = read(&whole(body)?)?;
    accept(&shared, |graph| graph.pause()).await
}

async fn resume(State(shared): State<Shared>, body: Body) -> Answer<Accepted> {
    let Nothing {} = read(&whole(body)?)?;
    accept(&shared, |graph| graph.resume()).await
}

async fn processors(State(shared): State<Shared>) -> Answer<ProcessorTypes> {
    blocking(&shared, |graph| Ok(graph.types())).await
}

async fn examine(State(shared): State<Shared>) -> Answer<DoctorReport> {
    blocking(&shared, |_graph| Ok(doctor::examine())).await
}

async fn no_such_path(uri: Uri, _read_to_its_end: Body) -> Response {
    let message = format!("there is nothing at `{}`", uri.path());
    let body = ErrorBody::new(ErrorCode::NoSuchPath, message);
    Refused(body.with_hint(format!("the paths begin with `/v{PROTOCOL_VERSION}/`"))).into_response()
}

async fn no_such_method(method: Method, uri: Uri, _read_to_its_end: Body) -> Response {
    let message = format!("`{}` does not take {method}", uri.path());
    let mut response = Refused(ErrorBody::new(ErrorCode::NoSuchPath, message)).into_response();
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response
}

/// The body of a request, if it is within its limit.
fn whole(body: Body) -> Result<Bytes, ErrorBody> {
    body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            let message = format!("the body of the request has more than {BODY_BYTES_MAX} bytes");
            ErrorBody::new(ErrorCode::TooLarge, message)
        }
        _ => {
            let message = format!("the body of the request did not arrive: {rejection}");
            ErrorBody::new(ErrorCode::BadRequest, message)
        }
    })
}

/// Asks something of the graph that changes its state.
async fn accept(
    shared: &Shared,
    ask: impl FnOnce(&dyn HostedGraph) -> Result<(), ErrorBody> + Send + 'static,
) -> Answer<Accepted> {
    blocking(shared, |graph| {
        ask(graph)?;
        Ok(Accepted { state: graph.state() })
    })
    .await
}

/// Asks something of the graph on a thread that may wait.
async fn blocking<T: Send + 'static>(
    shared: &Shared,
    ask: impl FnOnce(&dyn HostedGraph) -> Result<T, ErrorBody> + Send + 'static,
) -> Answer<T> {
    let graph = shared.graph.clone();
    match tokio::task::spawn_blocking(move || ask(graph.as_ref())).await {
        Ok(answer) => Ok(Json(answer?)),
        Err(error) => {
            let message = format!("the runtime could not answer, which is a defect of it: {error}");
            Err(ErrorBody::new(ErrorCode::Internal, message).into())
        }
    }
}
