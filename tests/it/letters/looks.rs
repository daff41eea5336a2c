//! How letters are built: for screen readers, small screens, dark rooms and people without pictures.

use super::{Desk, links};
use aftercare::clinic::plan::LetterId;
use aftercare::clinic::protocol::Step;

/// The levels of the headings, in order.
fn headings(html: &str) -> Vec<u8> {
    html.match_indices("<h")
        .filter_map(|(at, _)| html.as_bytes().get(at + 2).copied())
        .filter(u8::is_ascii_digit)
        .map(|level| level - b'0')
        .collect()
}

#[test]
fn headings_are_in_order_and_tables_are_layout() {
    let desk = Desk::new();
    for (letter, rendered) in desk.six(&desk.typical()) {
        let (html, name) = (&rendered.html, letter.id());
        let levels = headings(html);
        assert_eq!((levels[0], levels.iter().filter(|level| **level == 1).count()), (1, 1), "{name}");
        assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{name} {levels:?}");
        let tables = html.split("<table").skip(1).filter_map(|rest| rest.split('>').next());
        assert!(tables.into_iter().all(|table| table.contains("role=\"presentation\"")), "{name}");
        assert!(html.contains("<html lang=\"en\">") && html.contains("<title>"), "{name}");
        for meta in ["color-scheme", "supported-color-schemes", "viewport"] {
            assert!(html.contains(&format!("<meta name=\"{meta}\"")), "{name} {meta}");
        }
        assert!(html.contains("@media (prefers-color-scheme: dark)") && html.contains("@media (max-width: 480px)"));
        assert_eq!(html.matches("<style>").count(), 1, "{name}: what is not for dark or small is in the elements");
        assert!(!html.contains("{{") && !html.contains("{%") && !html.contains("[["), "{name}");
        assert!(rendered.text.ends_with('\n') && !rendered.text.contains("\n\n\n"), "{name}:\n{}", rendered.text);
    }
}

#[test]
fn nothing_is_fetched_and_no_link_is_wrapped() {
    let desk = Desk::new();
    let case = desk.typical();
    for (letter, rendered) in desk.six(&case) {
        let html = &rendered.html;
        for fetched in ["<img", "<link", "<script", "<iframe", "url(", "@import", "src=", "background=", "utm_"] {
            assert!(!html.contains(fetched), "{} holds {fetched}", letter.id());
        }
        for target in html.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            let ours = ["c/check-in-token", "p/preferences-token", "p/stop-token", "a/reread-token"]
                .iter()
                .any(|page| target == format!("https://care.example.org/{page}"));
            let known = desk.catalogue.advice().iter().flat_map(|entry| &entry.links).any(|link| link.url == target);
            assert!(ours || known || target.starts_with("tel:"), "{} links to {target}", letter.id());
        }
    }
}

#[test]
fn the_largest_letter_stays_far_below_what_mail_programs_cut() {
    let desk = Desk::new();
    for locale in ["en", "es"] {
        let mut case = desk.typical();
        case.client.locale = Some(locale.into());
        for step in Step::ALL {
            let size = desk.render(&case, LetterId::of_step(step), step, &desk.largest(), &links()).html.len();
            assert!(size <= 80 * 1024, "{locale}/{step} has {size} bytes");
        }
    }
}

#[test]
fn styles_are_written_into_their_elements_with_readable_sizes() {
    let desk = Desk::new();
    for (letter, rendered) in desk.six(&desk.typical()) {
        for size in rendered.html.split("font-size:").skip(1) {
            let size =
                size.trim_start().split("px").next().and_then(|size| size.parse::<u32>().ok()).unwrap_or_default();
            assert!(size >= 16 || size == 1, "{} has text of {size} px", letter.id());
        }
        assert!(rendered.html.contains("<h1 style=\""), "{}", letter.id());
    }
}

/// Relative luminance (WCAG 2.2).
fn luminance(hex: &str) -> f64 {
    let part = |at: usize| {
        let c = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).expect("hex")) / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
}

#[test]
fn text_stands_out_from_its_ground_in_both_schemes() {
    let style = include_str!("../../../templates/email/style.css").to_owned()
        + include_str!("../../../templates/email/screens.css");
    for (ink, ground) in [
        ("#1B1F1E", "#FFFFFF"),
        ("#4A514E", "#FFFFFF"),
        ("#0E5A63", "#FFFFFF"),
        ("#FFFFFF", "#0E5A63"),
        ("#8C0F1A", "#FBE8E7"),
        ("#1B1F1E", "#FBE8E7"),
        ("#ECEFED", "#1B1F1E"),
        ("#BBC2BF", "#1B1F1E"),
        ("#86CDD5", "#1B1F1E"),
        ("#06262A", "#86CDD5"),
        ("#FFB4AF", "#391819"),
        ("#ECEFED", "#391819"),
    ] {
        assert!(style.contains(ink) && style.contains(ground), "{ink} on {ground} is no longer in the styles");
        let (a, b) = (luminance(ink) + 0.05, luminance(ground) + 0.05);
        assert!(a.max(b) / a.min(b) >= 4.5, "{ink} on {ground}");
    }
}
