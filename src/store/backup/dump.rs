//! What a dump of PostgreSQL holds, told by `pg_restore` without any database: the steps of its schema and
//! the keys its sealed text needs. Reading all of it is also what shows that it is whole.

use std::collections::BTreeSet;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

use super::Step;

/// The table in which the steps of the schema stand.
const STEPS: &str = "_sqlx_migrations";

/// How a sealed value begins in a dump: 1, then the key's id in eight digits.
const SEALED: &[u8] = br"\\x01";

/// The shortest sealed value in hexadecimal digits: its head and the cipher's tag.
const SHORTEST: usize = 2 * (29 + 16);

/// What was found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub steps: Vec<Step>,
    pub keys: BTreeSet<String>,
    /// The tables there are rows for.
    pub tables: BTreeSet<String>,
}

/// Reads a dump's rows, as `pg_restore --data-only` writes them.
pub(super) async fn read(script: impl AsyncRead + Unpin) -> std::io::Result<Found> {
    let mut script = BufReader::with_capacity(1 << 16, script);
    let mut found = Found::default();
    let mut line = Vec::new();
    // The columns of the table whose rows are being read.
    let mut rows: Option<Table> = None;
    loop {
        line.clear();
        if script.read_until(b'\n', &mut line).await? == 0 {
            return Ok(found);
        }
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        match &rows {
            None => {
                rows = Table::of(text);
                found.tables.extend(rows.as_ref().map(|table| table.name.clone()));
            }
            Some(_) if text == br"\." => rows = None,
            Some(table) => table.row(text, &mut found),
        }
    }
}

/// A table whose rows follow.
struct Table {
    name: String,
    columns: Vec<String>,
}

impl Table {
    /// From `COPY public.visit (id, clinic_id, …) FROM stdin;`.
    fn of(line: &[u8]) -> Option<Self> {
        let line = std::str::from_utf8(line).ok()?;
        let (name, rest) = line.strip_prefix("COPY ")?.split_once(" (")?;
        let columns = rest.strip_suffix(") FROM stdin;")?.split(", ").map(|column| column.trim_matches('"').to_owned());
        let name = name.rsplit_once('.').map_or(name, |(_, name)| name).trim_matches('"').to_owned();
        Some(Self { name, columns: columns.collect() })
    }

    fn row(&self, row: &[u8], found: &mut Found) {
        let fields = || row.split(|byte| *byte == b'\t');
        if self.name == STEPS {
            let of = |name: &str| {
                let at = self.columns.iter().position(|column| column == name)?;
                std::str::from_utf8(fields().nth(at)?).ok()
            };
            let done = of("success") == Some("t");
            let version = of("version").and_then(|text| text.parse().ok());
            let checksum = of("checksum").and_then(|text| bytes(text.strip_prefix(r"\\x")?));
            found.steps.extend(version.zip(checksum).filter(|_| done));
            return;
        }
        for value in fields().filter_map(|field| field.strip_prefix(SEALED)) {
            let id = value.get(..8).filter(|_| value.len() + 2 >= SHORTEST);
            let id = id.and_then(|id| std::str::from_utf8(id).ok()).filter(|id| bytes(id).is_some());
            if let Some(id) = id
                && !found.keys.contains(id)
            {
                found.keys.insert(id.to_owned());
            }
        }
    }
}

fn bytes(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2)?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn steps_and_keys_are_found_among_rows_and_nowhere_else() {
        let sealed = format!(r"\\x01a1b2c3d4{}", "00".repeat(60));
        let script = format!(
            "\\restrict x\nSET row_security = off;\n\
             COPY public._sqlx_migrations (version, description, installed_on, success, checksum, execution_time) FROM stdin;\n\
             1\tfirst\t2026-01-05\tt\t\\\\x0a0b\t1\n2\thalf\t2026-01-05\tf\t\\\\x0c\t1\n\\.\n\
             COPY public.visit (id, treatment) FROM stdin;\nv1\t{sealed}\nv2\t\\\\x01ffff\nv3\t\\N\n\\.\n\
             COPY public.\"odd\" (\"key\") FROM stdin;\n\\.\n{sealed}\n"
        );
        let found = read(script.as_bytes()).await.expect("reads");
        assert_eq!(found.steps, [(1, vec![10, 11])]);
        assert_eq!(found.keys, BTreeSet::from(["a1b2c3d4".to_owned()]));
        assert!(found.tables.contains("visit") && found.tables.contains("odd"));
        assert_eq!(read(&b""[..]).await.expect("reads"), Found::default());
    }
}
