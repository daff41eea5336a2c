//! `/metrics`: what whoever is woken at three at night wants to know, in the text that Prometheus reads. Off unless
//! `web.metrics` is set, and then for a token with the scope `metrics`: how mail and alerts of the token's clinic
//! stand, and how this process answers. Labels name routes, states and methods, and never a person, an address or a
//! health fact. What is counted in the database is counted by index, and no further than it says.

use std::fmt;
use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use jiff::{SignedDuration, Timestamp};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::{encode, encode_registry};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use tokio::time::Instant;

use super::Web;
use super::api::door::Caller;
use super::api::problem::Problem;
use super::error::Error;
use crate::clinic::alert::Standing;
use crate::clinic::ids::ClinicId;
use crate::clinic::outbox::State as Mail;
use crate::store::setting::HEARTBEAT;
use crate::store::{self, Db};

/// No more rows of a kind are counted.
const MOST: u32 = 1000;

/// Where the times of answers are told apart, in seconds.
const BOUNDS: [f64; 8] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0];

/// The text that Prometheus and others read.
const KIND: HeaderValue = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Answered {
    method: String,
    route: String,
    status: u32,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Asked {
    method: String,
    route: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct InState {
    state: &'static str,
}

/// What this process was asked, and how it answered, since it began.
#[derive(Clone)]
pub struct Requests {
    registry: Arc<Registry>,
    answers: Family<Answered, Counter>,
    took: Family<Asked, Histogram, fn() -> Histogram>,
}

impl fmt::Debug for Requests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Requests")
    }
}

impl Requests {
    /// Nothing was asked yet.
    #[must_use]
    pub fn new() -> Self {
        let answers = Family::default();
        let took: Family<Asked, Histogram, fn() -> Histogram> = Family::new_with_constructor(|| Histogram::new(BOUNDS));
        let mut registry = Registry::with_prefix("aftercare");
        registry.register("http_answers", "Answers by route and status", answers.clone());
        registry.register("http_seconds", "How long answers took, by route", took.clone());
        Self { registry: Arc::new(registry), answers, took }
    }

    fn count(&self, method: &Method, route: &str, status: u16, took: f64) {
        // Any word can stand where a method does; those that are none of ours are one.
        let ours = [Method::GET, Method::HEAD, Method::POST, Method::PATCH];
        let method = if ours.contains(method) { method.to_string() } else { "other".into() };
        let asked = Asked { method: method.clone(), route: route.to_owned() };
        self.took.get_or_create(&asked).observe(took);
        self.answers.get_or_create(&Answered { method, route: route.to_owned(), status: status.into() }).inc();
    }
}

impl Default for Requests {
    fn default() -> Self {
        Self::new()
    }
}

/// The layer that counts. The route is the line of the table, without what varies: an address can hold a secret.
pub(super) async fn measure(State(web): State<Web>, request: Request, next: Next) -> Response {
    let Some(requests) = web.metrics else { return next.run(request).await };
    let route =
        request.extensions().get::<MatchedPath>().map_or_else(|| "none".into(), |path| path.as_str().to_owned());
    let (method, began) = (request.method().clone(), Instant::now());
    let answer = next.run(request).await;
    requests.count(&method, &route, answer.status().as_u16(), began.elapsed().as_secs_f64());
    answer
}

/// `GET /metrics`.
///
/// # Errors
/// When the database does not answer.
pub async fn show(State(web): State<Web>, caller: Caller) -> Result<Response, Problem> {
    let requests = web.metrics.clone().ok_or(Error::NotFound)?;
    let mut db = web.store.read().await?;
    let ours = standing(&web, &mut db, caller.clinic).await?;
    drop(db);
    let mut text = String::new();
    encode_registry(&mut text, &ours).map_err(unwritten)?;
    encode(&mut text, &requests.registry).map_err(unwritten)?;
    Ok(([(header::CONTENT_TYPE, KIND)], text).into_response())
}

fn unwritten(error: fmt::Error) -> Error {
    tracing::error!(%error, "the metrics could not be written");
    Error::Broken
}

