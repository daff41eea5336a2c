//! Looks at the public records of a sender's domain. Asks the machine's own name servers, once and not for
//! long; what the answers mean is in [`crate::clinic::sender_records`].

use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::proto::rr::RData;

use crate::clinic::sender_records::{Look, Records};

/// So long each question may take.
const PATIENCE: Duration = Duration::from_secs(4);

/// The records of whoever sends with this domain in the envelope and that one before people's eyes; `texts` says what
/// stands under a name.
pub async fn of<F: Future<Output = Look>>(envelope: &str, sender: &str, texts: impl Fn(String) -> F) -> Records {
    let spf = texts(envelope.to_owned()).await;
    let mut dmarc = texts(format!("_dmarc.{sender}")).await;
    // A domain below another goes by that one's when it has none itself.
    if let (Look::Texts(found), Some((_, above))) = (&dmarc, sender.split_once('.'))
        && found.is_empty()
        && above.contains('.')
    {
        dmarc = texts(format!("_dmarc.{above}")).await;
    }
    Records { envelope: envelope.into(), sender: sender.into(), spf, dmarc }
}

/// The texts that stand under a name.
pub async fn texts(name: String) -> Look {
    let resolver = TokioResolver::builder_tokio().and_then(hickory_resolver::ResolverBuilder::build);
    let resolver = match resolver {
        Ok(resolver) => resolver,
        Err(why) => return Look::Unknown(format!("no name server is known: {why}")),
    };
    // With a dot at its end no domain of the machine's own is tried behind it.
    match tokio::time::timeout(PATIENCE, resolver.txt_lookup(format!("{name}."))).await {
        Err(_) => Look::Unknown("no answer in time".into()),
        Ok(Err(error)) if error.is_no_records_found() || error.is_nx_domain() => Look::Texts(Vec::new()),
        Ok(Err(error)) => Look::Unknown(error.to_string()),
        Ok(Ok(found)) => {
            let text = |data: &RData| match data {
                // A long text comes in pieces that belong together without a gap (RFC 7208 section 3.3).
                RData::TXT(text) => Some(text.txt_data.concat()),
                _ => None,
            };
            let texts = found.answers().iter().filter_map(|record| text(&record.data));
            Look::Texts(texts.map(|text| String::from_utf8_lossy(&text).into_owned()).collect())
        }
    }
}
