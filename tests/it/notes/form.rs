//! The note's form as a browser without scripts reads it off the page and sends it back.

/// The fields of a form, filled as the page shows them.
#[derive(Clone, Debug)]
pub struct Form {
    pub fields: Vec<(String, String)>,
}

impl Form {
    /// The form whose opening tag holds this.
    pub fn on(page: &str, mark: &str) -> Self {
        let at = page.find(mark).unwrap_or_else(|| panic!("no form with {mark}"));
        let form = page[at..].split("</form>").next().expect("a form");
        let mut fields = Vec::new();
        for part in form.split('<').skip(1) {
            let Some((tag, rest)) = part.split_once('>') else { continue };
            let name = attribute(tag, "name");
            match tag.split_whitespace().next() {
                Some("input") => {
                    let ticked = !matches!(attribute(tag, "type").as_deref(), Some("radio" | "checkbox"));
                    if let (Some(name), true) = (name, ticked || tag.contains(" checked")) {
                        fields.push((name, attribute(tag, "value").unwrap_or_default()));
                    }
                }
                Some("textarea") => fields.extend(name.map(|name| (name, plain(rest.trim_start_matches('\n'))))),
                _ => {}
            }
        }
        Self { fields }
    }

    /// Chooses or types: the field has this value now, whatever it had.
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(field, _)| field != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn get(&self, name: &str) -> &str {
        self.fields.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value)
    }

    pub fn pairs(&self) -> Vec<(&str, &str)> {
        let own = self.fields.iter().filter(|(name, _)| name != "csrf");
        own.map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    Some(plain(rest.split('"').next()?))
}

/// Text without the escapes of HTML.
pub fn plain(html: &str) -> String {
    let escapes = [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")];
    escapes.into_iter().fold(html.to_owned(), |text, (escape, sign)| text.replace(escape, sign))
}
