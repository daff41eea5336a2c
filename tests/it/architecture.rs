//! The walls of the house, read from the source. Each finding names file and line. Comments and
//! string literals are taken out first, so that a sentence about SQL is no SQL.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a room must not mention, word for word.
const WALLS: &[(&str, &[&str])] = &[
    ("src/clinic", &["sqlx", "axum", "askama", "lettre", "tokio", "async", "await", "Clock", "fs", "env"]),
    ("src/store", &["axum", "tower", "hyper", "lettre", "mail_parser", "askama"]),
    // The web room reads letters and never sends them: only the worker holds a way out.
    ("src/web", &["sqlx", "lettre", "smtp", "relay", "Mailer"]),
    ("src/mail", &["sqlx", "axum"]),
];

/// Which rooms a room may know: those to its right. Only `app` and the commands read the settings;
/// the others are handed values.
const RIGHT_OF: &[(&str, &[&str])] = &[
    ("clinic", &[]),
    ("seal", &["clinic"]),
    ("clock", &["clinic"]),
    ("store", &["clinic", "clock", "seal"]),
    ("mail", &["clinic", "clock", "seal"]),
    ("worker", &["clinic", "clock", "seal", "store", "mail"]),
    ("web", &["clinic", "clock", "seal", "store", "mail"]),
    ("config", &[]),
    ("app", &["clinic", "clock", "seal", "store", "mail", "worker", "web", "config"]),
    ("commands", &["clinic", "clock", "seal", "store", "mail", "worker", "web", "config", "app"]),
];

const ROOMS: &[&str] = &["app", "clinic", "clock", "commands", "config", "mail", "seal", "store", "web", "worker"];
const NOW_IN_SQL: &[&str] = &["now()", "current_time", "current_date", "'now'", "clock_timestamp"];
const NOT_A_NAME: &[&str] = &["util", "utils", "helper", "helpers", "manager", "service"];
const LONGEST: usize = 400;

#[test]
fn every_room_keeps_behind_its_walls() {
    let found: Vec<_> = sources().iter().flat_map(|(file, text)| broken_walls(file, text)).collect();
    nothing(&found, "a room mentions what it must not know");
}

#[test]
fn rooms_only_know_the_rooms_to_their_right() {
    let found: Vec<_> = sources().iter().flat_map(|(file, text)| wrong_neighbours(file, text)).collect();
    nothing(&found, "main → commands → app → {web, worker} → {store, mail, clock, seal} → clinic");
}

#[test]
fn only_the_clock_knows_what_time_it_is() {
    let mut found: Vec<_> = sources().iter().flat_map(|(file, text)| asks_the_time(file, text)).collect();
    for (file, text) in files("migrations", "sql") {
        found.extend(sql_now(&file, &text));
    }
    nothing(&found, "take `now` as an argument");
}

#[test]
fn files_can_be_read_in_one_sitting_and_have_honest_names() {
    let found: Vec<_> = sources().iter().flat_map(|(file, text)| unreadable(file, text)).collect();
    nothing(&found, "split by noun");
}

#[test]
fn both_engines_have_the_same_migrations() {
    let found = uneven(&files("migrations/sqlite", "sql"), &files("migrations/postgres", "sql"));
    nothing(&found, "a migration exists for both engines and its first line says why");
}

#[test]
fn the_lock_file_is_kept_and_no_machine_is_named() {
    let Some(tracked) = tracked_files() else {
        eprintln!("left out: this is not a checkout, so nothing says which files are kept");
        return;
    };
    assert!(tracked.contains("Cargo.lock"), "Cargo.lock is not kept");
    let mut found = Vec::new();
    for file in tracked {
        if let Ok(text) = fs::read_to_string(root().join(&file)) {
            found.extend(machine_paths(&file, &text));
        }
    }
    nothing(&found, "a path of one machine");
}

#[test]
fn dependencies_come_from_the_registry_without_a_second_tls() {
    let lock: toml::Table = read("Cargo.lock").parse().expect("a lock file");
    let packages = lock["package"].as_array().expect("packages");
    for package in packages {
        let name = package["name"].as_str().expect("a name");
        let banned = ["openssl", "openssl-sys", "native-tls", "aws-lc-rs", "aws-lc-sys"];
        assert!(!banned.contains(&name), "{name} is in Cargo.lock; TLS is rustls with ring (DESIGN.md)");
        if let Some(source) = package.get("source").and_then(toml::Value::as_str) {
            assert!(source.ends_with("github.com/rust-lang/crates.io-index"), "{name} comes from {source}");
        }
    }
}

