//! The form of a protocol: what was typed as steps, and what cannot stand in a field at all. What a protocol should
//! not do is the gate's to tell; a draft may do it meanwhile.

use std::mem;

use jiff::civil::Time;

use crate::clinic::fields::{self, FieldErrors};
use crate::clinic::outbox::Uncertainty;
use crate::clinic::plan::LetterId;
use crate::clinic::protocol::{Hours, MOST_STEPS, Protocol, Step, StepRule, Timing};
use crate::web::error::Error;
use crate::web::form::Fields;
use crate::web::studio;

/// As much as stands in a cron expression.
const LONGEST_CRON: usize = 60;

/// Larger numbers are typing errors.
const LARGEST: u32 = 999;

/// The protocol of a form. What cannot stand in a field is noted, and the step keeps what it had.
///
/// # Errors
/// When the form is none of ours.
pub(super) fn read(fields: &Fields, base: &Protocol) -> Result<(Protocol, FieldErrors), Error> {
    let count: usize = fields.text("steps").parse().map_err(|_| Error::BadAddress)?;
    if count > MOST_STEPS {
        return Err(Error::BadAddress);
    }
    let mut reader = Reader { fields, errors: FieldErrors::new() };
    let mut steps: Vec<StepRule> = Vec::new();
    for at in 0..count {
        let step = Step::of(fields.text(&format!("b{at}.step"))).filter(|step| step.base() == *step);
        let step = step.filter(|step| steps.iter().all(|rule| rule.step != *step)).ok_or(Error::BadAddress)?;
        let had = base.rule(step).cloned().unwrap_or_else(|| StepRule::shipped(step));
        steps.push(reader.step(at, &had));
    }
    Ok((Protocol { version: base.version, steps }, reader.errors))
}

struct Reader<'a> {
    fields: &'a Fields,
    errors: FieldErrors,
}

