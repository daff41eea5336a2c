//! The frame and the blocks, each as an HTML and a text template side by side in `templates/email`.

use askama::Template;

use super::both::Both;

/// Makes a function that renders one thing in both forms from pieces in both forms.
macro_rules! side_by_side {
    ($($(#[$doc:meta])* $name:ident ( $($field:ident),+ ) = $html:literal, $text:literal;)+) => {$(
        $(#[$doc])*
        #[allow(clippy::too_many_arguments, reason = "one argument per hole in the template")]
        pub(super) fn $name($($field: &Both),+) -> askama::Result<Both> {
            #[derive(Template)]
            #[template(path = $html, syntax = "letter", escape = "none")]
            #[allow(dead_code, reason = "the HTML has parts that the text does not need")]
            struct Html<'a> { $($field: &'a str),+ }
            #[derive(Template)]
            #[template(path = $text, syntax = "letter", escape = "none")]
            #[allow(dead_code, reason = "the HTML has parts that the text does not need")]
            struct Text<'a> { $($field: &'a str),+ }
            Ok(Both {
                html: Html { $($field: &$field.html),+ }.render()?,
                text: Text { $($field: &$field.text),+ }.render()?,
            })
        }
    )+};
}

side_by_side! {
    /// Text of the letter's own.
    text(body) = "email/blocks/text.html", "email/blocks/text.txt";
    /// Advice items from the list of this name.
    advice(items, heading) = "email/blocks/advice.html", "email/blocks/advice.txt";
    /// Stretches.
    stretches(heading, intro) = "email/blocks/stretches.html", "email/blocks/stretches.txt";
    /// What is to be expected.
    what_is_normal(items, heading, normal_signs) = "email/blocks/what_is_normal.html", "email/blocks/what_is_normal.txt";
    /// Warning signs, each tier whole and open.
    warning_signs(normal, intro, emergency_heading, same_day_heading, call_us_heading, call_us_signs) =
        "email/blocks/warning_signs.html", "email/blocks/warning_signs.txt";
    /// The check-in button, or what stands in for it.
    check_in(button, note, not_watched, by_phone, by_reply) = "email/blocks/check_in.html", "email/blocks/check_in.txt";
    /// The therapist's own line.
    personal_line(said, who) = "email/blocks/personal_line.html", "email/blocks/personal_line.txt";
    /// When the next visit is.
    next_visit(heading, when, place) = "email/blocks/next_visit.html", "email/blocks/next_visit.txt";
    /// How to reach the clinic.
    contact(heading_is_above, heading, by_phone, by_reply, not_urgent) =
        "email/blocks/contact.html", "email/blocks/contact.txt";
    /// Everything around the blocks.
    frame(lang, subject, preheader, masthead, heading, hello, blocks, why, change, or, stop, stop_by_mail,
        stop_by_phone, stop_by_reply, reread) = "email/frame.html", "email/frame.txt";
}