// The tests above are only worth something when they find what they look for.

#[test]
fn a_planted_word_is_found_with_its_line() {
    let planted = "//! About sqlx.\nuse jiff::Timestamp;\n// sqlx\nlet a = \"sqlx\";\nuse sqlx::Row;\n";
    assert_eq!(broken_walls("src/clinic/note.rs", planted), ["src/clinic/note.rs:5: sqlx"]);
    assert_eq!(broken_walls("src/web/note.rs", planted), ["src/web/note.rs:5: sqlx"]);
    assert_eq!(broken_walls("src/clinic/a.rs", "let offset = 1; let envelope = 2;"), [""; 0]);
    assert_eq!(broken_walls("src/store/a.rs", "/* axum\n axum */ axum::serve();"), ["src/store/a.rs:2: axum"]);
}

#[test]
fn planted_sql_in_a_page_is_found() {
    let planted = "fn a() {\n    db.run(\"select id from note where 1 = 1\");\n}";
    assert_eq!(broken_walls("src/web/note.rs", planted), ["src/web/note.rs:2: SQL"]);
    assert_eq!(broken_walls("src/web/note.rs", "let s = \"Select a day from the list\";"), [""; 0]);
    assert_eq!(broken_walls("src/store/note.rs", planted), [""; 0]);
}

#[test]
fn a_planted_neighbour_is_found() {
    assert_eq!(wrong_neighbours("src/store/note.rs", "\nuse crate::web::Page;"), ["src/store/note.rs:2: web"]);
    assert_eq!(wrong_neighbours("src/worker.rs", "crate::config::Mail"), ["src/worker.rs:1: config"]);
    let grouped = "use crate::{clinic::outbox,\n    mail::Pool};";
    assert_eq!(wrong_neighbours("src/store/mod.rs", grouped), ["src/store/mod.rs:2: mail"]);
    assert_eq!(wrong_neighbours("src/app.rs", "use crate::{config::Settings, store, web};"), [""; 0]);
    assert_eq!(wrong_neighbours("src/lib.rs", "use crate::web;"), [""; 0]);
}

#[test]
fn a_planted_now_is_found() {
    assert_eq!(asks_the_time("src/web/a.rs", "let t = Timestamp::now();"), ["src/web/a.rs:1: Timestamp::now()"]);
    assert_eq!(asks_the_time("src/web/a.rs", "let t = app.clock.now();\n// Zoned::now()"), [""; 0]);
    assert_eq!(asks_the_time("src/store/a.rs", "query(\"select now()\")"), ["src/store/a.rs:1: now()"]);
    assert_eq!(asks_the_time("src/clock.rs", "Timestamp::now()"), [""; 0]);
    assert_eq!(sql_now("1.sql", "-- now()\nx default CURRENT_TIMESTAMP"), ["1.sql:2: current_time"]);
    assert_eq!(sql_now("1.sql", "a datetime('now')"), ["1.sql:1: 'now'"]);
}

#[test]
fn a_planted_size_name_or_migration_is_found() {
    assert_eq!(unreadable("src/web/a.rs", &"x\n".repeat(401)), ["src/web/a.rs:401: 401 lines"]);
    assert_eq!(unreadable("src/web/date_utils.rs", ""), ["src/web/date_utils.rs:1: says nothing about what is inside"]);
    assert_eq!(unreadable("src/mail/service/mod.rs", "").len(), 1);
    let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    let one = [file("migrations/sqlite/0001_start.sql", "-- why\n")];
    let two = [file("migrations/postgres/0001_start.sql", "create"), file("migrations/postgres/0002_x.sql", "-- b")];
    assert_eq!(uneven(&one, &one), [""; 0]);
    let found = uneven(&one, &two);
    assert_eq!(found[0], "migrations/postgres/0001_start.sql:1: does not start with a comment that says why");
    assert_eq!(found[1], "migrations: 0002 is there for one engine only");
    let planted = format!("see https://example.org{}/x", "/home");
    assert_eq!(machine_paths("README.md", &planted), [""; 0]);
    assert_eq!(
        machine_paths("README.md", &format!("a\nsee {}/ann/x", "/home")),
        [format!("README.md:2: {}/", "/home")]
    );
}

