//! What the public records of a sender's domain (SPF, RFC 7208; DMARC, RFC 7489) mean for whether mail
//! arrives. The records are looked up elsewhere; what could not be looked at is said, never taken for fine.

use serde::{Deserialize, Serialize};

/// What a look at the records of a name came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Look {
    /// The texts that stand there; none when there is no such name or no text.
    Texts(Vec<String>),
    /// It could not be asked, and why.
    Unknown(String),
}

/// The records of whoever mail comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Records {
    /// The domain of the envelope, for which SPF counts.
    pub envelope: String,
    /// The domain that people see as the sender's, for which DMARC counts.
    pub sender: String,
    /// What stands under the first.
    pub spf: Look,
    /// What stands about the second.
    pub dmarc: Look,
}

/// A text record to enter where the domain is looked after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Under which name.
    pub name: String,
    /// What it says.
    pub text: String,
}

/// What to do about a record: in a sentence, and what to write, as far as anybody but the mail provider knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// The sentence.
    pub says: &'static str,
    /// The record.
    pub entry: Option<Entry>,
}

/// What to do about SPF; nothing when there is one record that lets not everybody send, or nobody knows.
#[must_use]
pub fn spf_advice(domain: &str, look: &Look) -> Option<Advice> {
    let Look::Texts(texts) = look else { return None };
    let records: Vec<&String> = texts.iter().filter(|text| is_spf(text)).collect();
    let entry = |text: &str| Some(Entry { name: domain.to_owned(), text: text.to_owned() });
    match records.as_slice() {
        [] => Some(Advice {
            says: "Enter this text record. Your mail provider tells you what stands in the place of “provider.example”.",
            entry: entry("v=spf1 include:provider.example ~all"),
        }),
        [record] if lets_everybody(record) => Some(Advice {
            says: "Write “~all” in the place of “+all” or “all” at its end, so that mail of others is told apart.",
            entry: None,
        }),
        [_] => None,
        _ => Some(Advice {
            says: "Keep one of them. Move what stands between “v=spf1” and the “all” of the others into it, and delete the others.",
            entry: None,
        }),
    }
}

/// What to do about DMARC; nothing when there is one record with a policy, or nobody knows.
#[must_use]
pub fn dmarc_advice(domain: &str, look: &Look) -> Option<Advice> {
    let Look::Texts(texts) = look else { return None };
    let entry = Some(Entry { name: format!("_dmarc.{domain}"), text: "v=DMARC1; p=none".into() });
    match dmarc_records(texts).as_slice() {
        [] => Some(Advice {
            says: "Enter this text record. It asks providers for nothing yet, and counts as having one.",
            entry,
        }),
        [record] if policy(record).is_none() => {
            Some(Advice { says: "Change the record so that it begins like this.", entry })
        }
        [_] => None,
        _ => Some(Advice { says: "Keep one of them and delete the others.", entry: None }),
    }
}

fn is_spf(text: &str) -> bool {
    let text = text.trim().to_ascii_lowercase();
    text == "v=spf1" || text.starts_with("v=spf1 ")
}

fn lets_everybody(record: &str) -> bool {
    record.split_whitespace().any(|word| ["+all", "all"].iter().any(|all| word.eq_ignore_ascii_case(all)))
}

/// The tags of each DMARC record, in small letters and without blanks.
fn dmarc_records(texts: &[String]) -> Vec<Vec<String>> {
    let tags = |text: &String| -> Vec<String> {
        text.split(';').map(|tag| tag.split_whitespace().collect::<String>().to_ascii_lowercase()).collect()
    };
    texts.iter().map(tags).filter(|tags| tags.first().is_some_and(|tag| tag == "v=dmarc1")).collect()
}

fn policy(record: &[String]) -> Option<&str> {
    let policy = record.iter().find_map(|tag| tag.strip_prefix("p="))?;
    ["none", "quarantine", "reject"].contains(&policy).then_some(policy)
}

/// What one kind of record means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether mail is likely to be refused or thrown away for it.
    pub is_trouble: bool,
    /// In a sentence.
    pub says: String,
}

impl Verdict {
    fn fine(says: impl Into<String>) -> Self {
        Self { is_trouble: false, says: says.into() }
    }

    fn trouble(says: impl Into<String>) -> Self {
        Self { is_trouble: true, says: says.into() }
    }
}

/// Whether a domain is one that no public record can stand for (RFC 2606, RFC 6761).
#[must_use]
pub fn is_reserved(domain: &str) -> bool {
    let last = domain.rsplit('.').next().unwrap_or_default();
    ["test", "example", "invalid", "localhost"].iter().any(|name| last.eq_ignore_ascii_case(name))
}

/// Who may send for the domain of the envelope.
#[must_use]
pub fn spf(domain: &str, look: &Look) -> Verdict {
    let texts = match look {
        Look::Texts(texts) => texts,
        Look::Unknown(why) => return Verdict::fine(format!("SPF of {domain} could not be looked up ({why})")),
    };
    let mut records = texts.iter().filter(|text| is_spf(text));
    let (Some(record), None) = (records.next(), records.next()) else {
        let several = texts.iter().filter(|text| is_spf(text)).count() > 1;
        return Verdict::trouble(if several {
            format!("{domain} has more than one SPF record, which counts as none; join them into one")
        } else {
            format!(
                "{domain} has no SPF record, so many providers distrust its mail; your mail provider says what to enter"
            )
        });
    };
    if lets_everybody(record) {
        return Verdict::trouble(format!("the SPF record of {domain} lets anybody send for it (+all)"));
    }
    Verdict::fine(format!("{domain} has an SPF record; whether it names your mail server was not checked"))
}

