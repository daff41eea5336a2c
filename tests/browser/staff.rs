//! A member of the staff at a screen: finds, presses and types what a person would.

use std::cell::Cell;
use std::sync::Mutex;

use fantoccini::Locator;
use fantoccini::elements::Element;
use serde_json::{Value, json};

use crate::Demo;
use crate::chrome::Chrome;

/// Somebody at a screen.
pub struct Staff<'a> {
    pub chrome: &'a Chrome,
    pub demo: &'a Demo,
    presses: Cell<usize>,
    keys: Cell<usize>,
}

impl<'a> Staff<'a> {
    pub fn new(chrome: &'a Chrome, demo: &'a Demo) -> Self {
        Self { chrome, demo, presses: Cell::new(0), keys: Cell::new(0) }
    }

    /// Forgets what was pressed and typed so far.
    pub fn counts_from_here(&self) {
        self.presses.set(0);
        self.keys.set(0);
    }

    /// Says how often something was pressed and how many keys were struck for this, and that it was not more.
    pub fn took_at_most(&self, what: &str, presses: usize, keys: usize) {
        let counted = (self.presses.get(), self.keys.get());
        println!("{what}: {} presses, {} keystrokes", counted.0, counted.1);
        assert!(counted.0 <= presses && counted.1 <= keys, "{what}: {counted:?}, not {presses} and {keys}");
    }

    /// Signs out whoever was there and comes in by the demo's button.
    pub async fn comes_in(&self, name: &str) {
        self.chrome.client.goto(&format!("{}/sign-in", self.demo.address)).await.expect("the door");
        self.chrome.client.delete_all_cookies().await.expect("no cookies");
        self.go("/sign-in?next=/day").await;
        self.demo.come_in(self.chrome, name).await;
    }

    pub async fn go(&self, path: &str) {
        self.chrome.client.goto(&format!("{}{path}", self.demo.address)).await.expect("the page opens");
    }

    /// The path one is on, with its question.
    pub async fn place(&self) -> String {
        let url = self.chrome.client.current_url().await.expect("an address");
        url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
    }

    /// What can be seen and fits, waited for.
    pub async fn find(&self, css: &str) -> Element {
        self.first_shown(Locator::Css(css), css).await
    }

    async fn first_shown(&self, place: Locator<'_>, words: &str) -> Element {
        let seen = Mutex::new(None);
        self.chrome
            .soon(async |client| {
                for element in client.find_all(place).await.unwrap_or_default() {
                    if element.is_displayed().await.unwrap_or(false) {
                        *seen.lock().expect("nobody else") = Some(element);
                        return true;
                    }
                }
                false
            })
            .await;
        match seen.into_inner().expect("nobody else") {
            Some(element) => element,
            None => panic!("{}: nothing to be seen of {words}\n{}", self.place().await, self.text().await),
        }
    }

    /// Presses what stays on the page.
    pub async fn click(&self, css: &str) {
        let element = self.find(css).await;
        self.press_on(&element, css).await;
    }

    async fn press_on(&self, element: &Element, words: &str) {
        self.presses.update(|presses| presses + 1);
        let pressed = element.click().await;
        if let Err(error) = pressed {
            panic!("{}: {words} cannot be pressed: {error}", self.place().await);
        }
    }

    /// Follows a link or presses a button, and waits for the page it leads to.
    pub async fn follow(&self, css: &str) {
        let element = self.find(css).await;
        self.leads(&element, css).await;
    }

    /// Presses the button with these words at its beginning, and waits for the page it leads to.
    pub async fn press(&self, words: &str) {
        let path = format!("//button[starts-with(normalize-space(.), \"{words}\") and not(@aria-hidden)]");
        let element = self.first_shown(Locator::XPath(&path), words).await;
        self.leads(&element, words).await;
    }

    /// Presses the button with these words in the part of the page with this id.
    pub async fn press_in(&self, part: &str, words: &str) {
        let path = format!("//*[@id='{part}']//button[starts-with(normalize-space(.), \"{words}\")]");
        let element = self.first_shown(Locator::XPath(&path), words).await;
        self.leads(&element, words).await;
    }

    /// Follows the link with these words in the row of a list that names somebody.
    pub async fn follow_beside(&self, name: &str, words: &str) {
        let path = format!("//li[contains(., \"{name}\")]//a[starts-with(normalize-space(.), \"{words}\")]");
        let element = self.first_shown(Locator::XPath(&path), words).await;
        self.leads(&element, words).await;
    }

    /// Strikes keys where the cursor is.
    pub async fn hits(&self, keys: &str) {
        self.keys.update(|struck| struck + keys.chars().count());
        let here = self.chrome.client.active_element().await.expect("a place");
        here.send_keys(keys).await.unwrap_or_else(|error| panic!("{keys} cannot be struck: {error}"));
    }

