//! Every page there is, as every role, walked by its own links: nothing that axe finds, a quiet
//! console, no link into a closed door, nothing that scrolls sideways from a phone to a desk.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use aftercare::app::Rules;
use aftercare::clinic::account::{Role, may};
use aftercare::clock::Clock;
use aftercare::config::Settings;
use aftercare::seal::Seal;
use aftercare::store::Store;
use aftercare::store::catalogue::newest::Newest;
use aftercare::web::guard::Route;
use aftercare::web::letters::Letters;
use aftercare::web::proxy::Proxies;
use aftercare::web::sending::Sending;
use aftercare::web::{self, Web, passwords};
use axum::http::Method;
use jiff::Timestamp;
use serde_json::json;
use url::Url;

use crate::chrome::{Chrome, Look};
use crate::{Demo, axe, may_run};

/// A phone in the dark and a desk by day: the two together meet every colour and every width.
const LOOKS: [Look; 2] = [Look { width: 360, dark: true }, Look { width: 1280, dark: false }];

/// No page is heavier, in bytes.
const HEAVIEST: u64 = 150_000;

/// Pages that no link of the demo leads to: what shows up after a form was sent, or only once there
/// is something to decide or to print.
const NOT_BY_LINK: [&str; 8] = [
    "/mailbox/notices/{id}",
    "/signed-in",
    "/visits/{id}/intake/saved",
    "/clients/{id}/intake/saved",
    "/visits/{id}/note/print",
    "/visits/{id}/no-show",
    "/delivery/emails/{id}",
    "/delivery/hold",
];

#[tokio::test]
async fn every_page_of_every_role_can_be_used_by_everybody() {
    if !may_run() {
        return;
    }
    let demo = Demo::start();
    let chrome = Chrome::start().await;
    let table = route_table().await;
    let mut wrong = Vec::new();
    for (name, role, samples) in [("Theo", Role::Therapist, 2), ("Rosa", Role::Reception, 2), ("Ada", Role::Admin, 2)] {
        let mut walk = Walk::new(&chrome, &demo, &table, name, samples);
        walk.sign_in().await;
        walk.along_the_links().await;
        let unseen: Vec<&str> = table
            .iter()
            .filter(|route| route.method == Method::GET && may(role, route.action))
            .map(|route| route.path)
            .filter(|path| !path.ends_with("/html") && !NOT_BY_LINK.contains(path))
            .filter(|path| !walk.seen.keys().any(|kind| kind.split('?').next() == Some(path)))
            .collect();
        println!("{name}: {} pages of {} kinds, {} things", walk.pages, walk.seen.len(), walk.wrong.len());
        for (kind, (bytes, took)) in &walk.weights {
            println!("{name}: {:>4} KB {took:>5.0} ms  {kind}", bytes.div_ceil(1000));
        }
        walk.say_the_worst();
        wrong.append(&mut walk.wrong);
        wrong.extend(unseen.iter().map(|path| format!("{name}: no link leads to {path}")));
        chrome.client.delete_all_cookies().await.expect("signed out");
    }
    wrong.extend(closed_doors(&chrome, &demo).await);
    chrome.stop().await;
    assert!(wrong.is_empty(), "{} things:\n{}", wrong.len(), wrong.join("\n\n"));
}

/// One member of staff, walking.
struct Walk<'a> {
    chrome: &'a Chrome,
    demo: &'a Demo,
    table: &'a [Route],
    name: &'a str,
    /// How many pages of one kind are looked at.
    samples: usize,
    /// How many were looked at, by kind.
    seen: BTreeMap<String, usize>,
    /// The heaviest page of each kind in bytes, and how long the house took for the slowest.
    weights: BTreeMap<String, (u64, f64)>,
    pages: usize,
    wrong: Vec<String>,
}

impl<'a> Walk<'a> {
    fn new(chrome: &'a Chrome, demo: &'a Demo, table: &'a [Route], name: &'a str, samples: usize) -> Self {
        Self {
            chrome,
            demo,
            table,
            name,
            samples,
            seen: BTreeMap::new(),
            weights: BTreeMap::new(),
            pages: 0,
            wrong: Vec::new(),
        }
    }

    async fn sign_in(&mut self) {
        let door = Url::parse(&format!("{}/sign-in?next=/day", self.demo.address)).expect("an address");
        self.chrome.client.goto(door.as_str()).await.expect("the door");
        self.look(&door).await;
        self.demo.come_in(self.chrome, self.name).await;
    }

    /// From the day on, each link once, until every kind has been looked at often enough.
    async fn along_the_links(&mut self) {
        let day = Url::parse(&format!("{}/day", self.demo.address)).expect("an address");
        let (mut known, mut ahead) = (BTreeSet::from([day.clone()]), VecDeque::from([day]));
        while let Some(page) = ahead.pop_front() {
            let times = self.seen.entry(kind(self.table, &page)).or_default();
            if *times >= self.samples {
                continue;
            }
            *times += 1;
            self.pages += 1;
            self.chrome.client.goto(page.as_str()).await.expect("the page opens");
            let status = self.chrome.run("return performance.getEntriesByType('navigation')[0].responseStatus").await;
            if status != json!(200) {
                self.wrong.push(format!("{}: {page} answers {status}, and a link leads there", self.name));
                self.chrome.complaints().await;
                continue;
            }
            self.weigh(&page).await;
            let links = self.chrome.run("return [...document.querySelectorAll('a[href]')].map(one => new URL(one.getAttribute('href'), document.baseURI).href)").await;
            for link in links.as_array().into_iter().flatten().filter_map(|link| Url::parse(link.as_str()?).ok()) {
                let mut link = link;
                link.set_fragment(None);
                let here = link.origin() == page.origin() && !link.path().starts_with("/static/");
                if here && !link.path().ends_with("/html") && known.insert(link.clone()) {
                    ahead.push_back(link);
                }
            }
            self.look(&page).await;
        }
    }