/// How mail and alerts of a clinic stand.
async fn standing(web: &Web, db: &mut Db, clinic: ClinicId) -> Result<Registry, Error> {
    let mut registry = Registry::with_prefix("aftercare");
    let now = web.clock.now();
    line(&mut registry, db, clinic, now).await?;
    gone(&mut registry, db, clinic, now).await?;
    alerts(&mut registry, db, clinic, now).await?;
    let stopped = Family::<InState, Gauge>::default();
    for (state, is) in [
        ("paused", store::pause::of(db, clinic).await?.is_some()),
        ("restored", store::hold::of(db, clinic).await?.is_some()),
    ] {
        stopped.get_or_create(&InState { state }).set(i64::from(is));
    }
    registry.register("mail_stopped", "1 while no mail to clients leaves, by why", stopped);
    let beat = store::setting::find(db, HEARTBEAT).await?;
    let beat = beat.and_then(|text| text.parse().ok()).and_then(|at| Timestamp::from_millisecond(at).ok());
    if let Some(beat) = beat {
        one(
            &mut registry,
            "worker_silence_seconds",
            "Since a worker last looked",
            seconds(beat, web.clock.system_now()),
        );
    }
    Ok(registry)
}

/// What is due.
async fn line(registry: &mut Registry, db: &mut Db, clinic: ClinicId, now: Timestamp) -> Result<(), Error> {
    let line = store::delivery::in_line(db, clinic, MOST).await?;
    let due: Vec<Timestamp> = line.iter().filter(|one| one.next_at <= now).map(|one| one.due_at).collect();
    let oldest = due.iter().min().map_or(0, |at| seconds(*at, now));
    let says = "Emails whose time has come, among the first 1000 of the line of all clinics";
    one(registry, "emails_due", says, count(due.len()));
    one(registry, "emails_oldest_due_seconds", "How long the oldest of them has been due", oldest);
    Ok(())
}

/// What left, and what did not go as it should.
async fn gone(registry: &mut Registry, db: &mut Db, clinic: ClinicId, now: Timestamp) -> Result<(), Error> {
    let ago = |hours| now.saturating_sub(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MIN);
    let left = store::delivery::left(db, clinic, ago(1), MOST).await?;
    one(registry, "emails_sent_last_hour", "Emails that a server took in the last hour, up to 1000", count(left.len()));
    let open = store::delivery::open(db, clinic, MOST).await?;
    let ended = store::delivery::ended(db, clinic, ago(24), MOST).await?;
    let wrong = Family::<InState, Gauge>::default();
    for state in [Mail::Held, Mail::Uncertain, Mail::Failed, Mail::Suppressed, Mail::Expired] {
        let many = open.iter().chain(&ended).filter(|one| one.state == state).count();
        wrong.get_or_create(&InState { state: state.id() }).set(count(many));
    }
    let says = "Emails that wait for a person's word (held, uncertain), and those of the last day that will not go out";
    registry.register("emails_wrong", says, wrong);
    Ok(())
}

/// Who waits for a call.
async fn alerts(registry: &mut Registry, db: &mut Db, clinic: ClinicId, now: Timestamp) -> Result<(), Error> {
    let all = store::alert::open(db, clinic).await?;
    let open = Family::<InState, Gauge>::default();
    for standing in [Standing::Open, Standing::Taken] {
        let many = all.iter().filter(|one| one.standing == standing).count();
        open.get_or_create(&InState { state: standing.id() }).set(count(many));
    }
    registry.register("alerts", "Alerts without an outcome", open);
    let late = all.iter().filter(|one| one.standing == Standing::Open && one.due_at <= now).count();
    one(registry, "alerts_overdue", "Alerts that nobody took in time", count(late));
    Ok(())
}

fn one(registry: &mut Registry, name: &str, says: &str, value: i64) {
    let gauge = Gauge::<i64>::default();
    gauge.set(value);
    registry.register(name, says, gauge);
}

fn count(many: usize) -> i64 {
    i64::try_from(many).unwrap_or(i64::MAX)
}

fn seconds(since: Timestamp, now: Timestamp) -> i64 {
    now.duration_since(since).as_secs().max(0)
}
