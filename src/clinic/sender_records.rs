//! What the public records of a sender's domain (SPF, RFC 7208; DMARC, RFC 7489) mean for whether mail
//! arrives. The records are looked up elsewhere; what could not be looked at is said, never taken for fine.

/// What a look at the records of a name came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// The texts that stand there; none when there is no such name or no text.
    Texts(Vec<String>),
    /// It could not be asked, and why.
    Unknown(String),
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
    let is_one = |text: &&String| {
        let text = text.trim().to_ascii_lowercase();
        text == "v=spf1" || text.starts_with("v=spf1 ")
    };
    let mut records = texts.iter().filter(is_one);
    let (Some(record), None) = (records.next(), records.next()) else {
        let several = texts.iter().filter(is_one).count() > 1;
        return Verdict::trouble(if several {
            format!("{domain} has more than one SPF record, which counts as none; join them into one")
        } else {
            format!(
                "{domain} has no SPF record, so many providers distrust its mail; your mail provider says what to enter"
            )
        });
    };
    let words: Vec<String> = record.split_whitespace().map(str::to_ascii_lowercase).collect();
    if words.iter().any(|word| word == "+all" || word == "all") {
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
    let tags = |text: &String| -> Vec<String> {
        text.split(';').map(|tag| tag.split_whitespace().collect::<String>().to_ascii_lowercase()).collect()
    };
    let records: Vec<Vec<String>> =
        texts.iter().map(tags).filter(|tags| tags.first().is_some_and(|tag| tag == "v=dmarc1")).collect();
    match records.as_slice() {
        [] => Verdict::fine(format!("{domain} has no DMARC record; large providers ask for one of whoever sends much")),
        [record] => match record.iter().find_map(|tag| tag.strip_prefix("p=")) {
            Some(policy @ ("none" | "quarantine" | "reject")) => {
                Verdict::fine(format!("{domain} has a DMARC record ({policy})"))
            }
            _ => {
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
    fn what_could_not_be_asked_is_said_and_is_no_trouble() {
        let unknown = Look::Unknown("no answer in time".into());
        for verdict in [spf("clinic.org", &unknown), dmarc("clinic.org", &unknown)] {
            assert!(!verdict.is_trouble && verdict.says.contains("could not be looked up (no answer in time)"));
        }
        assert!(is_reserved("lindenhof.example") && is_reserved("TEST") && !is_reserved("example.org"));
    }
}
