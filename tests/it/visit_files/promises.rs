//! What every email promises, over random clients: each warning sign stands in both parts, and
//! nothing that was ruled out stands in either.

use aftercare::clinic::case::Case;
use aftercare::clinic::catalogue::Catalogue;
use aftercare::clinic::plan::{PlannedEmail, for_visit, preparation};
use aftercare::clinic::protocol::Protocol;
use aftercare::clinic::tailoring::tailor;
use aftercare::clinic::visit_file;
use aftercare::mail::letter::{CompiledLetters, Edition, Filling, Links, Rendered};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};
use url::Url;

/// Greets the client with a name that is markup and a merge field at once.
const NAME: &str = "<b>Pia</b> {{ x }}";

struct Desk {
    catalogue: Catalogue,
    letters: CompiledLetters,
    links: Links,
}

impl Desk {
    fn new() -> Self {
        Self {
            catalogue: Catalogue::shipped().expect("the shipped catalogue"),
            letters: CompiledLetters::embedded().expect("the shipped letters"),
            links: Links::placeholders(Url::parse("https://care.example.org").ok(), None),
        }
    }

    fn emails(&self, case: &Case) -> Vec<(PlannedEmail, Rendered)> {
        let brief = tailor(&self.catalogue, case);
        let mut emails = for_visit(&self.catalogue, &Protocol::default(), case, &brief, case.visit.ends_at).emails;
        if let Some(next) = case.visit.next_visit_at {
            emails.extend(preparation(&self.catalogue, &Protocol::default(), case, &brief, (next, case.visit.ends_at)));
        }
        let fill = |email: &PlannedEmail| {
            let (letter, step, content) = (email.letter, email.step, &email.content);
            let (catalogue, links) = (&self.catalogue, &self.links);
            let filling = Filling {
                case,
                catalogue,
                letter,
                edition: Edition::Shipped,
                step,
                content,
                links,
                personal_line: None,
            };
            self.letters.render(&filling).expect("a letter")
        };
        emails.into_iter().map(|email| (email.clone(), fill(&email))).collect()
    }
}

/// The words of a part on one line: without tags, entities read, runs of space as one.
fn words(part: &str) -> String {
    let mut text = String::with_capacity(part.len());
    let mut in_tag = false;
    for c in part.chars() {
        match c {
            '<' => in_tag = true,
            '>' if in_tag => in_tag = false,
            _ if !in_tag => text.push(c),
            _ => {}
        }
    }
    one_line(&unescaped(&text))
}

