//! One entry of the catalogue as fields by name, of whichever kind: what pages list, compare and edit. On its way
//! back it becomes the typed row again, so that nothing is kept that the loader would not read.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::entries::{Advice, Condition, Medicine, Stretch, Technique, WarningSign};
use super::{Catalogue, ConditionId};

/// What sort of entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each kind is its own name")]
pub enum Kind {
    Condition,
    Stretch,
    Sign,
    Advice,
    Technique,
    Medicine,
}

impl Kind {
    /// In the order of the files.
    pub const ALL: [Self; 6] =
        [Self::Condition, Self::Stretch, Self::Sign, Self::Advice, Self::Technique, Self::Medicine];

    /// The id used in addresses and tables.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Condition => "conditions",
            Self::Stretch => "stretches",
            Self::Sign => "signs",
            Self::Advice => "advice",
            Self::Technique => "techniques",
            Self::Medicine => "medicines",
        }
    }

    /// The kind of this id.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.id() == id)
    }

    /// What one of them is called.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Condition => "Condition",
            Self::Stretch => "Stretch",
            Self::Sign => "Warning sign",
            Self::Advice => "Advice",
            Self::Technique => "Technique",
            Self::Medicine => "Names of a medicine",
        }
    }

    /// What several are called.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Condition => "Conditions",
            Self::Stretch => "Stretches",
            Self::Sign => "Warning signs",
            Self::Advice => "Advice",
            Self::Technique => "Techniques",
            Self::Medicine => "Medicine names",
        }
    }

    /// The field that names an entry of this kind.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Medicine => "points_to",
            _ => "id",
        }
    }
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What sort.
    pub kind: Kind,
    fields: Map<String, Value>,
}

impl Entry {
    /// A typed row as fields.
    pub(super) fn of(kind: Kind, row: &impl Serialize) -> Self {
        let fields = match serde_json::to_value(row) {
            Ok(Value::Object(fields)) => fields,
            // Rows hold only text, lists and numbers, so they are always tables.
            Ok(_) | Err(_) => Map::new(),
        };
        Self { kind, fields }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &str {
        self.text(self.kind.key())
    }

    /// What people call it; of a medicine the first of its names.
    #[must_use]
    pub fn label(&self) -> String {
        match self.kind {
            Kind::Condition | Kind::Stretch | Kind::Technique => self.text("label").to_owned(),
            Kind::Sign => self.text("text").to_owned(),
            Kind::Advice => self.text("title").to_owned(),
            Kind::Medicine => self.list("names").first().map(|name| format!("{name} and others")).unwrap_or_default(),
        }
    }

    /// The addresses behind it; none means expert opinion.
    #[must_use]
    pub fn sources(&self) -> Vec<&str> {
        self.list("sources")
    }

    /// Whether a clinician must look before first use. Of medicine names nobody has to.
    #[must_use]
    pub fn needs_review(&self) -> bool {
        self.get("needs_review").as_bool().unwrap_or_default()
    }

    /// Whether it is kept for the records that name it and used for nothing new.
    #[must_use]
    pub fn is_retired(&self) -> bool {
        self.get("retired").as_bool().unwrap_or_default()
    }

    /// The value at `field` or `table.field`; null where there is none.
    #[must_use]
    pub fn get(&self, path: &str) -> &Value {
        let found = match path.split_once('.') {
            Some((table, field)) => self.fields.get(table).and_then(|table| table.get(field)),
            None => self.fields.get(path),
        };
        found.unwrap_or(&Value::Null)
    }

    /// The text there; empty where there is none.
    #[must_use]
    pub fn text(&self, path: &str) -> &str {
        self.get(path).as_str().unwrap_or_default()
    }

    /// The texts of the list there.
    #[must_use]
    pub fn list(&self, path: &str) -> Vec<&str> {
        self.get(path).as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// Puts a value there; null takes the field away.
    pub fn set(&mut self, path: &str, value: Value) {
        let (fields, field) = match path.split_once('.') {
            Some((table, field)) => {
                let table = self.fields.entry(table).or_insert_with(|| Value::Object(Map::new()));
                let Value::Object(table) = table else { return };
                (table, field)
            }
            None => (&mut self.fields, path),
        };
        if value.is_null() {
            fields.remove(field);
        } else {
            fields.insert(field.to_owned(), value);
        }
    }

    /// The same entry as the loader would read it.
    ///
    /// # Errors
    /// What the loader would say.
    pub fn checked(self) -> Result<Self, String> {
        match self.kind {
            Kind::Condition => self.normal::<Condition>(),
            Kind::Stretch => self.normal::<Stretch>(),
            Kind::Sign => self.normal::<WarningSign>(),
            Kind::Advice => self.normal::<Advice>(),
            Kind::Technique => self.normal::<Technique>(),
            Kind::Medicine => self.normal::<Medicine>(),
        }
    }

    fn normal<T: DeserializeOwned + Serialize>(self) -> Result<Self, String> {
        self.row::<T>().map(|row| Self::of(self.kind, &row))
    }

    /// The typed row.
    pub(super) fn row<T: DeserializeOwned>(&self) -> Result<T, String> {
        serde_json::from_value(Value::Object(self.fields.clone())).map_err(|error| error.to_string())
    }
}

impl Catalogue {
    /// Every entry of a kind, in the order of the file.
    #[must_use]
    pub fn entries(&self, kind: Kind) -> Vec<Entry> {
        fn each<T: Serialize>(kind: Kind, rows: &[T]) -> Vec<Entry> {
            rows.iter().map(|row| Entry::of(kind, row)).collect()
        }
        match kind {
            Kind::Condition => each(kind, self.conditions()),
            Kind::Stretch => each(kind, self.stretches()),
            Kind::Sign => each(kind, self.warning_signs()),
            Kind::Advice => each(kind, self.advice()),
            Kind::Technique => each(kind, self.techniques()),
            Kind::Medicine => each(kind, self.medicines()),
        }
    }

    /// One entry.
    #[must_use]
    pub fn entry(&self, kind: Kind, id: &str) -> Option<Entry> {
        match kind {
            Kind::Condition => self.condition(&id.into()).map(|row| Entry::of(kind, row)),
            Kind::Stretch => self.stretch(&id.into()).map(|row| Entry::of(kind, row)),
            Kind::Sign => self.warning_sign(&id.into()).map(|row| Entry::of(kind, row)),
            Kind::Advice => self.advice_item(&id.into()).map(|row| Entry::of(kind, row)),
            Kind::Technique => self.technique(&id.into()).map(|row| Entry::of(kind, row)),
            Kind::Medicine => {
                let points_to = ConditionId::from(id);
                self.medicines().iter().find(|row| row.points_to == points_to).map(|row| Entry::of(kind, row))
            }
        }
    }

    /// What an entry is called; its id where there is none.
    #[must_use]
    pub fn label(&self, kind: Kind, id: &str) -> String {
        let label = match kind {
            Kind::Condition => self.condition(&id.into()).map(|row| row.label.clone()),
            Kind::Stretch => self.stretch(&id.into()).map(|row| row.label.clone()),
            Kind::Sign => self.warning_sign(&id.into()).map(|row| row.text.clone()),
            Kind::Technique => self.technique(&id.into()).map(|row| row.label.clone()),
            Kind::Advice => self.advice_item(&id.into()).map(|row| row.title.clone()),
            Kind::Medicine => self.entry(kind, id).map(|entry| entry.label()),
        };
        label.unwrap_or_else(|| id.to_owned())
    }
}
