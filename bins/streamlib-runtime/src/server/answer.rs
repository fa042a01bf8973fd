//! Answers: JSON for what went well, JSON with a code for what did not.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Response, StatusCode};
use axum::response::IntoResponse;
use serde::Serialize;
use serde::de::DeserializeOwned;
use streamlib_protocol::{ErrorBody, ErrorCode};

/// What a handler returns.
pub(super) type Answer<T> = Result<Json<T>, Refused>;

/// A value as JSON.
#[derive(Debug)]
pub(super) struct Json<T>(pub(super) T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response<Body> {
        match serde_json::to_vec(&self.0) {
            Ok(body) => json(StatusCode::OK, body),
            Err(error) => {
                let message = format!("the answer cannot be written as JSON: {error}");
                Refused(ErrorBody::new(ErrorCode::Internal, message)).into_response()
            }
        }
    }
}

/// A refusal.
#[derive(Debug)]
pub(super) struct Refused(pub(super) ErrorBody);

impl From<ErrorBody> for Refused {
    fn from(body: ErrorBody) -> Self {
        Self(body)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response<Body> {
        let status = StatusCode::from_u16(self.0.code.http_status());
        let body = serde_json::to_vec(&self.0).unwrap_or_default();
        json(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), body)
    }
}

fn json(status: StatusCode, body: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Reads the body of a request. An empty one stands for an empty object.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, ErrorBody> {
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| {
        let message = format!("the body of the request is not what this path takes: {error}");
        ErrorBody::new(ErrorCode::BadRequest, message)
    })
}