fn broken_walls(file: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (_, words) in WALLS.iter().filter(|(room, _)| in_room(file, room)) {
        for (number, line) in numbered(&bare(text, false)) {
            found.extend(
                words.iter().filter(|word| mentions(line, word)).map(|word| format!("{file}:{number}: {word}")),
            );
        }
    }
    if in_room(file, "src/web") {
        // Strings stay here: that is where SQL hides.
        for (number, line) in numbered(&bare(text, true)) {
            if looks_like_sql(line) {
                found.push(format!("{file}:{number}: SQL"));
            }
        }
    }
    found
}

fn looks_like_sql(line: &str) -> bool {
    let has = |first: &str, then: &[&str]| {
        line.find(first).is_some_and(|at| then.iter().any(|word| line[at..].contains(word)))
    };
    let lower = has("select ", &[" from "]) || has("insert into ", &[""]) || has("delete from ", &[""]);
    let upper = has("SELECT ", &[" FROM "]) || has("INSERT INTO ", &[""]) || has("DELETE FROM ", &[""]);
    lower && (line.contains(" where ") || line.contains('=') || line.contains('$') || line.contains("into ")) || upper
}

fn wrong_neighbours(file: &str, text: &str) -> Vec<String> {
    let inside = file.trim_start_matches("src/");
    let room = inside.split(['/', '.']).next().unwrap_or_default();
    let Some((_, allowed)) = RIGHT_OF.iter().find(|(name, _)| *name == room) else { return Vec::new() };
    let mut found = Vec::new();
    // Inside `use crate::{…};` a room's name may open any of the lines.
    let mut grouped = false;
    for (number, line) in numbered(&bare(text, false)) {
        grouped |= line.contains("crate::{");
        for other in ROOMS.iter().filter(|other| **other != room && !allowed.contains(*other)) {
            let direct = line.contains(&format!("crate::{other}")) && mentions(line, other);
            let listed = grouped && mentions(line, other) && !line.contains(&format!("::{other}"));
            if direct || listed {
                found.push(format!("{file}:{number}: {other}"));
            }
        }
        grouped &= !line.contains(';');
    }
    found
}

