//! One item of a FHIR file as a question: its kind, its choices, its bounds, its help, and the values in it.

use serde_json::{Map, Value};

use super::read::{Reader, list, words};
use super::{CONDITIONS, ITEM_CONTROL, KIND, LEAST, MOST, NOTE_SECTIONS, SIGNATURE, UNIT, YES_NO, YES_NO_SET};
use crate::clinic::note;
use crate::clinic::questionnaire::{Choice, Kind, Question, slug, unused};

/// What every item may have that is read here.
const KNOWN: [&str; 15] = [
    "linkId",
    "type",
    "text",
    "enableWhen",
    "enableBehavior",
    "required",
    "repeats",
    "answerOption",
    "answerValueSet",
    "initial",
    "item",
    "extension",
    "code",
    "prefix",
    "readOnly",
];

/// A value of a file.
pub(super) enum Answer {
    /// As answers here are written.
    Value(String),
    /// There is none.
    None,
    /// It is of a type that answers here do not have.
    Strange,
}

impl Reader<'_> {
    /// The question of an item, without its name and its rules; nothing when it is of a type that cannot be asked here.
    pub(super) fn read_question(&mut self, item: &Map<String, Value>, path: &str) -> Option<Question> {
        self.leave_all_but(item, path, &KNOWN);
        let mut question = Question { text: words(item), ..Question::default() };
        if !item.get("text").is_some_and(Value::is_string) {
            self.leave(format!("{path}.text"), "is missing; write what is asked");
        }
        if let Some(prefix) = item.get("prefix").and_then(Value::as_str) {
            question.text = format!("{prefix} {}", question.text);
        }
        if item.contains_key("readOnly") {
            self.leave(format!("{path}.readOnly"), "is not kept: what is asked can be answered");
        }
        question.kind = self.kind(item, path)?;
        self.extensions(item, path, &mut question);
        self.choices(item, path, &mut question);
        self.flags(item, path, &mut question);
        self.codes(item, path, &mut question);
        self.initial(item, path, &mut question);
        self.help(item, path, &mut question);
        Some(question)
    }

    fn kind(&mut self, item: &Map<String, Value>, path: &str) -> Option<Kind> {
        let at = format!("{path}.type");
        let named = item.get("type").and_then(Value::as_str).unwrap_or_default();
        let mut instead = |kind: Kind, says: &str| {
            self.leave(&at, says);
            Some(kind)
        };
        match named {
            "display" => Some(Kind::Words),
            "boolean" => Some(Kind::YesNo),
            "decimal" | "quantity" => Some(Kind::Number),
            "integer" => Some(Kind::Whole),
            "date" => Some(Kind::Date),
            "string" => Some(Kind::Line),
            "text" => Some(Kind::Text),
            "choice" => Some(Kind::Choice),
            "open-choice" => Some(Kind::OpenChoice),
            "dateTime" => instead(Kind::Date, "the day is asked, the time of day is not"),
            "time" => instead(Kind::Line, "a time of day is asked as a line of text"),
            "url" => instead(Kind::Line, "an address is asked as a line of text"),
            other => {
                let other: String = other.chars().filter(|c| !c.is_control()).take(40).collect();
                self.leave(at, format!("“{other}” cannot be asked here; the question is left out"));
                None
            }
        }
    }

    fn extensions(&mut self, item: &Map<String, Value>, path: &str, question: &mut Question) {
        let mut is_ours = false;
        let mut bounds = Vec::new();
        for (at, extension) in list(item, "extension").iter().enumerate() {
            let url = extension["url"].as_str().unwrap_or_default();
            match url {
                KIND => match extension["valueCode"].as_str().and_then(Kind::of) {
                    Some(kind) if fits(kind, question.kind) => (question.kind, is_ours) = (kind, true),
                    _ => self.leave(format!("{path}.extension[{at}]"), "names a kind of question that does not fit"),
                },
                SIGNATURE => question.kind = Kind::Signature,
                UNIT => {
                    let coding = &extension["valueCoding"];
                    let unit = coding["display"].as_str().or_else(|| coding["code"].as_str());
                    question.unit = unit.unwrap_or_default().to_owned();
                }
                LEAST | MOST => bounds.push((at, url, extension)),
                other => {
                    let other: String = other.chars().filter(|c| !c.is_control()).take(120).collect();
                    self.leave(format!("{path}.extension[{at}]"), format!("{other} is not understood"));
                }
            }
        }
        for (at, url, extension) in bounds {
            match answer(extension, "value", question) {
                Answer::Value(value) if question.kind.has_size() && url == LEAST => question.least = value,
                Answer::Value(value) if question.kind.has_size() => question.most = value,
                _ => self.leave(format!("{path}.extension[{at}]"), "is a bound that cannot be read"),
            }
        }
        if question.kind == Kind::YesNo && !is_ours {
            self.may_be_unsure += 1;
        }
    }

    fn choices(&mut self, item: &Map<String, Value>, path: &str, question: &mut Question) {
        let is_list = question.kind.has_options();
        if let Some(set) = item.get("answerValueSet").and_then(Value::as_str) {
            if set == YES_NO_SET && question.kind == Kind::Choice {
                question.kind = Kind::YesNo;
            } else if let Some(choices) = self.set(set).filter(|_| is_list) {
                question.options = choices.to_vec();
            } else {
                let set: String = set.chars().filter(|c| !c.is_control()).take(120).collect();
                self.leave(format!("{path}.answerValueSet"), format!("the list {set} is not in the file"));
            }
        }
        for (at, option) in list(item, "answerOption").iter().enumerate().filter(|_| is_list) {
            let path = format!("{path}.answerOption[{at}]");
            let Some(object) = option.as_object() else { continue };
            self.leave_all_but(
                object,
                &path,
                &["valueCoding", "valueString", "valueInteger", "valueDate", "valueTime", "initialSelected"],
            );
            match choice_of(object, at, &question.options) {
                Some(choice) => {
                    if option["initialSelected"] == true {
                        question.initial.push(choice.code.clone());
                    }
                    question.options.push(choice);
                }
                None => self.leave(path, "is no choice that can be read"),
            }
        }
        if matches!(question.kind, Kind::YesNo | Kind::BodyMap) {
            let chosen = list(item, "answerOption").iter().filter(|option| option["initialSelected"] == true);
            question.initial = chosen.filter_map(|option| value_of(answer(option, "value", question))).collect();
        } else if !is_list && item.contains_key("answerOption") {
            self.leave(format!("{path}.answerOption"), "is not kept: this kind of question has no list");
        }
        if question.kind == Kind::Choice && is_yes_no(&question.options) {
            question.kind = Kind::YesNo;
            question.initial = question.initial.iter().filter_map(|code| yes_no(code)).collect();
            question.options.clear();
        }
        if question.kind.has_options() && question.options.is_empty() {
            question.kind = Kind::Line;
            self.leave(format!("{path}.type"), "has nothing to choose from; it is asked as a line of text");
        }
    }

    fn flags(&mut self, item: &Map<String, Value>, path: &str, question: &mut Question) {
        let flag = |name: &str| item.get(name).and_then(Value::as_bool).unwrap_or_default();
        question.required = flag("required") && question.kind.asks();
        question.repeats = flag("repeats") && question.kind.may_repeat();
        if flag("required") && !question.required {
            self.leave(format!("{path}.required"), "is not kept: nothing is asked");
        }
        if flag("repeats") && !question.repeats && question.kind != Kind::BodyMap {
            self.leave(format!("{path}.repeats"), "is not kept: this kind of question takes one answer");
        }
    }

    fn codes(&mut self, item: &Map<String, Value>, path: &str, question: &mut Question) {
        for (at, coding) in list(item, "code").iter().enumerate() {
            let code = coding["code"].as_str().unwrap_or_default();
            let section = note::Section::ALL.into_iter().find(|section| section.id() == code);
            match (coding["system"].as_str().unwrap_or_default(), section) {
                (CONDITIONS, _) if !code.is_empty() => question.condition = Some(code.into()),
                (NOTE_SECTIONS, Some(section)) => question.note = Some(section),
                _ => self.leave(format!("{path}.code[{at}]"), "is not kept"),
            }
        }
    }

    fn initial(&mut self, item: &Map<String, Value>, path: &str, question: &mut Question) {
        for (at, initial) in list(item, "initial").iter().enumerate() {
            match answer(initial, "value", question) {
                Answer::Value(value) if question.kind.carries() => question.initial.push(value),
                _ => self.leave(format!("{path}.initial[{at}]"), "is no answer that can stand there from the start"),
            }
        }
    }

    fn help(&mut self, item: &Map<String, Value>, path: &str, question: &mut Question) {
        let mut lines: Vec<String> = Vec::new();
        for (at, help) in list(item, "item").iter().enumerate().filter(|(_, one)| is_help(one)) {
            if let Some(help) = help.as_object() {
                self.leave_all_but(help, &format!("{path}.item[{at}]"), &["linkId", "type", "text", "extension"]);
                lines.push(words(help));
            }
        }
        question.help = lines.join("\n");
    }
}