    /// What the place where the cursor is says of itself.
    pub async fn at(&self, what: &str) -> String {
        let said = self.chrome.run(&format!("return document.activeElement.{what}")).await;
        said.as_str().unwrap_or_default().trim().to_owned()
    }

    /// What stands in a field.
    pub async fn value(&self, css: &str) -> String {
        self.find(css).await.prop("value").await.expect("an answer").unwrap_or_default()
    }

    /// Waits until a part of the page says this.
    pub async fn says_in(&self, css: &str, words: &str) {
        let script = "return (document.querySelector(arguments[0])?.innerText ?? '').replace(/\\s+/g, ' ').includes(arguments[1])";
        let there = self.chrome.soon(async |client| {
            let answer = client.execute(script, vec![json!(css), json!(words)]).await;
            answer.is_ok_and(|answer| answer == json!(true))
        });
        assert!(there.await, "{}: {css} never says {words:?}\n{}", self.place().await, self.text().await);
    }

    /// Waits until a part of the page says that somebody saved. The clinic's clock goes on while a test runs,
    /// so the minute is not asked for.
    pub async fn is_saved_by(&self, css: &str, name: &str) {
        let script = "const said = (document.querySelector(arguments[0])?.innerText ?? '').replace(/\\s+/g, ' '); \
            return /Saved( for later)? \\d\\d:\\d\\d by $/.test(said.split(arguments[1])[0])";
        let there = self.chrome.soon(async |client| {
            let answer = client.execute(script, vec![json!(css), json!(name)]).await;
            answer.is_ok_and(|answer| answer == json!(true))
        });
        assert!(there.await, "{}: {css} never says that {name} saved\n{}", self.place().await, self.text().await);
    }

    /// Waits until the browser is at this path.
    pub async fn arrives(&self, path: &str) {
        let url = format!("{}{path}", self.demo.address);
        let there = self.chrome.soon(async |client| client.current_url().await.is_ok_and(|at| at.as_str() == url));
        assert!(there.await, "{} is not {path}", self.place().await);
    }

    /// Presses what stays on the page, found by its path.
    pub async fn click_on(&self, path: &str) {
        let element = self.first_shown(Locator::XPath(path), path).await;
        self.press_on(&element, path).await;
    }

    /// Empties a field.
    pub async fn clears(&self, css: &str) {
        let cleared = self.find(css).await.clear().await;
        cleared.unwrap_or_else(|error| panic!("{css} is not emptied: {error}"));
    }

    /// Follows the link with these words at its beginning.
    pub async fn press_link(&self, words: &str) {
        let path = format!("//main//a[starts-with(normalize-space(.), \"{words}\")]");
        let element = self.first_shown(Locator::XPath(&path), words).await;
        self.leads(&element, words).await;
    }

    /// The path of a client's visit on a day, by the board of that day.
    pub async fn visit_of(&self, client: &str, day: &str) -> String {
        self.go(&format!("/day?on={day}")).await;
        let path = format!("//table[contains(@class, 'board')]//a[normalize-space(.)=\"{client}\"]");
        let link = self.first_shown(Locator::XPath(&path), client).await;
        link.attr("href").await.expect("an answer").expect("an address")
    }

    /// The path of a client's page, by the search.
    pub async fn client(&self, name: &str) -> String {
        self.go(&format!("/clients?q={}", name.split(' ').next_back().unwrap_or(name))).await;
        let link = self.first_shown(Locator::XPath(&format!("//main//a[contains(., \"{name}\")]")), name).await;
        link.attr("href").await.expect("an answer").expect("an address")
    }

    /// The status the page was answered with.
    pub async fn status(&self) -> u16 {
        let status = self.chrome.run("return performance.getEntriesByType('navigation')[0].responseStatus").await;
        status.as_u64().and_then(|status| status.try_into().ok()).expect("a status")
    }

