//! The sensor link: `POST /sensor/v1/alerts`, on the unix socket of the hub.
//!
//! NDJSON lines `{"sensor","epoch","sequence","matched_ns"?,"sent_ns"?,"alert":{…}}`; a sequence at
//! or below one that was accepted before is a repetition. The answer is `{"accepted":n,"duplicates":m}`. Who may connect is decided by whoever
//! owns the socket (peer credentials); this knows no users.

use axum::{
    Router as Routes,
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
    routing::post,
};
use http::header;

use super::{answer::Rejection, body, http::count_rejection};
use crate::router::{Accepted, Router};

#[derive(Clone)]
struct Door {
    router: Router,
    bodies: body::BodyReader,
}

/// The routes of the sensor link.
pub fn sensor_link(router: Router) -> Routes {
    let door = Door { router, bodies: body::BodyReader::default() };
    Routes::new().route("/sensor/v1/alerts", post(alerts)).with_state(door)
}

async fn alerts(State(door): State<Door>, body: Body) -> Response {
    match door.take(body).await {
        Ok(accepted) => {
            let text = format!("{{\"accepted\":{},\"duplicates\":{}}}", accepted.new, accepted.duplicates);
            ([(header::CONTENT_TYPE, "application/json")], text).into_response()
        }
        Err(rejection) => {
            count_rejection(&door.router, &rejection);
            rejection.into_response()
        }
    }
}

impl Door {
    async fn take(&self, body: Body) -> Result<Accepted, Rejection> {
        let (bytes, _permit) = self.bodies.read(body).await?;
        let alerts = body::parse_sensor(&bytes, self.router.now_ns())?;
        drop(bytes);
        Ok(self.router.ingest(alerts).await?)
    }
}