    /// What the browser measured of the page itself. The time is that of an unoptimised build, with
    /// everything the walk does beside it: told, and no limit.
    async fn weigh(&mut self, page: &Url) {
        const ASK: &str = "const page = performance.getEntriesByType('navigation')[0]; \
            return [page.decodedBodySize, page.responseStart - page.requestStart]";
        let told = self.chrome.run(ASK).await;
        let (bytes, took) = (told[0].as_u64().unwrap_or_default(), told[1].as_f64().unwrap_or_default());
        if bytes == 0 || bytes > HEAVIEST {
            self.wrong.push(format!("{}: {page} has {bytes} bytes", self.name));
        }
        let most = self.weights.entry(kind(self.table, page)).or_default();
        *most = (most.0.max(bytes), most.1.max(took));
    }

    /// The heaviest page and the one that took longest, by kind.
    fn say_the_worst(&self) {
        if let Some((kind, (bytes, _))) = self.weights.iter().max_by_key(|(_, (bytes, _))| *bytes) {
            println!("{}: the heaviest has {} of {} KB: {kind}", self.name, bytes.div_ceil(1000), HEAVIEST / 1000);
        }
        if let Some((kind, (_, took))) = self.weights.iter().max_by(|a, b| a.1.1.total_cmp(&b.1.1)) {
            println!("{}: the slowest took {took:.0} ms until its first byte: {kind}", self.name);
        }
    }

    async fn look(&mut self, page: &Url) {
        let kind = kind(self.table, page);
        let sample = self.seen.get(&kind).copied().unwrap_or_default();
        let found = looked_at(self.chrome, &format!("{}{kind}-{sample}", self.name)).await;
        self.wrong.extend(found.into_iter().map(|words| format!("{}: {page}: {words}", self.name)));
    }
}

/// What is wrong with the page that is open.
pub async fn looked_at(chrome: &Chrome, name: &str) -> Vec<String> {
    let said = chrome.complaints().await;
    let mut wrong: Vec<String> = said.into_iter().map(|line| format!("the console says {line}")).collect();
    // Before axe unfolds what is folded.
    chrome.keep_pictures(name).await;
    for look in LOOKS {
        chrome.dress(look).await;
        let wide = chrome.content_width().await;
        if wide > f64::from(look.width) {
            wrong.push(format!("{wide} px wide in a window of {}", look.width));
        }
        wrong.extend(axe::violations(chrome).await.into_iter().map(|words| format!("at {look}: {words}")));
    }
    // What axe itself stumbles over, such as a frame that runs no script, is not the page's.
    chrome.complaints().await;
    wrong
}

/// The pages that say no: what is not there, and what is not for this role.
async fn closed_doors(chrome: &Chrome, demo: &Demo) -> Vec<String> {
    let mut wrong = Vec::new();
    chrome.client.goto(&format!("{}/sign-in?next=/day", demo.address)).await.expect("the door");
    demo.come_in(chrome, "Rosa").await;
    for (path, expected) in [("/nowhere", 404), ("/people", 403)] {
        chrome.client.goto(&format!("{}{path}", demo.address)).await.expect("the page opens");
        let status = chrome.run("return performance.getEntriesByType('navigation')[0].responseStatus").await;
        assert_eq!(status, json!(expected), "{path}");
        // The console tells of every answer of this kind.
        chrome.complaints().await;
        wrong.extend(
            looked_at(chrome, &format!("closed{path}")).await.into_iter().map(|words| format!("{path}: {words}")),
        );
    }
    wrong
}

/// The route table of the house as the demo opens it.
async fn route_table() -> Vec<Route> {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}", folder.path().join("aftercare.db").display());
    let rules = Rules::of(&Settings::default()).expect("what ships");
    let house = Web {
        store: Store::open(&url, Seal::from_key(&[42; 32])).await.expect("opens"),
        clock: Clock::fixed(Timestamp::UNIX_EPOCH),
        letters: Letters::new(rules.letters, Arc::clone(&rules.catalogue)),
        newest: Newest::over(Arc::clone(&rules.catalogue)),
        catalogue: rules.catalogue,
        form: rules.form,
        demo: true,
        https: false,
        origin: None,
        base_url: None,
        hashing: passwords::places(),
        sending: Sending {
            ways: Vec::new(),
            from: "hello@harbour.example".parse().expect("an address"),
            reply_to: "desk@harbour.example".parse().expect("an address"),
            is_fixed: true,
            inside: false,
        }
        .into(),
        proxies: Proxies::default(),
        sent_text: None,
        metrics: None,
        webhooks_inside: true,
    };
    web::staff(&house).table().to_vec()
}

/// The kind of a page: its line in the route table, and the names of what it asks.
fn kind(table: &[Route], page: &Url) -> String {
    let fits = |route: &&Route| {
        let (line, path): (Vec<_>, Vec<_>) = (route.path.split('/').collect(), page.path().split('/').collect());
        line.len() == path.len() && line.iter().zip(path).all(|(word, said)| word.starts_with('{') || *word == said)
    };
    // "/clients/new" before "/clients/{id}".
    let line = table.iter().filter(fits).min_by_key(|route| route.path.matches('{').count());
    let path = line.map_or(page.path(), |route| route.path);
    let asked: BTreeSet<_> = page.query_pairs().map(|(name, _)| name.into_owned()).collect();
    let asked = asked.into_iter().collect::<Vec<_>>().join("&");
    if asked.is_empty() { path.to_owned() } else { format!("{path}?{asked}") }
}