fn unescaped(text: &str) -> String {
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#34;", "\""), ("&#39;", "'"), ("&#x27;", "'"), ("&#x2f;", "/")]
        .iter()
        .fold(text.to_owned(), |text, (entity, character)| text.replace(entity, character))
        .replace("&#x2F;", "/")
        .replace("&nbsp;", " ")
        .replace("&amp;", "&")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The sentences of an entry in the language of a letter.
fn told<'a>(locale: &str, english: &'a str, spanish: &'a str) -> &'a str {
    if locale == "es" { spanish } else { english }
}

fn keeps_its_promises(desk: &Desk, case: &Case, email: &PlannedEmail, rendered: &Rendered) {
    let catalogue = &desk.catalogue;
    let locale = rendered.locale.as_str();
    let parts = [("text", one_line(&rendered.text)), ("html", words(&rendered.html))];
    for (part, said) in &parts {
        let place = format!("{locale}/{} {part}", email.step);
        assert!(said.contains(NAME), "{place}: the name is not as written");
        assert!(said.contains(&case.clinic.emergency_number), "{place}: no emergency number");
        for sign in &email.content.warning_signs {
            let entry = catalogue.warning_sign(&sign.id).expect("a sign");
            let text = one_line(told(locale, &entry.text, &entry.text_es));
            assert!(said.contains(&text), "{place}: the sign {} is missing", sign.id);
        }
        for withheld in &email.content.withheld {
            if let Some(item) = catalogue.advice().iter().find(|item| item.id.as_str() == withheld.id) {
                let text = one_line(told(locale, &item.text, &item.text_es));
                assert!(!said.contains(&text), "{place}: {} is withheld and told", item.id);
            } else {
                let ids = |id: &str| catalogue.stretches().iter().find(|stretch| stretch.id.as_str() == id);
                let stretch = ids(&withheld.id).expect("a stretch");
                let steps = if locale == "es" { &stretch.steps_es } else { &stretch.steps };
                // Some stretches begin alike, so one step alone is not yet the stretch.
                let told = steps.iter().all(|step| said.contains(&one_line(step)));
                assert!(!told, "{place}: {} is withheld and told", stretch.id);
            }
        }
        // What was not chosen is not told either, withheld or not.
        for item in catalogue.advice().iter().filter(|item| !email.content.advice.contains(&item.id)) {
            let text = one_line(told(locale, &item.text, &item.text_es));
            assert!(!said.contains(&text), "{place}: {} was not chosen and is told", item.id);
        }
    }
    for (part, said) in [("subject", &rendered.subject), ("preheader", &rendered.preheader)] {
        let said = said.to_lowercase();
        for condition in catalogue.conditions() {
            let label = told(locale, &condition.label, &condition.label_es).to_lowercase();
            assert!(!said.contains(&label), "{locale}/{}: the {part} names {}", email.step, condition.id);
        }
    }
    // Why something is missing is for staff.
    for reason in email.content.withheld.iter().flat_map(|withheld| &withheld.because) {
        for (part, said) in &parts {
            assert!(!said.contains(&reason.says), "{locale}/{} {part}: tells a reason", email.step);
        }
    }
}

/// Any visit file the catalogue can be asked about.
fn any_file() -> impl Strategy<Value = Value> {
    let catalogue = Catalogue::shipped().expect("the shipped catalogue");
    let conditions: Vec<String> = catalogue.conditions().iter().map(|entry| entry.id.to_string()).collect();
    let regions = aftercare::clinic::body::Region::ALL.map(aftercare::clinic::body::Region::id).to_vec();
    let loads = vec!["desk_work", "standing", "lifting", "driving", "carer", "sport"];
    (
        subsequence(conditions.clone(), 0..=4),
        subsequence(conditions, 0..=3),
        subsequence(regions, 0..=4),
        subsequence(loads, 0..=3),
        select(vec!["", "", "", "my spleen"]),
        select(vec!["", "", "warfarin", "insulin, ramipril"]),
        any::<bool>(),
        any::<bool>(),
        select(vec!["en", "es"]),
    )
        .prop_map(|(yes, blank, regions, load, other, medicines, cleared, minor, locale)| {
            let clearance: Vec<Value> = yes
                .iter()
                .filter(|_| cleared)
                .map(|id| json!({ "condition": id, "by": "Dr Lin", "on": "2026-03-01" }))
                .collect();
            json!({
                "clinic": { "phone": "+44 20 7946 0000", "emergency_number": "999", "time_zone": "Europe/London" },
                "client": { "first_name": NAME, "email": "pia@example.org", "locale": locale,
                            "born": if minor { "2010-01-01" } else { "1980-01-01" } },
                "visit": { "starts_at": "2026-03-27T15:00:00Z", "regions": regions, "next_visit_at": "2026-04-17T15:00:00Z" },
                "intake": {
                    "conditions": yes.iter().map(|id| json!({ "id": id })).collect::<Vec<_>>(), "unanswered": blank,
                    "other_conditions": other, "medicines": medicines, "daily_load": load, "clearance": clearance,
                    "consents": ["aftercare_email", "check_in_email"],
                },
            })
        })
}

#[test]
fn every_email_of_a_random_client_keeps_its_promises() {
    let desk = Desk::new();
    proptest!(ProptestConfig::with_cases(200), |(file in any_file())| {
        let case = visit_file::read(&desk.catalogue, &file.to_string()).expect("a case");
        let emails = desk.emails(&case);
        prop_assert!(!emails.is_empty());
        for (email, rendered) in &emails {
            prop_assert_eq!(Some(rendered.locale.as_str()), case.client.locale.as_deref());
            keeps_its_promises(&desk, &case, email, rendered);
        }
    });
}
