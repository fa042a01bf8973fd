//! Connections: accepted up to a number, read within limits, ended in order.

use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use streamlib_protocol::HEADER_BYTES_MAX;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::{Shared, routes};

/// Most connections at once; more wait until one ends.
const CONNECTIONS_MAX: usize = 128;
/// Most headers of a request.
const HEADERS_MAX: usize = 64;
/// How long the head of a request may take to arrive.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long answers under way may take after the end was asked for.
const END_TIMEOUT: Duration = Duration::from_secs(1);

/// Answers on the socket until `end` becomes true, then ends answers that are under way.
pub(crate) async fn serve(listener: UnixListener, shared: Shared, mut end: watch::Receiver<bool>) {
    let router = routes::router(shared);
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { break };
        let stream = tokio::select! {
            accepted = listener.accept() => accepted,
            _ended = end.wait_for(|is_end| *is_end) => break,
        };
        while connections.try_join_next().is_some() {}
        match stream {
            Ok((stream, _address)) => {
                let connection = connection(stream, router.clone(), end.clone());
                connections.spawn(async move {
                    connection.await;
                    drop(place);
                });
            }
            // Out of descriptors, most likely: those that end give some back.
            Err(_out_of_descriptors) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    drop(listener);
    let all_ended = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(END_TIMEOUT, all_ended).await.is_err() {
        connections.shutdown().await;
    }
}

async fn connection(stream: UnixStream, router: axum::Router, mut end: watch::Receiver<bool>) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_headers(HEADERS_MAX)
        .max_buf_size(HEADER_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        // A client that breaks off or sends no HTTP is its own affair.
        _served = connection.as_mut() => return,
        _ended = end.wait_for(|is_end| *is_end) => connection.as_mut().graceful_shutdown(),
    }
    let _served = connection.await;
}
