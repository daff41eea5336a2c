//! The rooms as they stand by the newest catalogue. When another was published, by whichever process, the next
//! request finds the rooms built anew; one that is under way ends by the catalogue it began with.

use std::sync::{Arc, PoisonError, RwLock};

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use tower::ServiceExt as _;

use super::Web;
use super::routes::rooms;
use crate::clinic::catalogue::Catalogue;
use crate::clinic::intake::form::Form;

/// Every address there is. Each request goes by one catalogue from beginning to end: the newest when it came.
pub fn router(web: Web) -> Router {
    let house = Arc::new(House::new(web));
    Router::new().fallback(move |request: Request| {
        let house = Arc::clone(&house);
        async move { house.answer(request).await }
    })
}

/// The pages of this process.
struct House {
    web: Web,
    /// By which catalogue they were built.
    open: RwLock<(Arc<Catalogue>, Router)>,
}

impl House {
    fn new(web: Web) -> Self {
        let open = RwLock::new((Arc::clone(&web.catalogue), rooms(web.clone())));
        Self { web, open }
    }

    async fn answer(&self, request: Request) -> Response {
        // What never changes with a catalogue is not kept waiting for the database.
        let asks = !["/static/", "/healthz"].iter().any(|path| request.uri().path().starts_with(path));
        let rooms = if asks { self.newest().await } else { self.open().1 };
        rooms.oneshot(request).await.into_response()
    }

    fn open(&self) -> (Arc<Catalogue>, Router) {
        // Nothing panics while it is held, and it is never half changed.
        self.open.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The rooms by the newest catalogue; the ones there are while the database does not answer.
    async fn newest(&self) -> Router {
        let (by, rooms) = self.open();
        let look = async { self.web.newest.look(&mut self.web.store.read().await?).await };
        match look.await {
            Ok(newest) if newest.version() != by.version() => self.rebuilt(newest).unwrap_or(rooms),
            Ok(_) => rooms,
            Err(problem) => {
                tracing::debug!(%problem, "whether another catalogue was published is not known");
                rooms
            }
        }
    }

    fn rebuilt(&self, catalogue: Arc<Catalogue>) -> Option<Router> {
        let form = Form::shipped(&catalogue).map_err(|problem| {
            tracing::error!(problem, "the form cannot be put together by the newest catalogue");
        });
        let letters = self.web.letters.clone().by(Arc::clone(&catalogue));
        let web = Web { catalogue: Arc::clone(&catalogue), form: Arc::new(form.ok()?), letters, ..self.web.clone() };
        let built = rooms(web);
        *self.open.write().unwrap_or_else(PoisonError::into_inner) = (catalogue, built.clone());
        Some(built)
    }
}
