//! What one message costs. Run with `cargo test --release --test it cost -- --ignored --nocapture`.

use std::time::Instant;

use super::{Desk, links};
use aftercare::mail::message::{Parts, bytes};

#[test]
#[ignore = "a measurement, only of use in a release build"]
fn of_one_message() {
    let desk = Desk::new();
    let case = desk.typical();
    let (links, from) = (links(), "aftercare@riverside.example".parse().expect("an address"));
    let to = case.client.email.clone().expect("an address");
    let stop = links.stop();
    for email in desk.emails(&case) {
        let render = || desk.render(&case, email.letter, email.step, &email.content, &links);
        let rendered = render();
        let message = || {
            bytes(&Parts {
                from_name: &case.clinic.name,
                from: &from,
                to_name: "Cleo Okafor",
                to: &to,
                reply_to: None,
                subject: &rendered.subject,
                date: case.visit.ends_at,
                message_id: "<7@riverside.example>",
                stop: Some(&stop),
                text: &rendered.text,
                html: &rendered.html,
                logo: None,
            })
            .expect("a message")
        };
        let sizes = (rendered.html.len(), rendered.text.len(), message().len());
        println!("{}: render {} µs, bytes {} µs, {sizes:?}", email.step, micros(render), micros(message));
    }
}

/// The median of many runs.
fn micros<T>(mut run: impl FnMut() -> T) -> u128 {
    let mut times: Vec<_> = (0..2000)
        .map(|_| {
            let start = Instant::now();
            std::hint::black_box(run());
            start.elapsed().as_nanos()
        })
        .collect();
    times.sort_unstable();
    times[times.len() / 2] / 1000
}
