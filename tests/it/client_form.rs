//! The intake form in the client's own hands, through the real router, on both engines.

mod danger;
mod desk;
mod door;
mod in_spanish;
mod invited;
mod once;
pub mod own;
mod walk;

use aftercare::clinic::ids::VisitId;
use aftercare::clinic::intake::form::Form;
use aftercare::clinic::link::Purpose;
use aftercare::store::intake::{self, Given};
use aftercare::store::link::{self, NewLink};
use aftercare::store::{audit, visit};

use crate::intake::filled::Filled;
use crate::support::app::TestApp;
use crate::support::browser::{Answer, Browser};

const MORNING: &str = "2026-01-05T08:00:00Z";

/// Cleo's date of birth.
const BORN: [(&str, &str); 3] = [("day", "29"), ("month", "2"), ("year", "1988")];

/// A client at a phone, which keeps its cookies and knows where it is.
struct Phone {
    browser: Browser,
    cookies: Vec<(String, String)>,
    token: String,
    at: String,
}

impl Phone {
    /// A phone with a link to the form of this visit.
    async fn with_link(app: &TestApp, visit: VisitId) -> Self {
        Self::with_token(app, &token(app, visit).await)
    }

    fn with_token(app: &TestApp, token: &str) -> Self {
        let at = format!("/f/{token}");
        Self { browser: app.visitor(), cookies: Vec::new(), token: token.to_owned(), at }
    }

    fn keep(&mut self, answer: &Answer) {
        for cookie in answer.headers.get_all("set-cookie") {
            let pair = cookie.to_str().expect("a cookie").split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').expect("name=value");
            self.cookies.retain(|(one, _)| one != name);
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
        let all: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        self.browser.secret = None;
        self.browser.headers = vec![("cookie", all.join("; "))];
    }

    /// Opens an address and follows where it leads.
    async fn open(&mut self, path: &str) -> Answer {
        let mut path = path.to_owned();
        for _ in 0..5 {
            let answer = self.browser.get(&path).await;
            self.keep(&answer);
            self.at.clone_from(&path);
            if answer.status.as_u16() != 303 {
                return answer;
            }
            path = answer.leads_to().to_owned();
        }
        panic!("{path} leads in circles");
    }

    /// Opens the link.
    async fn start(&mut self) -> Answer {
        let path = format!("/f/{}", self.token);
        self.open(&path).await
    }

    /// Gives a date of birth.
    async fn born(&mut self, date: &[(&str, &str)]) -> Answer {
        let path = format!("/f/{}", self.token);
        let answer = self.browser.post_as_is(&path, date).await;
        self.keep(&answer);
        answer
    }

    /// Opens the link and passes the door.
    async fn come_in(&mut self) -> Answer {
        let answer = self.born(&BORN).await;
        assert_eq!(answer.status.as_u16(), 303, "{}", answer.body);
        self.open(answer.leads_to()).await
    }

    /// The topic of the page one is on.
    fn topic(&self) -> &str {
        self.at.split('?').next().unwrap_or_default().rsplit('/').next().unwrap_or_default()
    }

    /// Sends the page one is on, with these fields over what stands there, and opens where that leads.
    async fn send(&mut self, page: &Answer, fields: &[(&str, &str)], act: &str) -> Answer {
        let answer = self.press(page, fields, act).await;
        if answer.status.as_u16() == 303 {
            return self.open(answer.leads_to()).await;
        }
        answer
    }

    /// Sends the page one is on, and stays.
    async fn press(&mut self, page: &Answer, fields: &[(&str, &str)], act: &str) -> Answer {
        let mut filled = Filled::classed(&page.body, "client-form");
        for (name, value) in fields {
            if matches!(*name, "yes" | "none" | "mark" | "load") {
                filled.tick(name, value);
            } else {
                filled.choose(name, value);
            }
        }
        let answer = self.browser.post_as_is(&self.at.clone(), &filled.pairs_with(act)).await;
        self.keep(&answer);
        answer
    }

    /// Goes on from this page with the least one can say, until this topic.
    async fn until(&mut self, mut page: Answer, topic: &str) -> Answer {
        for _ in 0..30 {
            assert_eq!(page.status.as_u16(), 200, "{}: {}", self.at, page.body);
            let here = self.topic().to_owned();
            if here == topic {
                return page;
            }
            page = self.on(page).await;
        }
        panic!("{topic} never comes; at {}", self.at);
    }

    /// Goes on from this page with the least one can say.
    async fn on(&mut self, page: Answer) -> Answer {
        match self.topic().to_owned().as_str() {
            "warning" => self.send(&page, &[("now", "no")], "next").await,
            "about" => self.send(&page, &[("who", "self")], "next").await,
            "last" => self.send(&page, &[], "change").await,
            "consents" => self.send(&page, &AGREED, "next").await,
            "signature" => self.send(&page, &[("signed_name", "Cleo Okafor")], "next").await,
            "words" | "where" | "feel" | "daily" => self.send(&page, &[], "blank").await,
            group => self.send(&page, &[("none", group)], "next").await,
        }
    }
}

const AGREED: [(&str, &str); 5] = [
    ("agree.health_data", "yes"),
    ("agree.treatment", "yes"),
    ("agree.aftercare_email", "yes"),
    ("agree.check_in_email", "no"),
    ("agree.marketing", "no"),
];

/// A new link to the form of this visit.
async fn token(app: &TestApp, visit: VisitId) -> String {
    app.write(async |db| {
        let found = visit::find(db, app.cast.clinic, visit).await?.expect("a visit");
        let link =
            NewLink { client: found.client, visit: Some(visit), purpose: Purpose::Intake, ends_at: found.ends_at };
        link::keep(db, app.cast.clinic, link, app.now()).await
    })
    .await
}

/// Cleo has a visit, and never gave an intake.
async fn first_visit(app: &TestApp) -> VisitId {
    app.sql("delete from intake").await;
    app.book("2026-01-07T09:00:00Z").await
}

async fn intakes(app: &TestApp) -> Vec<Given> {
    app.write(async |db| intake::of_client(db, app.cast.clinic, app.cast.cleo).await).await
}

async fn deeds(app: &TestApp, record: impl ToString) -> Vec<String> {
    let entries = app.write(async |db| audit::of_record(db, app.cast.clinic, &record.to_string()).await).await;
    entries.into_iter().map(|entry| entry.action).collect()
}

fn form(app: &TestApp) -> Form {
    Form::shipped(app.catalogue()).expect("what ships")
}