/// Whether this kind of ours is what stands in a file as that one.
const fn fits(ours: Kind, theirs: Kind) -> bool {
    match ours {
        Kind::YesNo | Kind::BodyMap => matches!(theirs, Kind::Choice),
        Kind::Consent => matches!(theirs, Kind::YesNo),
        Kind::Signature => matches!(theirs, Kind::Line),
        _ => false,
    }
}

/// Whether an item is the help of the question above it.
pub(super) fn is_help(item: &Value) -> bool {
    let extensions = item["extension"].as_array().map_or(&[][..], Vec::as_slice);
    let is_help = |extension: &Value| {
        let codings = extension["valueCodeableConcept"]["coding"].as_array().map_or(&[][..], Vec::as_slice);
        extension["url"] == ITEM_CONTROL
            && codings.iter().any(|coding| coding["code"] == "help" || coding["code"] == "flyover")
    };
    item["type"] == "display" && extensions.iter().any(is_help)
}

/// A value of a file under the names of the standard: `valueDate`, `answerCoding`.
pub(super) fn answer(holder: &Value, name: &str, question: &Question) -> Answer {
    let get = |kind: &str| holder.get(format!("{name}{kind}"));
    let text = |kind: &str| get(kind).and_then(Value::as_str).map(str::to_owned);
    if let Some(coding) = get("Coding") {
        let code = coding["code"].as_str().or_else(|| coding["display"].as_str()).unwrap_or_default();
        return Answer::of(coded(question, code));
    }
    if let Some(flag) = get("Boolean").and_then(Value::as_bool) {
        let fits = matches!(question.kind, Kind::YesNo | Kind::Consent);
        return Answer::of(fits.then(|| if flag { "yes".into() } else { "no".into() }));
    }
    if let Some(text) = ["String", "Date", "Time", "Uri"].into_iter().find_map(text) {
        let is_list = question.kind.has_options() || matches!(question.kind, Kind::YesNo | Kind::BodyMap);
        return Answer::of(if is_list { coded(question, &text) } else { Some(text) });
    }
    if let Some(moment) = text("DateTime") {
        return Answer::of((question.kind == Kind::Date).then(|| moment.chars().take(10).collect()));
    }
    let number = get("Integer").or_else(|| get("Decimal")).or_else(|| get("Quantity").and_then(|one| one.get("value")));
    match number {
        Some(Value::Number(number)) if question.kind.has_options() => Answer::of(coded(question, &number.to_string())),
        Some(Value::Number(number)) => Answer::Value(number.to_string()),
        Some(_) => Answer::Strange,
        None => Answer::None,
    }
}

