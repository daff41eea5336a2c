use std::io::Write as _;

use super::*;

fn env(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::Builder::new().suffix(".toml").tempfile().expect("a temporary file");
    file.write_all(text.as_bytes()).expect("room for a few bytes");
    file
}

fn read(text: &str) -> Result<Settings, String> {
    let file = file(text);
    let name = file.path().display().to_string();
    Settings::from_sources(Some(file.path()), []).map_err(|e| e.to_string().replace(&name, "aftercare.toml"))
}

fn from_env(pairs: &[(&str, &str)]) -> Result<Settings, String> {
    Settings::from_sources(None, env(pairs)).map_err(|e| e.to_string())
}

#[test]
fn without_a_file_the_defaults_hold() {
    let settings = Settings::from_sources(None, []).expect("defaults");
    assert_eq!(settings, Settings::default());
    assert_eq!(settings.database.url.expose(), "sqlite://aftercare.db");
    assert_eq!(settings.web.listen.to_string(), "127.0.0.1:8080");
    assert_eq!((settings.mail.connections, settings.worker.poll), (4, Duration::from_secs(5)));
}

#[test]
fn the_environment_wins_over_the_file() {
    let file = file("[mail]\nconnections = 2\nurl = \"smtp://a\"\n[worker]\npoll = \"1m\"\n");
    let pairs = env(&[("AFTERCARE_MAIL__CONNECTIONS", "8"), ("AFTERCARE_MAIL__FROM", "R <r@example.org>")]);
    let settings = Settings::from_sources(Some(file.path()), pairs).expect("good settings");
    assert_eq!(settings.mail.connections, 8);
    assert_eq!(settings.mail.from.as_deref(), Some("R <r@example.org>"));
    assert_eq!(settings.mail.url, [Secret::new("smtp://a")]);
    assert_eq!(settings.worker.poll, Duration::from_secs(60));
}

#[test]
fn relays_are_one_address_or_a_list() {
    let list = read("[mail]\nurl = [\"smtp://a\", \"smtp://b\"]").expect("a list");
    assert_eq!(list.mail.url, [Secret::new("smtp://a"), Secret::new("smtp://b")]);
    let list = from_env(&[("AFTERCARE_MAIL__URL", "[\"smtp://u:p@a:587\", \"smtps://b:465\"]")]).expect("a list");
    assert_eq!(list.mail.url, [Secret::new("smtp://u:p@a:587"), Secret::new("smtps://b:465")]);
    let one = from_env(&[("AFTERCARE_MAIL__URL", "smtp+plain://127.0.0.1:2525")]).expect("one");
    assert_eq!(one.mail.url, [Secret::new("smtp+plain://127.0.0.1:2525")]);
}

#[test]
fn an_unknown_key_is_named_with_its_neighbours() {
    let error = read("[worker]\npol = \"5s\"").expect_err("no such key");
    assert_eq!(error, "aftercare.toml: there is no setting worker.pol; [worker] has enabled, poll, webhooks_inside");
    let error = from_env(&[("AFTERCARE_WORKER__POL", "5s")]).expect_err("no such key");
    assert_eq!(
        error,
        "AFTERCARE_WORKER__POL: there is no setting worker.pol; [worker] has enabled, poll, webhooks_inside"
    );
}

#[test]
fn an_unknown_section_is_named() {
    let known = "the sections are catalogue, database, letters, mail, retention, secrets, web, worker";
    let error = read("[mial]\nurl = \"x\"").expect_err("no such section");
    assert_eq!(error, format!("aftercare.toml: there is no setting mial; {known}"));
    let error = from_env(&[("AFTERCARE_MIAL__URL", "x")]).expect_err("no such section");
    assert_eq!(error, format!("AFTERCARE_MIAL__URL: there is no setting mial; {known}"));
}

#[test]
fn a_single_underscore_is_not_quietly_ignored() {
    let error = from_env(&[("AFTERCARE_MAIL_URL", "smtp://a")]).expect_err("a slip");
    assert_eq!(error, "environment: there is no setting AFTERCARE_MAIL_URL; write AFTERCARE_MAIL__URL");
    assert!(from_env(&[("AFTERCARE_LOG", "debug"), ("PATH", "/bin")]).is_ok());
}