impl Reader<'_> {
    fn step(&mut self, at: usize, had: &StepRule) -> StepRule {
        let name = |field: &str| format!("b{at}.{field}");
        let when = self.when(at, &had.when);
        let useful_hours =
            if had.is_before() { had.useful_hours } else { self.number(&name("useful"), had.useful_hours) };
        StepRule {
            step: had.step,
            letter: LetterId::of(self.fields.text(&name("letter"))).unwrap_or(had.letter),
            when,
            useful_hours,
            check_in: self.fields.has(&name("check_in")),
            hours: self.hours(at, had.hours),
            who: studio::typed::when(self.fields, at),
            on_uncertain: match self.fields.text(&name("fate")) {
                "hold" => Uncertainty::Hold,
                _ => Uncertainty::Resend,
            },
        }
    }

    /// When, by the fields of the kind that the page showed. Another kind begins as usual: its own fields come
    /// with the next page.
    fn when(&mut self, at: usize, had: &Timing) -> Timing {
        let name = |field: &str| format!("b{at}.{field}");
        let (kind, was) = (self.fields.text(&name("kind")).to_owned(), self.fields.text(&name("was")).to_owned());
        let fresh = match kind.as_str() {
            "hours" => Timing::Hours { after: 24 },
            "days" => Timing::Days { after: 5, at: Some(Time::constant(9, 0, 0, 0)) },
            "repeats" => Timing::Repeats { cron: "0 9 * * MON".into(), times: 2 },
            _ => had.clone(),
        };
        if kind != was {
            return fresh;
        }
        let had = if mem::discriminant(had) == mem::discriminant(&fresh) { had.clone() } else { fresh };
        match had {
            Timing::Hours { after } => Timing::Hours { after: self.number(&name("after"), after) },
            Timing::Days { after, at } => {
                Timing::Days { after: self.number(&name("after"), after), at: self.time(&name("at"), at) }
            }
            Timing::Before { days, at } => {
                let hour = self.time(&name("at"), Some(at)).unwrap_or(at);
                Timing::Before { days: self.number(&name("after"), days), at: hour }
            }
            Timing::Repeats { cron, times } => Timing::Repeats {
                cron: self.cron(&name("cron"), &cron),
                times: u8::try_from(self.number(&name("times"), u32::from(times))).unwrap_or(u8::MAX),
            },
        }
    }

    fn number(&mut self, name: &str, had: u32) -> u32 {
        let number = self.fields.text(name).trim().parse::<u32>().ok().filter(|number| *number <= LARGEST);
        self.errors.check(name, number.ok_or("Write a whole number, such as 3.")).unwrap_or(had)
    }

    /// A time; blank is none.
    fn time(&mut self, name: &str, had: Option<Time>) -> Option<Time> {
        let typed = self.fields.text(name).trim();
        if typed.is_empty() {
            return None;
        }
        let time = Time::strptime("%H:%M", typed).map_err(|_| "Write a time of day, such as 09:00.");
        self.errors.check(name, time).or(had)
    }

    fn hours(&mut self, at: usize, had: Option<Hours>) -> Option<Hours> {
        let (from, to) = (format!("b{at}.from"), format!("b{at}.to"));
        let both = (self.time(&from, had.map(|had| had.from)), self.time(&to, had.map(|had| had.to)));
        match both {
            (Some(from), Some(to)) => Some(Hours { from, to }),
            (None, None) => None,
            _ => {
                self.errors.add(from, "Give both times, or leave both blank.");
                had
            }
        }
    }

    fn cron(&mut self, name: &str, had: &str) -> String {
        let line = fields::line(self.fields.text(name), "The expression", LONGEST_CRON);
        self.errors.check(name, line.map(str::to_owned)).unwrap_or_else(|| had.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clinic::body::Region;

    fn pairs(more: &[(&str, &str)]) -> Fields {
        more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Vec<_>>().into()
    }

    #[test]
    fn a_form_becomes_a_protocol() {
        let form = pairs(&[
            ("steps", "3"),
            ("b0.step", "same_day"),
            ("b0.kind", "hours"),
            ("b0.was", "hours"),
            ("b0.letter", "same_day"),
            ("b0.after", "4"),
            ("b0.useful", "18"),
            ("b1.step", "day_3"),
            ("b1.kind", "days"),
            ("b1.was", "days"),
            ("b1.letter", "day_3"),
            ("b1.after", " 2 "),
            ("b1.at", ""),
            ("b1.useful", "48"),
            ("b1.check_in", "1"),
            ("b1.from", "09:00"),
            ("b1.to", "12:30"),
            ("b1.region", "hip"),
            ("b1.first", "yes"),
            ("b1.fate", "hold"),
            ("b2.step", "own_1"),
            ("b2.kind", "repeats"),
            ("b2.was", "days"),
            ("b2.letter", "day_7"),
            ("b2.useful", "24"),
        ]);
        let (protocol, errors) = read(&form, &Protocol::default()).expect("a form of ours");
        assert!(errors.is_empty());
        assert_eq!(
            protocol.steps[0],
            StepRule { when: Timing::Hours { after: 4 }, ..StepRule::shipped(Step::SameDay) }
        );
        let third = &protocol.steps[1];
        assert_eq!(third.when, Timing::Days { after: 2, at: None });
        assert_eq!(third.hours.map(Hours::words).as_deref(), Some("from 09:00 to 12:30"));
        assert_eq!((third.who.regions.as_slice(), third.who.first_visit), (&[Region::Hip][..], Some(true)));
        assert_eq!(third.on_uncertain, Uncertainty::Hold);
        assert!(matches!(protocol.steps[2].when, Timing::Repeats { .. }) && !protocol.steps[2].check_in);
    }

    #[test]
    fn what_cannot_stand_in_a_field_is_noted_and_nothing_is_lost() {
        let form = pairs(&[
            ("steps", "2"),
            ("b0.step", "same_day"),
            ("b0.kind", "hours"),
            ("b0.was", "hours"),
            ("b0.after", "three"),
            ("b0.useful", "1000"),
            ("b1.step", "day_3"),
            ("b1.kind", "days"),
            ("b1.was", "days"),
            ("b1.after", "-1"),
            ("b1.useful", ""),
            ("b1.at", "25:00"),
            ("b1.from", "09:00"),
        ]);
        let (protocol, errors) = read(&form, &Protocol::default()).expect("a form of ours");
        for (field, says) in [
            ("b0.after", "whole number"),
            ("b0.useful", "whole number"),
            ("b1.after", "whole number"),
            ("b1.useful", "whole number"),
            ("b1.at", "time of day"),
            ("b1.from", "both"),
        ] {
            assert!(errors.of(field).is_some_and(|sentence| sentence.contains(says)), "{field}");
        }
        assert_eq!(protocol.steps[0].when, Timing::Hours { after: 3 });
        for form in [
            &[("steps", "x")][..],
            &[("steps", "99")],
            &[("steps", "1"), ("b0.step", "day_2")],
            &[("steps", "1"), ("b0.step", "own_1_2")],
            &[("steps", "2"), ("b0.step", "day_1"), ("b1.step", "day_1")],
        ] {
            assert_eq!(read(&pairs(form), &Protocol::default()).err(), Some(Error::BadAddress), "{form:?}");
        }
    }
}
