//! axe-core, asked about the page a browser shows. It is put in through the driver, not by the page:
//! the pages' own policy lets nothing in.

use serde_json::{Value, json};

use crate::chrome::Chrome;

const AXE: &str = include_str!("vendor/axe/axe.min.js");

/// What WCAG 2.2 asks at levels A and AA. A letter's frame runs no script, so axe cannot look
/// inside; letters have tests of their own.
const ASK: &str = "const done = arguments[arguments.length - 1]; \
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']; \
    const asked = { runOnly: { type: 'tag', values: tags }, iframes: false, resultTypes: ['violations'] }; \
    axe.run(arguments[0] ?? document, asked).then(found => done({ \
        passes: found.passes.length, \
        violations: found.violations.map(one => ({ rule: one.id, help: one.help, at: one.nodes.map(node => \
          node.target.join(' ') + ' | ' + node.html.slice(0, 160) + ' | ' + node.failureSummary) })) }), \
      error => done({ error: String(error) }));";

/// What folds open in place, since axe does not look at what is not shown. What opens over the page
/// stays shut, or it would hide what lies under it, and is looked at by itself. The board looks for news
/// by htmx and would put new parts in place of those that axe is looking at.
const UNFOLD: &str = "window.htmx = undefined; const over = one => [...one.children].some(part => getComputedStyle(part).position === 'absolute'); \
    const folds = [...document.querySelectorAll('details')]; \
    const menus = new Map(folds.filter(over).map(one => [one.className, one])); \
    for (const one of folds) one.open = !over(one); \
    return { loaded: typeof axe !== 'undefined', menus: [...menus.values()] };";

/// What is wrong with the page, one sentence a rule and place.
pub async fn violations(chrome: &Chrome) -> Vec<String> {
    let there = chrome.run(UNFOLD).await;
    if there["loaded"] == json!(false) {
        chrome.run(AXE).await;
    }
    let mut found = ask(chrome, Value::Null).await;
    for menu in there["menus"].as_array().into_iter().flatten() {
        let open = |open: bool| vec![menu.clone(), json!(open)];
        let turn = "arguments[0].open = arguments[1];";
        chrome.client.execute(turn, open(true)).await.expect("a script of the driver");
        found.extend(ask(chrome, menu.clone()).await);
        chrome.client.execute(turn, open(false)).await.expect("a script of the driver");
    }
    found
}

async fn ask(chrome: &Chrome, part: Value) -> Vec<String> {
    let found = chrome.client.execute_async(ASK, vec![part]).await.expect("axe answers");
    let list = found["violations"].as_array().unwrap_or_else(|| panic!("axe says {found}"));
    assert!(found["passes"].as_u64().is_some_and(|rules| rules > 2), "axe looked at nothing: {found}");
    list.iter().flat_map(sentences).collect()
}

fn sentences(violation: &Value) -> Vec<String> {
    let (rule, help) = (&violation["rule"], &violation["help"]);
    let places = violation["at"].as_array().cloned().unwrap_or_default();
    places.iter().map(|place| format!("{rule} ({help}): {place}")).collect()
}