#[test]
fn an_ill_typed_value_says_what_would_be_right() {
    let error = read("[mail]\nconnections = \"many\"").expect_err("no number");
    assert_eq!(error, "aftercare.toml: mail.connections = \"many\" does not fit; give a whole number from 1 to 256");
    let error = from_env(&[("AFTERCARE_WORKER__POLL", "soon")]).expect_err("no time");
    let right = "give a time such as \"5s\" or \"1m\", from 100ms to 1h";
    assert_eq!(error, format!("AFTERCARE_WORKER__POLL: worker.poll = \"soon\" does not fit; {right}"));
    let error = read("[web]\ntrusted_proxies = [\"10.0.0.0/33\"]").expect_err("no network");
    assert!(error.contains("web.trusted_proxies = [\"10.0.0.0/33\"] does not fit"), "{error}");
}

#[test]
fn values_out_of_range_are_refused() {
    for text in [
        "[mail]\nconnections = 0",
        "[mail]\nconnections = 257",
        "[mail]\nrate_per_minute = 0",
        "[mail]\nmessages_per_connection = 0",
        "[mail]\nfrom = \"nobody\"",
        "[mail]\nfrom = \"A\\r\\nBcc: b@example.org <a@example.org>\"",
        "[mail]\nbounce_address = \"Name <a@example.org>\"",
        "[worker]\npoll = \"0s\"",
        "[worker]\npoll = \"-5s\"",
        "[worker]\nenabled = \"perhaps\"",
        "[web]\nlisten = \"8080\"",
        "[web]\nbase_url = \"ftp://a.example\"",
        "[web]\nbase_url = \"https://a.example/?x=1\"",
        "[web]\nbase_url = \"https://a.example/aftercare\"",
        "[retention]\nsent_text = \"89d\"",
    ] {
        let error = read(text).expect_err(text);
        assert!(error.contains(" does not fit; give "), "{text}: {error}");
    }
}

#[test]
fn limits_by_provider_are_read_and_checked() {
    let settings = read("[mail.providers.\"gmail.com\"]\nconnections = 2\nrate_per_minute = 60").expect("limits");
    let limits = Provider { connections: Some(2), messages_per_connection: None, rate_per_minute: Some(60) };
    assert_eq!(settings.mail.providers, BTreeMap::from([("gmail.com".to_owned(), limits.clone())]));
    let settings = from_env(&[("AFTERCARE_MAIL__PROVIDERS", "{\"gmail.com\"={connections=2,rate_per_minute=60}}")]);
    assert_eq!(settings.expect("limits").mail.providers["gmail.com"], limits);
    let error = read("[mail.providers.\"gmail.com\"]\nconections = 2").expect_err("no such limit");
    assert!(error.ends_with("a provider has connections, messages_per_connection, rate_per_minute"), "{error}");
    for wrong in ["connections = 0", "rate_per_minute = -1", "messages_per_connection = \"few\""] {
        let error = read(&format!("[mail.providers.\"gmail.com\"]\n{wrong}")).expect_err(wrong);
        assert!(error.ends_with(" does not fit; give a whole number of 1 or more"), "{error}");
    }
}

#[test]
fn a_section_given_as_a_value_is_refused() {
    let error = read("mail = \"smtp://u:hush@a\"").expect_err("no section");
    assert!(error.starts_with("aftercare.toml: mail = (not shown") && error.contains("[mail] has url"), "{error}");
    assert!(!error.contains("hush"), "{error}");
}

#[test]
fn no_message_shows_a_secret() {
    let broken = [
        read("[mail]\nurl = { user = \"u\", password = \"hush\" }").expect_err("no address"),
        read("[database]\nurl = [\"postgres://u:hush@h/db\"]").expect_err("no list"),
        read("[database]\nurl = \"postgres://u:hush@h/db").expect_err("no TOML"),
        from_env(&[("AFTERCARE_DATABASE__URL", "[\"postgres://u:hush@h/db\"]")]).expect_err("no list"),
    ];
    for error in broken {
        assert!(!error.contains("hush"), "{error}");
    }
    let settings = read("[mail]\nurl = \"smtp://u:hush@a\"").expect("an address");
    assert!(!format!("{settings:?}").contains("hush"));
}