fn asks_the_time(file: &str, text: &str) -> Vec<String> {
    if file == "src/clock.rs" {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (number, line) in numbered(&bare(text, false)) {
        for asks in ["Timestamp::now()", "Zoned::now()", "SystemTime::now()", "Utc::now()"] {
            if line.contains(asks) {
                found.push(format!("{file}:{number}: {asks}"));
            }
        }
    }
    if in_room(file, "src/store") {
        for (number, line) in numbered(&bare(text, true)) {
            let lower = line.to_lowercase();
            // A method called now() is the clock's; a bare one is the database's.
            let bare_now = lower.contains("now()") && !lower.contains(".now()") && !lower.contains("::now()");
            let other = NOW_IN_SQL[1..].iter().find(|word| lower.contains(**word)).copied();
            found.extend(bare_now.then_some("now()").or(other).map(|word| format!("{file}:{number}: {word}")));
        }
    }
    found
}

fn sql_now(file: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (number, line) in numbered(text) {
        let line = line.split("--").next().unwrap_or_default().to_lowercase();
        found.extend(
            NOW_IN_SQL.iter().filter(|word| line.contains(**word)).map(|word| format!("{file}:{number}: {word}")),
        );
    }
    found
}

fn unreadable(file: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let lines = text.lines().count();
    if lines > LONGEST {
        found.push(format!("{file}:{lines}: {lines} lines"));
    }
    if file.split(['/', '.', '_']).any(|part| NOT_A_NAME.contains(&part)) {
        found.push(format!("{file}:1: says nothing about what is inside"));
    }
    found
}

fn uneven(sqlite: &[(String, String)], postgres: &[(String, String)]) -> Vec<String> {
    let mut found = Vec::new();
    for (file, text) in sqlite.iter().chain(postgres) {
        if !text.starts_with("--") {
            found.push(format!("{file}:1: does not start with a comment that says why"));
        }
    }
    let numbers = |files: &[(String, String)]| -> BTreeSet<String> {
        let names = files.iter().filter_map(|(file, _)| Path::new(file).file_name()?.to_str());
        names.filter_map(|name| Some(name.split_once('_')?.0.to_owned())).collect()
    };
    let alone = numbers(sqlite).symmetric_difference(&numbers(postgres)).cloned().collect::<Vec<_>>();
    found.extend(alone.iter().map(|number| format!("migrations: {number} is there for one engine only")));
    found
}

fn machine_paths(file: &str, text: &str) -> Vec<String> {
    // Written in two halves, or this file would find itself.
    let places =
        [["/home", "/"], ["/Users", "/"], ["/work", "/"], ["/root", "/"], ["C:", "\\Users"]].map(|half| half.concat());
    let mut found = Vec::new();
    for (number, line) in numbered(text) {
        let before = |at: usize| line[..at].chars().next_back();
        let here = |place: &&String| {
            line.match_indices(place.as_str())
                .any(|(at, _)| !before(at).is_some_and(|c| c.is_alphanumeric() || "./_-".contains(c)))
        };
        found.extend(places.iter().filter(here).map(|place| format!("{file}:{number}: {place}")));
    }
    found
}

/// The source without comments and, unless they are wanted, without what stands in strings. Line
/// numbers stay.
fn bare(text: &str, keep_strings: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(length) = string_length(rest).filter(|_| !out.ends_with(|c: char| c.is_alphanumeric())) {
            if keep_strings {
                out.push_str(&rest[..length]);
                rest = &rest[length..];
                continue;
            }
            length
        } else {
            // A quote as a character would open a string that never ends.
            let length = if rest.starts_with("'\"'") { 3 } else { c.len_utf8() };
            out.push_str(&rest[..length]);
            rest = &rest[length..];
            continue;
        };
        out.extend(rest[..length].chars().filter(|c| *c == '\n'));
        rest = &rest[length..];
    }
    out
}

/// How long the string literal at the start is, plain or raw.
fn string_length(text: &str) -> Option<usize> {
    let after = text.strip_prefix('r').unwrap_or(text);
    let hashes = if after.len() == text.len() { 0 } else { after.bytes().take_while(|b| *b == b'#').count() };
    let opened = after[hashes..].strip_prefix('"')?;
    let start = text.len() - opened.len();
    if after.len() != text.len() {
        let close = format!("\"{}", "#".repeat(hashes));
        return Some(opened.find(&close).map_or(text.len(), |end| start + end + close.len()));
    }
    let mut escaped = false;
    for (at, c) in opened.char_indices() {
        match c {
            '"' if !escaped => return Some(start + at + 1),
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    Some(text.len())
}

fn in_room(file: &str, room: &str) -> bool {
    file.strip_prefix(room).is_some_and(|rest| rest.starts_with(['/', '.']))
}

fn mentions(line: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        !line[..at].chars().next_back().is_some_and(part) && !line[at + word.len()..].chars().next().is_some_and(part)
    })
}

fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(index, line)| (index + 1, line))
}

fn nothing(found: &[String], rule: &str) {
    assert!(found.is_empty(), "{rule}:\n{}", found.join("\n"));
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).expect("a file of this project")
}

fn sources() -> Vec<(String, String)> {
    files("src", "rs")
}

/// Every file of a kind below a folder, by its path from the root; none when the folder is not there.
fn files(folder: &str, kind: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join(folder)).into_iter().flatten() {
        let entry = entry.expect("a readable folder");
        let name = format!("{folder}/{}", entry.file_name().to_str().expect("a plain name"));
        if entry.path().is_dir() {
            found.extend(files(&name, kind));
        } else if Path::new(&name).extension().is_some_and(|extension| extension == kind) {
            found.push((name.clone(), read(&name)));
        }
    }
    found.sort();
    found
}

fn tracked_files() -> Option<BTreeSet<String>> {
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output().ok()?;
    let names = String::from_utf8(listed.stdout).ok()?;
    let names: BTreeSet<_> = names.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    (listed.status.success() && !names.is_empty()).then_some(names)
}