impl Answer {
    fn of(value: Option<String>) -> Self {
        value.map_or(Self::Strange, Self::Value)
    }
}

fn value_of(answer: Answer) -> Option<String> {
    match answer {
        Answer::Value(value) => Some(value),
        Answer::None | Answer::Strange => None,
    }
}

/// A code of a file as an answer to this question.
fn coded(question: &Question, code: &str) -> Option<String> {
    match question.kind {
        Kind::YesNo => yes_no(code),
        Kind::Choice => question.code_of(code).map(str::to_owned),
        Kind::OpenChoice => Some(question.code_of(code).unwrap_or(code).to_owned()),
        _ => Some(code.to_owned()).filter(|code| !code.is_empty()),
    }
}

fn yes_no(code: &str) -> Option<String> {
    YES_NO.iter().find(|(_, _, known, _)| *known == code).map(|(value, ..)| (*value).to_owned())
}

/// Whether a list is the published one of yes, no and not known.
fn is_yes_no(options: &[Choice]) -> bool {
    options.len() == YES_NO.len()
        && YES_NO
            .iter()
            .all(|(_, system, code, _)| options.iter().any(|one| one.code == *code && one.system == *system))
}

/// A choice of a file, under a code that no other of the question has.
fn choice_of(option: &Map<String, Value>, at: usize, others: &[Choice]) -> Option<Choice> {
    let plain = ["valueString", "valueDate", "valueTime"].into_iter().find_map(|name| option.get(name)?.as_str());
    let number = option.get("valueInteger").and_then(Value::as_i64).map(|number| number.to_string());
    let (system, code, words) = match (option.get("valueCoding"), plain, number) {
        (Some(coding), _, _) => {
            let text = |name: &str| coding[name].as_str().unwrap_or_default().to_owned();
            let words = if text("display").is_empty() { text("code") } else { text("display") };
            let code = if text("code").is_empty() { slug(&words, &format!("choice_{}", at + 1)) } else { text("code") };
            (text("system"), code, words)
        }
        (None, Some(text), _) => (String::new(), slug(text, &format!("choice_{}", at + 1)), text.to_owned()),
        (None, None, Some(number)) => (String::new(), number.clone(), number),
        (None, None, None) => return None,
    };
    let is_taken = |code: &str| others.iter().any(|choice| choice.code == code);
    let code = if is_taken(&code) { unused(&slug(&code, "choice"), is_taken) } else { code };
    (!words.is_empty()).then_some(Choice { code, system, words })
}

/// The id and the choices of a value set that stands in the file itself.
pub(super) fn choices_of(resource: &Value) -> Option<(String, Vec<Choice>)> {
    let id = resource["id"].as_str().filter(|_| resource["resourceType"] == "ValueSet")?;
    let mut choices: Vec<Choice> = Vec::new();
    let mut add = |system: &str, concept: &Value| {
        let coding = serde_json::json!({ "system": system, "code": concept["code"], "display": concept["display"] });
        let option = Map::from_iter([("valueCoding".to_owned(), coding)]);
        choices.extend(choice_of(&option, choices.len(), &choices));
    };
    for include in resource["compose"]["include"].as_array().into_iter().flatten() {
        for concept in include["concept"].as_array().into_iter().flatten() {
            add(include["system"].as_str().unwrap_or_default(), concept);
        }
    }
    for concept in resource["expansion"]["contains"].as_array().into_iter().flatten() {
        add(concept["system"].as_str().unwrap_or_default(), concept);
    }
    (!choices.is_empty()).then(|| (id.to_owned(), choices))
}