#[test]
fn broken_toml_is_named_with_its_line() {
    let error = read("[mail]\nconnections = 4\nfrom = \n").expect_err("no TOML");
    assert!(error.starts_with("aftercare.toml: line 3 is not valid TOML ("), "{error}");
}

#[test]
fn a_missing_file_is_named() {
    let error = Settings::from_sources(Some(Path::new("gone/aftercare.toml")), []).expect_err("no file");
    assert!(error.to_string().starts_with("gone/aftercare.toml: the settings file cannot be read ("), "{error}");
}

#[test]
fn secrets_can_stand_in_files() {
    let relays = file("smtp://u:p@a\n\nsmtp://u:p@b\n");
    let database = file("postgres://u:p@h/db\n");
    let path = |file: &tempfile::NamedTempFile| file.path().display().to_string();
    let pairs = [("AFTERCARE_MAIL__URL_FILE", &*path(&relays)), ("AFTERCARE_DATABASE__URL_FILE", &*path(&database))];
    let settings = from_env(&pairs).expect("both files");
    assert_eq!(settings.mail.url, [Secret::new("smtp://u:p@a"), Secret::new("smtp://u:p@b")]);
    assert_eq!(settings.database.url.expose(), "postgres://u:p@h/db");
}

#[test]
fn a_secret_given_twice_or_not_there_stops_the_start() {
    let relays = file("smtp://a");
    let pairs =
        [("AFTERCARE_MAIL__URL", "smtp://b"), ("AFTERCARE_MAIL__URL_FILE", relays.path().to_str().expect("text"))];
    let error = from_env(&pairs).expect_err("both");
    assert_eq!(error, "AFTERCARE_MAIL__URL: mail.url and mail.url_file are both given; keep one of them");
    let error = from_env(&[("AFTERCARE_DATABASE__URL_FILE", "gone/secret")]).expect_err("no file");
    assert!(error.starts_with("AFTERCARE_DATABASE__URL_FILE: database.url_file = \"gone/secret\" cannot"), "{error}");
    let empty = file("\n");
    let error = from_env(&[("AFTERCARE_MAIL__URL_FILE", empty.path().to_str().expect("text"))]).expect_err("empty");
    assert!(error.contains("it is empty"), "{error}");
}

#[test]
fn a_proxy_is_an_address_or_a_network() {
    let proxies = |list: &str| read(&format!("[web]\ntrusted_proxies = {list}"));
    let settings = proxies(r#"["127.0.0.1", "10.0.0.0/8", "::1"]"#).expect("good settings");
    let written: Vec<String> = settings.web.trusted_proxies.iter().map(ToString::to_string).collect();
    assert_eq!(written, ["127.0.0.1/32", "10.0.0.0/8", "::1/128"]);
    for wrong in [r#"["10.0.0.0/x"]"#, r#"["10.0.0.0/33"]"#, r#"["proxy.example"]"#, r#"["127.0.0.1:80"]"#] {
        assert!(proxies(wrong).expect_err(wrong).contains("web.trusted_proxies"));
    }
}

/// The commented file is what operators read, so it names every key, and its values are the defaults.
#[test]
fn the_commented_file_has_every_key_and_changes_nothing() {
    let text = include_str!("../../config/aftercare.toml");
    assert_eq!(read(text).expect("the shipped file"), Settings::default());
    let mut section = "";
    let mut named = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name;
        }
        let setting =
            line.trim_start_matches('#').split_once(" = ").filter(|_| line.starts_with('#') || !line.is_empty());
        if let Some((key, _)) = setting.filter(|(key, _)| key.chars().all(|c| c.is_ascii_lowercase() || c == '_')) {
            named.push(format!("{section}.{key}"));
        }
    }
    let known: Vec<_> = KEYS.iter().map(|(key, _)| (*key).to_owned()).collect();
    assert_eq!(named, known);
    let uncommented: String = text
        .lines()
        .map(|line| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')).unwrap_or(line).to_owned() + "\n")
        .filter(|line| !line.contains("_file = ") || line.contains("key_file") || line.contains("ca_file"))
        .collect();
    assert!(read(&uncommented).is_ok(), "{:?}", read(&uncommented));
}
