//! The whole way of an email under a clock that stands still: a database on either engine, the
//! production step of the worker, and a mail server that does what the test tells it.

use std::sync::Arc;

use aftercare::clinic::account::Role;
use aftercare::clinic::body::Region;
use aftercare::clinic::case::{BookedPressure, LastReaction, Treatment};
use aftercare::clinic::catalogue::Catalogue;
use aftercare::clinic::ids::{AccountId, EmailId, IntakeId, VisitId};
use aftercare::clinic::intake::{Consent, Intake, ReportedCondition};
use aftercare::clinic::profile::ClinicProfile;
use aftercare::clinic::protocol::Step;
use aftercare::clock::Clock;
use aftercare::mail::frozen::Frozen;
use aftercare::seal::password;
use aftercare::store::catalogue::newest::Newest;
use aftercare::store::client::Registered;
use aftercare::store::email::{self, Email};
use aftercare::store::intake::{self, Given};
use aftercare::store::outbox::{self, NewEmail};
use aftercare::store::setting::{self, SignOff};
use aftercare::store::visit::{self, Appointment, VisitState};
use aftercare::store::{Db, Store, account, audit, client, clinic, consent, fresh_uuid, login};
use aftercare::web::completion::{self, Made};
use aftercare::web::letters::Letters;
use aftercare::web::proxy::Proxies;
use aftercare::web::sending::Sending;
use aftercare::web::{Web, passwords};
use aftercare::worker::{Delivered, Worker};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use super::browser::Browser;
use super::cast::{Cast, at, change, minutes, profile};
use super::engines::{Engine, ask, engines, run, seal};
use super::scripted::{Script, Scripted, Taken};
use super::worker::{RULES, header, mailer, step, worker};

/// One clinic with Theo and Cleo, who agreed to emails and answered her intake with "nothing".
pub struct TestApp {
    pub engine: Engine,
    pub clock: Clock,
    pub worker: Worker,
    pub peer: Scripted,
    pub cast: Cast,
    /// Due mail at the end of a test is a mistake, unless the test says otherwise.
    pub due_mail_may_stay: bool,
}

impl TestApp {
    /// On each engine, at this moment, with a mail server that takes everything.
    pub async fn at(now: &str) -> Vec<Self> {
        Self::with(now, Script::new).await
    }

    /// On each engine, at this moment, with a mail server that does this.
    pub async fn with(now: &str, script: impl Fn() -> Script) -> Vec<Self> {
        let mut apps = Vec::new();
        for engine in engines().await {
            apps.push(Self::on(engine, at(now), Scripted::start(script()).await).await);
        }
        apps
    }

    async fn on(engine: Engine, now: Timestamp, peer: Scripted) -> Self {
        let cast = Cast::fresh();
        let clock = Clock::fixed(now);
        let worker = worker(engine.store.clone(), clock.clone(), &peer.url());
        let app = Self { engine, clock, worker, peer, cast, due_mail_may_stay: false };
        app.write(async |db| {
            clinic::insert(db, cast.clinic, &english(), now).await?;
            account::insert(db, cast.clinic, &cast.theo(), now).await?;
            cast.enter_staff(db).await;
            client::insert(db, cast.clinic, &cleo(&cast), now).await?;
            for purpose in [Consent::AftercareEmail, Consent::CheckInEmail] {
                consent::set(db, cast.clinic, cast.cleo, change(purpose, true, now)).await?;
            }
            let version = app.catalogue().version().to_owned();
            setting::sign_off(db, &SignOff { version, signed_by: "Dr Adisa".into(), signed_at: now }).await?;
            Ok(())
        })
        .await;
        app.answer(&[]).await;
        app
    }