    /// The names of the lines of a note that nobody decided yet.
    pub async fn waiting(&self) -> Vec<String> {
        let script =
            "return [...document.querySelectorAll('.note-line.waiting input[value=accept]')].map(one => one.name)";
        let names = self.chrome.run(script).await;
        names.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// Fills a form in as nobody could by hand, past what the browser itself would ask for, and sends
    /// it with this button of it or the first.
    pub async fn sends(&self, form: &str, fields: &[(&str, &str)], button: &str) {
        const SEND: &str = "const [css, fields, button] = arguments; \
            const form = document.querySelector(css); form.noValidate = true; \
            for (const [name, value] of fields) for (const field of form.querySelectorAll(`[name=\"${name}\"]`)) { \
              if (!['checkbox', 'radio'].includes(field.type)) field.value = value; \
              else if (!value) field.checked = false; \
              else if (field.value === value) field.checked = true; } \
            const buttons = [...document.querySelectorAll('button')].filter(one => one.form === form && one.type === 'submit'); \
            document.documentElement.dataset.left = 'yes'; \
            form.requestSubmit(button ? buttons.find(one => one.matches(button)) : buttons[0]);";
        let there = self.chrome.soon(async |client| client.find(Locator::Css(form)).await.is_ok()).await;
        assert!(there, "{}: no {form}", self.place().await);
        let sent = self.chrome.client.execute(SEND, vec![json!(form), json!(fields), json!(button)]).await;
        sent.unwrap_or_else(|error| panic!("{form} cannot be sent: {error}"));
        self.waits_for_the_page(form).await;
    }

    /// Whether there is such a thing on the page.
    pub async fn has(&self, css: &str) -> bool {
        self.counts(css).await > 0
    }

    /// How many there are.
    pub async fn counts(&self, css: &str) -> usize {
        self.chrome.client.find_all(Locator::Css(css)).await.expect("a list").len()
    }

    async fn leads(&self, element: &Element, words: &str) {
        const LEAVE: &str = "document.documentElement.dataset.left = 'yes'";
        self.chrome.run(LEAVE).await;
        self.press_on(element, words).await;
        self.waits_for_the_page(words).await;
    }

    async fn waits_for_the_page(&self, words: &str) {
        const ARRIVED: &str =
            "return document.documentElement.dataset.left !== 'yes' && document.readyState === 'complete'";
        let there = self
            .chrome
            .soon(async |client| client.execute(ARRIVED, vec![]).await.is_ok_and(|answer| answer == json!(true)))
            .await;
        assert!(there, "{}: {words} leads nowhere", self.place().await);
    }

    /// Types at the end of what is in a field.
    pub async fn types(&self, css: &str, words: &str) {
        let field = self.find(css).await;
        // One gets there by a press or by the key that leads to the next field.
        self.presses.update(|presses| presses + 1);
        self.keys.update(|keys| keys + words.chars().count());
        field.send_keys(words).await.unwrap_or_else(|error| panic!("{css} takes no keys: {error}"));
    }

    /// A day or a time as the browser's own picker sets it: which keys that takes depends on the
    /// browser's language.
    pub async fn picks(&self, css: &str, value: &str) {
        let field = json!(self.find(css).await);
        self.presses.update(|presses| presses + 1);
        self.keys.update(|keys| keys + value.chars().filter(char::is_ascii_digit).count());
        let set = "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input', { bubbles: true })); \
                   arguments[0].dispatchEvent(new Event('change', { bubbles: true }))";
        self.chrome.client.execute(set, vec![field, json!(value)]).await.expect("a value");
    }

    /// Chooses from a list by the value of the option: one press opens it, one chooses.
    pub async fn chooses(&self, css: &str, value: &str) {
        self.presses.update(|presses| presses + 2);
        let chosen = self.find(css).await.select_by_value(value).await;
        chosen.unwrap_or_else(|error| panic!("{css} has no {value}: {error}"));
    }

    /// Chooses from a list by the word of the option.
    pub async fn chooses_word(&self, css: &str, word: &str) {
        self.presses.update(|presses| presses + 2);
        let chosen = self.find(css).await.select_by_label(word).await;
        chosen.unwrap_or_else(|error| panic!("{css} has no {word}: {error}"));
    }

    /// Ticks a box by its name and value, wherever its mark is drawn.
    pub async fn ticks(&self, name: &str, value: &str) {
        let css = format!("label:has(> input[name='{name}'][value='{value}'])");
        self.click(&css).await;
    }

    /// The words of the page as they can be seen.
    pub async fn text(&self) -> String {
        match self.chrome.client.execute("return document.body.innerText", vec![]).await {
            Ok(Value::String(text)) => text,
            other => format!("{other:?}"),
        }
    }

    /// Waits until the page says this where it can be seen.
    pub async fn reads(&self, words: &str) {
        let script = "return document.body.innerText.replace(/\\s+/g, ' ').includes(arguments[0])";
        let there = self
            .chrome
            .soon(async |client| {
                client.execute(script, vec![json!(words)]).await.is_ok_and(|answer| answer == json!(true))
            })
            .await;
        assert!(there, "{}: never says {words:?}\n{}", self.place().await, self.text().await);
    }

    /// Whether the page says this now.
    pub async fn says(&self, words: &str) -> bool {
        self.text().await.split_whitespace().collect::<Vec<_>>().join(" ").contains(words)
    }

    /// A page that was answered with this status is told in the console, and nothing else is.
    pub async fn heard_the_status(&self, status: u16) {
        let complaints = self.chrome.complaints().await;
        let told = format!("status of {status}");
        let others: Vec<_> = complaints.iter().filter(|line| !line.contains(&told)).collect();
        assert!(
            others.is_empty() && !complaints.is_empty(),
            "{}: the console says {complaints:#?}",
            self.place().await
        );
    }

    /// Nothing was refused by the page's policy, nothing is broken.
    pub async fn heard_no_complaint(&self) {
        let complaints = self.chrome.complaints().await;
        assert!(complaints.is_empty(), "{}: the console says {complaints:#?}", self.place().await);
    }
}
