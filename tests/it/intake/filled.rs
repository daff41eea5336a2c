//! The intake form as a browser without scripts holds it: read from the page, changed, sent.

/// Fields in the order of the page, and the buttons.
#[derive(Clone, Debug)]
pub struct Filled {
    pairs: Vec<(String, String)>,
    /// The values of the buttons named `act`, in the order of the page.
    pub buttons: Vec<String>,
}

impl Filled {
    /// The staff's form of this page.
    pub fn of(body: &str) -> Self {
        Self::classed(body, "intake")
    }

    /// The form of this class.
    pub fn classed(body: &str, class: &str) -> Self {
        let form = body.split(&format!("<form class=\"{class}\"")).nth(1).unwrap_or_else(|| panic!("a form: {body}"));
        let form = form.split("</form>").next().expect("its end");
        let mut filled = Self { pairs: Vec::new(), buttons: Vec::new() };
        let mut select = String::new();
        for piece in form.split('<').skip(1) {
            let (tag, text) = piece.split_once('>').unwrap_or((piece, ""));
            let name = attribute(tag, "name").unwrap_or_default();
            let value = attribute(tag, "value").unwrap_or_default();
            match tag.split_whitespace().next() {
                Some("input") => match attribute(tag, "type").as_deref() {
                    Some("checkbox" | "radio") => {
                        if tag.ends_with(" checked") || tag.contains(" checked ") {
                            filled.pairs.push((name, value));
                        }
                    }
                    _ => filled.pairs.push((name, value)),
                },
                Some("textarea") => {
                    let text = text.strip_prefix('\n').unwrap_or(text);
                    filled.pairs.push((name, plain(text)));
                }
                Some("select") => {
                    filled.pairs.push((name.clone(), String::new()));
                    select = name;
                }
                Some("option") if tag.ends_with(" selected") => filled.choose(&select, &value),
                Some("button") if name == "act" => filled.buttons.push(value),
                _ => {}
            }
        }
        filled.pairs.retain(|(name, _)| name != "csrf");
        filled
    }

    pub fn one(&self, name: &str) -> &str {
        self.pairs.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value)
    }

    pub fn has(&self, name: &str, value: &str) -> bool {
        self.pairs.iter().any(|(field, one)| field == name && one == value)
    }

    /// Fills a field that is on the page, or a choice of it.
    pub fn choose(&mut self, name: &str, value: &str) {
        match self.pairs.iter_mut().find(|(field, _)| field == name) {
            Some((_, old)) => value.clone_into(old),
            None => self.add(name, value),
        }
    }

    pub fn add(&mut self, name: &str, value: &str) {
        self.pairs.push((name.to_owned(), value.to_owned()));
    }

    pub fn tick(&mut self, name: &str, value: &str) {
        if !self.has(name, value) {
            self.add(name, value);
        }
    }

    pub fn untick(&mut self, name: &str, value: &str) {
        self.pairs.retain(|(field, one)| field != name || one != value);
    }

    /// What a press of this button sends.
    pub fn pairs_with<'a>(&'a self, act: &'a str) -> Vec<(&'a str, &'a str)> {
        let pairs = self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        pairs.chain([("act", act)]).collect()
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    tag[start..].split('"').next().map(plain)
}

/// Without the escapes of HTML.
fn plain(text: &str) -> String {
    let mut plain = text.to_owned();
    for (escaped, letter) in [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")] {
        plain = plain.replace(escaped, letter);
    }
    plain
}
