use super::*;
use crate::clinic::catalogue::Catalogue;
use crate::clinic::intake::again::Again;
use crate::clinic::intake::own::NONE;

fn taken(pairs: &'static [(&'static str, &'static str)]) -> impl Fn(&str) -> &'static str {
    move |name| pairs.iter().find(|(field, _)| *field == name).map_or("", |(_, value)| value)
}

#[test]
fn a_child_needs_a_parent_or_guardian_and_others_may_have_help() {
    let mut guest = Guest::default();
    assert_eq!(guest.take_about(&taken(&[("who", "self")]), false), []);
    assert_eq!(guest.take_about(&taken(&[]), false), [("who".to_owned(), Wrong::Choose)]);
    assert_eq!(guest.take_about(&taken(&[("who", "self")]), true).len(), 2, "a name and a relation");
    let carer = taken(&[("who", "other"), ("helper", "Ana"), ("relation", "carer")]);
    assert_eq!(guest.take_about(&carer, false), []);
    assert_eq!(guest.take_about(&carer, true), [("relation".to_owned(), Wrong::Guardian)]);
    assert_eq!(guest.take_about(&taken(&[("helper", " Ana "), ("relation", "parent")]), true), []);
    assert_eq!(guest.helper, Some(Helper { name: "Ana".into(), relation: Some(Relation::Parent) }));
    assert!(!format!("{guest:?}").contains("Ana"));
}

#[test]
fn each_consent_needs_an_answer_and_one_of_them_a_yes() {
    let catalogue = Catalogue::shipped().expect("what ships");
    let form = Form::shipped(&catalogue).expect("what ships");
    let (again, today) = (Again::default(), jiff::civil::date(2026, 1, 5));
    let asked = Asked { form: &form, catalogue: &catalogue, again: &again, own: &NONE, today };
    let (mut guest, mut typed) = (Guest::default(), Typed::default());
    let some = taken(&[("agree.health_data", "no"), ("agree.treatment", "yes"), ("agree.marketing", "perhaps")]);
    let wrongs = guest.take_consents(&some, &asked, &mut typed);
    let kinds: Vec<Wrong> = wrongs.iter().map(|(_, wrong)| *wrong).collect();
    assert_eq!(kinds, [Wrong::Keep, Wrong::Agree, Wrong::Agree, Wrong::Agree]);
    assert_eq!(typed.all("consent"), ["treatment"]);
    let rest = taken(&[
        ("agree.health_data", "yes"),
        ("agree.treatment", "no"),
        ("agree.aftercare_email", "no"),
        ("agree.check_in_email", "no"),
        ("agree.marketing", "no"),
    ]);
    assert_eq!(guest.take_consents(&rest, &asked, &mut typed), []);
    assert_eq!(typed.all("consent"), ["health_data"]);
    assert_eq!(guest.wrongs(&asked, false), [("signed_name".to_owned(), Wrong::Sign)]);
}

#[test]
fn a_signature_is_a_name_or_a_drawing_and_nothing_else() {
    let mut guest = Guest::default();
    assert_eq!(guest.take_signature(&taken(&[])), [("signed_name".to_owned(), Wrong::Sign)]);
    assert_eq!(guest.take_signature(&taken(&[("signed_name", "Cleo Okafor")])), []);
    assert_eq!(guest.take_signature(&taken(&[("keep", "1")])), [], "the one that is there");
    let drawn = taken(&[("signed", "M10 20L11 22L12 30L40 44M60 20L61 22"), ("signed_name", "Cleo")]);
    assert_eq!(guest.take_signature(&drawn), []);
    assert!(matches!(guest.signature, Some(Signature::Drawn(_))));
    for bad in
        ["M1 1", "M1 1L2 2L3 3L4 4L5 5L441 2", "<svg>", "M1 1L2 2L3 3L4 4L5 5L-1 2", "M1 1L2 2L3 3L4 4L5 5L1 2\""]
    {
        assert!(!is_drawing(bad), "{bad}");
    }
    assert!(!is_drawing(&format!("M1 1{}", "L2 2".repeat(8000))));
}
