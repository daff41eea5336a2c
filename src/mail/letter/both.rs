//! A piece of a letter in both its forms. Everything that leaves here is template text: merge
//! fields stand in it as minijinja writes them, all else is literal.

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html};

use crate::clinic::letter::{Field, MergeError, Piece, pieces, wrong_target};

/// The HTML and the text of the same thing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Both {
    pub html: String,
    pub text: String,
}

impl Both {
    /// A name of a variable, or nothing: the same in both.
    pub fn name(name: &str) -> Self {
        Self { html: name.into(), text: name.into() }
    }

    /// Words with merge fields, where telephone numbers become links.
    pub fn words(words: &str) -> Result<Self, MergeError> {
        let mut html = String::with_capacity(words.len());
        for piece in pieces(words)? {
            match piece {
                Piece::Text(text) => escape(text, &mut html),
                Piece::Field(field) => html.push_str(&linked(field)),
            }
        }
        Ok(Self { html, text: with_fields(words)? })
    }

    /// Words with merge fields where a link cannot stand: titles, buttons.
    pub fn line(words: &str) -> Result<Self, MergeError> {
        let text = with_fields(words)?;
        let mut html = String::with_capacity(text.len());
        escape(&text, &mut html);
        Ok(Self { html, text })
    }

    /// Markdown with merge fields. A paragraph with a field that some do not have is left out for them.
    pub fn markdown(body: &str) -> Result<Self, MergeError> {
        let mut both = Self::default();
        for (source, events) in paragraphs(body) {
            let mut needs: Vec<Field> = Vec::new();
            for piece in pieces(source)? {
                if let Piece::Field(field) = piece
                    && field.may_be_missing()
                    && !needs.contains(&field)
                {
                    needs.push(field);
                }
            }
            let open: String = needs.iter().map(|field| format!("{{% if {} %}}\n", field.id())).collect();
            let close = "{% endif %}\n".repeat(needs.len());
            let mut html = String::new();
            html::push_html(&mut html, events.iter().cloned());
            let html = Field::ALL
                .iter()
                .fold(normal_fields(&html)?, |html, field| html.replace(&braced(*field), &linked(*field)));
            both.html.push_str(&format!("{open}{}\n{close}", html.trim_end()));
            both.text.push_str(&format!("{open}{}\n\n{close}", with_fields(&plain(&events))?));
        }
        both.text = both.text.trim_end_matches('\n').to_owned();
        Ok(both)
    }
}

/// How a field stands in a template.
fn braced(field: Field) -> String {
    format!("{{{{ {} }}}}", field.id())
}

/// A field in HTML; numbers can be dialled, words cannot.
fn linked(field: Field) -> String {
    let href = match field {
        Field::ClinicPhone => "phone_href",
        Field::EmergencyNumber => "emergency_href",
        _ => return braced(field),
    };
    let value = braced(field);
    format!("{{% if {href} %}}<a href=\"{{{{ {href} }}}}\">{value}</a>{{% else %}}{value}{{% endif %}}")
}

/// The same text with every field spelt one way.
fn with_fields(text: &str) -> Result<String, MergeError> {
    Ok(pieces(text)?
        .into_iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.to_owned(),
            Piece::Field(field) => braced(field),
        })
        .collect())
}

/// As [`with_fields`], for HTML that Markdown has made.
fn normal_fields(html: &str) -> Result<String, MergeError> {
    with_fields(html)
}

/// What HTML needs escaped. Braces are left: fields stand in them, and the check has seen to the rest.
pub(super) fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
}

/// The paragraphs, lists and headings of a Markdown text, each with its source.
fn paragraphs(body: &str) -> Vec<(&str, Vec<Event<'_>>)> {
    let mut found = Vec::new();
    let (mut depth, mut dropped, mut events) = (0_usize, 0_usize, Vec::new());
    for (event, range) in Parser::new_ext(body, Options::empty()).into_offset_iter() {
        match &event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        // The check refuses HTML, pictures and odd links; a letter that was never checked, such as a draft in its
        // preview, still cannot bring any in.
        match &event {
            Event::Html(_) | Event::InlineHtml(_) | Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => {}
            Event::Start(Tag::Link { dest_url, .. }) if wrong_target(dest_url).is_some() => dropped += 1,
            Event::End(TagEnd::Link) if dropped > 0 => dropped -= 1,
            _ => events.push(event),
        }
        if depth == 0 {
            found.push((body.get(range).unwrap_or_default(), std::mem::take(&mut events)));
        }
    }
    found
}

/// Markdown as plain text: lists with hyphens or numbers, links with their address behind them.
fn plain(events: &[Event<'_>]) -> String {
    let mut out = String::new();
    let mut lists: Vec<Option<u64>> = Vec::new();
    let mut link: Option<(CowStr<'_>, usize)> = None;
    for event in events {
        match event {
            Event::Text(text) | Event::Code(text) => out.push_str(text),
            Event::SoftBreak => out.push(' '),
            Event::HardBreak => out.push('\n'),
            Event::Start(Tag::List(first)) => lists.push(*first),
            Event::End(TagEnd::List(_)) => drop(lists.pop()),
            Event::Start(Tag::Item) => {
                if !out.is_empty() && !out.ends_with('\n') {
                    out.push('\n');
                }
                match lists.last_mut() {
                    Some(Some(number)) => {
                        out.push_str(&format!("{number}. "));
                        *number += 1;
                    }
                    _ => out.push_str("- "),
                }
            }
            Event::End(TagEnd::Heading(_)) => out.push_str("\n------------------------------"),
            Event::Start(Tag::Link { dest_url, .. }) => link = Some((dest_url.clone(), out.len())),
            Event::End(TagEnd::Link) => {
                if let Some((target, start)) = link.take()
                    && out.get(start..) != Some(&*target)
                {
                    out.push_str(&format!(" ({target})"));
                }
            }
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_becomes_html_and_text() {
        let both = Both::markdown(
            "Dear *{{first_name}}*,\nsee [our page](https://example.org/a?b=c&d).\n\n- one\n- two & three",
        )
        .expect("fields exist");
        assert_eq!(
            both.html,
            "<p>Dear <em>{{ first_name }}</em>,\nsee <a href=\"https://example.org/a?b=c&amp;d\">our page</a>.</p>\n\
             <ul>\n<li>one</li>\n<li>two &amp; three</li>\n</ul>\n"
        );
        assert_eq!(
            both.text,
            "Dear {{ first_name }}, see our page (https://example.org/a?b=c&d).\n\n- one\n- two & three"
        );
    }

    #[test]
    fn a_paragraph_with_what_some_lack_is_conditional_and_numbers_can_be_dialled() {
        let both = Both::markdown("Always.\n\nCall {{ clinic_phone }}.").expect("fields exist");
        assert!(
            both.html.starts_with("<p>Always.</p>\n{% if clinic_phone %}\n<p>Call {% if phone_href %}<a href"),
            "{}",
            both.html
        );
        assert_eq!(both.text, "Always.\n\n{% if clinic_phone %}\nCall {{ clinic_phone }}.\n\n{% endif %}");
        assert_eq!(Both::line("{{ clinic_phone }} <b>").expect("a field").html, "{{ clinic_phone }} &lt;b&gt;");
        assert_eq!(Both::words("A & B").expect("no field"), Both { html: "A &amp; B".into(), text: "A & B".into() });
    }

    #[test]
    fn html_in_markdown_never_gets_through() {
        let both = Both::markdown("a <b onclick=x>b</b>\n\n<script>x</script>").expect("no field");
        assert_eq!(both.html.trim(), "<p>a b</p>");
    }
}