    pub fn catalogue(&self) -> &Catalogue {
        &self.worker.catalogue
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn advance(&self, by: SignedDuration) {
        self.clock.set(self.now() + by);
    }

    /// Goes to this moment.
    pub fn go_to(&self, moment: &str) {
        self.clock.set(at(moment));
    }

    /// One transaction.
    pub async fn write<T>(&self, work: impl AsyncFnOnce(&mut Db) -> aftercare::store::Result<T>) -> T {
        let mut db = self.engine.store.write().await.expect("a transaction");
        let done = work(&mut db).await.expect("the database takes it");
        db.commit().await.expect("commits");
        done
    }

    /// The step of production, once.
    pub async fn run_worker(&self) -> Delivered {
        step(&self.worker).await
    }

    /// The worker's step for notices, once. Returns how many went out.
    pub async fn run_notices(&self) -> u64 {
        let (_keep, never) = watch::channel(false);
        self.worker.recur(&never).await.expect("a step")
    }

    /// From now on mail goes there.
    pub fn mail_to(&mut self, url: &str) {
        self.worker.mailer = Some(mailer(&[url], &self.clock));
    }

    /// The pages of this house.
    pub fn web(&self) -> Web {
        Web {
            store: self.engine.store.clone(),
            clock: self.clock.clone(),
            catalogue: Arc::clone(&self.worker.catalogue),
            newest: Newest::over(Arc::clone(&self.worker.catalogue)),
            form: Arc::clone(&RULES.form),
            letters: Letters::new(Arc::clone(&self.worker.letters), Arc::clone(&self.worker.catalogue)),
            demo: false,
            https: true,
            origin: Some("https://lindenhof.example".into()),
            base_url: self.worker.base_url.clone(),
            hashing: passwords::places(),
            sending: Sending {
                ways: vec!["mail.lindenhof.example:587".into()],
                from: "desk@lindenhof.example".parse().expect("an address"),
                reply_to: "desk@lindenhof.example".parse().expect("an address"),
                is_fixed: true,
                inside: false,
            }
            .into(),
            proxies: Proxies::new(vec!["10.0.0.0/8".parse().expect("a network")]),
            sent_text: None,
            metrics: None,
            webhooks_inside: false,
        }
    }

    /// A browser with Ada, Theo, Rosa or Otto signed in.
    pub async fn sign_in(&self, name: &str) -> Browser {
        let (clinic, account) = self.cast.staff(name);
        Browser::signed_in(self.web(), clinic, account).await
    }

    /// Ada is an admin of Otto's clinic as well, and so of every clinic here.
    pub async fn ada_is_admin_everywhere(&self) {
        let there = account::Account {
            id: AccountId::from_uuid(fresh_uuid(self.now())),
            name: "Ada Muster".parse().expect("a name"),
            email: "ada@example.org".parse().expect("an address"),
            role: Role::Admin,
        };
        self.write(async |db| account::insert(db, self.cast.other_clinic, &there, self.now()).await).await;
    }

    /// A browser with nobody before it.
    pub fn visitor(&self) -> Browser {
        Browser::new(self.web())
    }

    /// Gives a member of staff this password.
    pub async fn give_password(&self, name: &str, words: &str) {
        let (clinic, account) = self.cast.staff(name);
        let hash = password::hash(words).expect("a hash");
        let now = self.now();
        self.write(async |db| {
            let login = login::of_account(db, clinic, account).await?.expect("an account");
            login::set_password(db, login, &hash, now).await
        })
        .await;
    }

    /// A new intake of Cleo's with these conditions.
    pub async fn answer(&self, conditions: &[&str]) {
        let conditions = conditions
            .iter()
            .map(|id| ReportedCondition { id: (*id).into(), region: None, side: None, since: None, status: None })
            .collect();
        let now = self.now();
        let given = Given {
            id: IntakeId::from_uuid(fresh_uuid(now)),
            client: self.cast.cleo,
            given_at: now,
            form_version: 1,
            answers: Intake { conditions, ..Intake::default() },
            entered_by: "client".into(),
        };
        self.write(async |db| intake::insert(db, self.cast.clinic, &given).await).await;
    }

    /// Books Cleo for an hour from this moment.
    pub async fn book(&self, starts_at: &str) -> VisitId {
        let visit = Appointment {
            id: VisitId::from_uuid(fresh_uuid(self.now())),
            client: self.cast.cleo,
            therapist: Some(self.cast.theo),
            starts_at: at(starts_at),
            ends_at: at(starts_at) + minutes(60),
            state: VisitState::Booked,
            treatment: swedish(),
            completed_at: None,
        };
        self.write(async |db| completion::book(db, self.made(), self.cast.clinic, &visit, self.now()).await).await;
        visit.id
    }

    /// So many emails to Cleo that are due at this moment, each of a visit on a day of its own.
    pub async fn owed(&self, many: usize, due: &str) -> Vec<VisitId> {
        let address = self.cast.cleo().client.email.expect("Cleo has one");
        self.owed_to(&vec![address.as_str(); many], due).await
    }

    /// So many more emails to Cleo, due now, of visits on days that no other visit of these is on.
    pub async fn owed_again(&self, many: usize) -> Vec<VisitId> {
        let due = self.now() - SignedDuration::from_hours(24 * 400) * i32::try_from(self.visits().await).expect("few");
        let visits = self.owed(many, &due.to_string()).await;
        for visit in &visits {
            let (due, ends) = (self.now().as_millisecond(), (self.now() + minutes(600)).as_millisecond());
            self.sql(&format!(
                "update email set due_at = {due}, next_at = {due}, not_after = {ends} where visit_id = '{visit}'"
            ))
            .await;
        }
        visits
    }

    async fn visits(&self) -> usize {
        self.ask("select id from visit").await.len()
    }

    /// One email to each of these addresses, due at this moment, each of a visit of Cleo's on a day of its own.
    pub async fn owed_to(&self, addresses: &[&str], due: &str) -> Vec<VisitId> {
        let mut visits = Vec::new();
        let mut emails = Vec::new();
        for (day, address) in (1..).zip(addresses) {
            let ends_at = at(due) - SignedDuration::from_hours(24 * day);
            let id = VisitId::from_uuid(fresh_uuid(self.now()));
            visits.push(Appointment {
                id,
                starts_at: ends_at - minutes(60),
                ends_at,
                state: VisitState::Completed,
                treatment: swedish(),
                completed_at: Some(ends_at),
                ..self.cast.appointment()
            });
            let due = at(due).to_zoned(profile().zone.rules().clone());
            let not_after = due.timestamp() + minutes(18 * 60);
            let recipient = address.parse().expect("an address");
            emails.push(NewEmail { visit: id, due, not_after, recipient, ..self.cast.email(Step::SameDay) });
        }
        self.write(async |db| {
            for visit in &visits {
                visit::insert(db, self.cast.clinic, visit, self.now()).await?;
            }
            outbox::insert(db, &emails, self.now()).await
        })
        .await;
        visits.into_iter().map(|visit| visit.id).collect()
    }

    /// Completes a visit now; `false` when it was completed before.
    pub async fn complete(&self, visit: VisitId) -> bool {
        self.write(async |db| completion::complete(db, self.made(), self.cast.clinic, visit, self.now()).await).await
    }

    /// Books a visit for this moment, goes to its end and completes it.
    pub async fn visited(&self, starts_at: &str) -> VisitId {
        let visit = self.book(starts_at).await;
        self.clock.set(at(starts_at) + minutes(60));
        assert!(self.complete(visit).await, "completed once");
        visit
    }

    pub fn made(&self) -> Made<'_> {
        Made { catalogue: &self.worker.catalogue, letters: &self.worker.letters, domain: "lindenhof.example" }
    }

