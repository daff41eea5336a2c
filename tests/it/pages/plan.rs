//! The plan page: before and after it starts, with a line, a skipped email, a wrong time and what changed.

use aftercare::clinic::outbox::Act;
use aftercare::clinic::plan::line::PersonalLine;
use aftercare::clinic::plan::since::{Change, What};
use aftercare::web::visit::plan::acts::Typed;
use aftercare::web::visit::plan::page::{Chosen, PlanPage, Tab};

use super::*;

fn chosen(step: Option<Step>) -> Chosen {
    Chosen { step, tab: Tab::Inside, done: None, typed: None, who: "Theo Lindqvist".into() }
}

fn plan_page(facts: &VisitFacts, chosen: &Chosen) -> String {
    PlanPage::of(shell(Room::Day), facts, &CATALOGUE, chosen, "Hello Cleo,\n".into(), &now()).render().expect("a page")
}

/// One email sent, one held, one with its time changed and a line, one skipped.
fn busy() -> VisitFacts {
    let mut facts = facts(7, cleo());
    facts.plan.started = true;
    let [same_day, day_1, day_3, day_7] = facts.plan.emails.as_mut_slice() else { panic!("four emails") };
    for email in [&mut *same_day, &mut *day_1, &mut *day_3, &mut *day_7] {
        email.subject = "How are you feeling after your visit?".into();
        email.revision = 1;
    }
    (same_day.state, day_1.state, day_3.state) = (Some(State::Sent), Some(State::Held), Some(State::Scheduled));
    day_3.moved = true;
    day_3.line = Some(PersonalLine { text: "Try a short walk at lunch.".into(), who: "Theo Lindqvist".into() });
    (day_7.state, day_7.skipped_by) = (Some(State::Cancelled), Some("Theo Lindqvist".into()));
    let moved =
        What::Moved { from: day_3.due.timestamp() - jiff::SignedDuration::from_hours(2), to: day_3.due.timestamp() };
    facts.plan.since = vec![
        Change { step: Step::DayThree, what: moved },
        Change {
            step: Step::DayThree,
            what: What::Withheld { id: "heat".into(), because: facts.brief.advice.heat.because.clone() },
        },
        Change { step: Step::DaySeven, what: What::NotSent { reason: "Theo Lindqvist skipped it".into() } },
    ];
    facts.plan.joined = vec!["10:00".into()];
    facts
}

pub(super) fn pages() -> Vec<(&'static str, String)> {
    let new = facts(7, cleo());
    let wrong = Typed {
        step: Step::DayOne,
        act: Act::Move,
        values: ["2026-03-28".into(), "21:00".into()],
        problem: "Emails leave from 08:00 to 20:00. Choose a time between.".into(),
    };
    let mut with = facts(6, cleo());
    with.plan = PlanFacts { with: Some((visit_id(7), "15:00".into())), ..PlanFacts::default() };
    let nobody = case("Eleni", "Markou", "15:00", "swedish", &["neck"], &simple(&json!([]), &["treatment"]));
    vec![
        ("plan", plan_page(&new, &chosen(Some(Step::DayThree)))),
        ("plan_started", plan_page(&busy(), &Chosen { done: Some(Act::Skip), ..chosen(Some(Step::DaySeven)) })),
        ("plan_text", plan_page(&new, &Chosen { tab: Tab::Text, ..chosen(Some(Step::DayOne)) })),
        ("plan_wrong", plan_page(&new, &Chosen { typed: Some(wrong), ..chosen(None) })),
        ("plan_with", plan_page(&with, &chosen(None))),
        ("plan_nobody", plan_page(&facts(2, nobody), &chosen(None))),
    ]
}

#[test]
fn an_act_says_what_will_happen_before_it_does() {
    let html = plan_page(&busy(), &chosen(Some(Step::DayThree)));
    assert!(html.contains("Skipped by Theo Lindqvist") && html.contains("Put it back"));
    assert!(html.contains("Try a short walk at lunch.") && html.contains("Edit your line"));
    assert!(html.contains("It goes") && html.contains("You can put it back until"));
    let sent = html.split_once("id=\"same_day\"").expect("the email").1.split_once("</article>").expect("its end").0;
    assert!(!sent.contains("<form"), "what was sent is over");
}

#[test]
fn every_act_is_a_form_with_the_token_and_what_was_seen() {
    for (name, html) in pages() {
        for form in html.split("<form").skip(1) {
            let form = form.split_once("</form>").expect("a whole form").0;
            if form.contains("/plan/") {
                assert!(form.contains("method=\"post\"") && form.contains("name=\"csrf\""), "{name}: {form}");
                assert!(form.contains("name=\"seen\""), "{name}: {form}");
            }
        }
    }
}