/// What providers are asked to do with mail that fails.
#[must_use]
pub fn dmarc(domain: &str, look: &Look) -> Verdict {
    let texts = match look {
        Look::Texts(texts) => texts,
        Look::Unknown(why) => return Verdict::fine(format!("DMARC of {domain} could not be looked up ({why})")),
    };
    match dmarc_records(texts).as_slice() {
        [] => Verdict::fine(format!("{domain} has no DMARC record; large providers ask for one of whoever sends much")),
        [record] => match policy(record) {
            Some(policy) => Verdict::fine(format!("{domain} has a DMARC record ({policy})")),
            None => {
                Verdict::trouble(format!("the DMARC record of {domain} names no policy (p=none, quarantine or reject)"))
            }
        },
        _ => Verdict::trouble(format!("{domain} has more than one DMARC record, which counts as none")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(all: &[&str]) -> Look {
        Look::Texts(all.iter().map(|text| (*text).to_owned()).collect())
    }

    #[test]
    fn spf_is_one_record_that_lets_not_everybody_send() {
        for (records, is_trouble, says) in [
            (&["v=spf1 include:_spf.example.org -all"][..], false, "was not checked"),
            (&["V=SPF1 a ~all", "other=1"], false, "has an SPF record"),
            (&[], true, "has no SPF record"),
            (&["v=spf10 -all", "google-site-verification=x"], true, "has no SPF record"),
            (&["v=spf1 -all", "v=spf1 a -all"], true, "more than one"),
            (&["v=spf1 +all"], true, "lets anybody send"),
            (&["v=spf1 mx all"], true, "lets anybody send"),
        ] {
            let verdict = spf("clinic.org", &texts(records));
            assert!(verdict.is_trouble == is_trouble && verdict.says.contains(says), "{records:?}: {verdict:?}");
        }
    }

    #[test]
    fn dmarc_is_one_record_with_a_policy_or_said_to_be_missing() {
        for (records, is_trouble, says) in [
            (&["v=DMARC1; p=reject; rua=mailto:a@clinic.org"][..], false, "(reject)"),
            (&["v=DMARC1;p = none"], false, "(none)"),
            (&[], false, "no DMARC record"),
            (&["v=DMARC1; rua=mailto:a@clinic.org"], true, "names no policy"),
            (&["v=DMARC1; p=none", "v=DMARC1; p=reject"], true, "more than one"),
        ] {
            let verdict = dmarc("clinic.org", &texts(records));
            assert!(verdict.is_trouble == is_trouble && verdict.says.contains(says), "{records:?}: {verdict:?}");
        }
    }

    #[test]
    fn what_to_write_is_said_where_something_is_missing_and_nowhere_else() {
        let of_spf = |all: &[&str]| spf_advice("clinic.org", &texts(all));
        let entry = of_spf(&[]).and_then(|advice| advice.entry).expect("a record to write");
        assert_eq!((entry.name.as_str(), entry.text.starts_with("v=spf1 ")), ("clinic.org", true));
        assert!(!spf(&entry.name, &texts(&[&entry.text])).is_trouble, "what we say to write is right");
        assert_eq!(of_spf(&["v=spf1 -all"]), None);
        assert!(of_spf(&["v=spf1 +all"]).is_some_and(|advice| advice.says.contains("~all")));
        assert!(of_spf(&["v=spf1 -all", "v=spf1 a"]).is_some_and(|advice| advice.says.contains("Keep one")));
        let of_dmarc = |all: &[&str]| dmarc_advice("clinic.org", &texts(all));
        for missing in [&[][..], &["v=DMARC1; rua=mailto:a@clinic.org"], &["v=DMARC1; p=maybe"]] {
            let entry = of_dmarc(missing).and_then(|advice| advice.entry).expect("a record to write");
            assert_eq!(entry.name, "_dmarc.clinic.org");
            assert_eq!(of_dmarc(&[&entry.text]), None, "what we say to write is right");
        }
        assert!(of_dmarc(&["v=DMARC1; p=none", "v=DMARC1; p=none"]).is_some_and(|advice| advice.entry.is_none()));
        let unknown = Look::Unknown("no answer".into());
        assert_eq!((spf_advice("x.org", &unknown), dmarc_advice("x.org", &unknown)), (None, None));
    }

    #[test]
    fn what_could_not_be_asked_is_said_and_is_no_trouble() {
        let unknown = Look::Unknown("no answer in time".into());
        for verdict in [spf("clinic.org", &unknown), dmarc("clinic.org", &unknown)] {
            assert!(!verdict.is_trouble && verdict.says.contains("could not be looked up (no answer in time)"));
        }
        assert!(is_reserved("lindenhof.example") && is_reserved("TEST") && !is_reserved("example.org"));
    }
}