    pub async fn emails(&self, visit: VisitId) -> Vec<Email> {
        self.write(async |db| email::of_visit(db, self.cast.clinic, visit).await).await
    }

    pub async fn email(&self, visit: VisitId, step: Step) -> Email {
        let emails = self.emails(visit).await;
        emails.into_iter().find(|email| email.step == step).expect("the step is owed")
    }

    pub async fn frozen(&self, id: EmailId) -> Option<Frozen> {
        let kept = self.write(async |db| outbox::content(db, self.cast.clinic, id).await).await;
        kept.map(|kept| Frozen::from_bytes(&kept).expect("a frozen copy"))
    }

    /// What the audit tells of an email, oldest first.
    pub async fn deeds(&self, id: EmailId) -> Vec<String> {
        let entries = self.write(async |db| audit::of_record(db, self.cast.clinic, &id.to_string()).await).await;
        entries.into_iter().map(|entry| entry.action).collect()
    }

    /// What the audit tells of a visit, oldest first.
    pub async fn deeds_of(&self, visit: VisitId) -> Vec<String> {
        let entries = self.write(async |db| audit::of_record(db, self.cast.clinic, &visit.to_string()).await).await;
        entries.into_iter().map(|entry| entry.action).collect()
    }

    /// Runs a statement of the test's own.
    pub async fn sql(&self, sql: &str) -> u64 {
        self.write(async |db| Ok(run(db, sql).await.expect("the test's own statement"))).await
    }

    /// Asks a question of the test's own.
    pub async fn ask(&self, sql: &str) -> Vec<String> {
        self.write(async |db| Ok(ask(db, sql).await)).await
    }

    /// What the server took so far.
    pub fn taken(&self) -> Vec<Taken> {
        self.peer.seen().taken
    }

    /// The subjects of what the server took so far.
    pub fn subjects(&self) -> Vec<String> {
        self.taken().iter().map(|taken| header(&taken.body, "Subject")).collect()
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if self.due_mail_may_stay || std::thread::panicking() {
            return;
        }
        let (url, now) = (self.engine.url.clone(), self.clock.now());
        // Dropping cannot wait, so another thread with a runtime of its own looks.
        let left = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let store = Store::open(&url, seal()).await.expect("opens");
                let mut db = store.read().await.expect("reads");
                let sql = format!(
                    "select step from email where state in ('scheduled', 'claimed', 'sending') and next_at <= {}",
                    now.as_millisecond()
                );
                let left = ask(&mut db, &sql).await;
                drop(db);
                store.close().await;
                left
            })
        });
        let left = left.join().expect("looked");
        assert!(left.is_empty(), "due mail was left behind: {left:?}");
    }
}

fn swedish() -> Treatment {
    Treatment {
        technique: "swedish".into(),
        pressure: BookedPressure::Moderate,
        regions: vec![Region::LowerBack],
        last_reaction: LastReaction::None,
    }
}

fn english() -> ClinicProfile {
    ClinicProfile { locale: "en".into(), ..profile() }
}

fn cleo(cast: &Cast) -> Registered {
    let mut cleo = cast.cleo();
    cleo.client.locale = None;
    cleo
}
