//! One kind of record about a person, and how its rows are asked for.

/// One kind of record.
pub(super) struct Record {
    /// What it is called in an export.
    pub name: &'static str,
    pub table: &'static str,
    /// Which rows: the clinic at 1, the client at 2.
    pub which: &'static str,
    pub order: &'static str,
    pub fields: &'static [Field],
}

/// How a column is read.
pub(super) enum Field {
    /// As it is: words, numbers, ids.
    Plain(&'static str),
    /// 0 or 1.
    Flag(&'static str),
    /// Milliseconds since 1970.
    At(&'static str),
    /// Sealed for the row that this names, which is filled from the row's own columns.
    Sealed(&'static str, &'static str),
}

use Field::{At, Flag, Plain, Sealed};

impl Field {
    pub const fn name(&self) -> &'static str {
        match self {
            Plain(name) | Flag(name) | At(name) | Sealed(name, _) => name,
        }
    }
}

impl Record {
    /// Each row as one text.
    pub fn statement(&self, sqlite: bool) -> String {
        let fields = self.fields.iter().map(|field| {
            let name = field.name();
            let value = match field {
                Sealed(..) if sqlite => format!("case when {name} is null then null else lower(hex({name})) end"),
                Sealed(..) => format!("encode({name}, 'hex')"),
                _ => name.to_owned(),
            };
            format!("'{name}', {value}")
        });
        let object = if sqlite { "json_object" } else { "json_build_object" };
        format!(
            "select cast({object}({}) as text) from {} where {} order by {}",
            fields.collect::<Vec<_>>().join(", "),
            self.table,
            self.which,
            self.order
        )
    }
}
