//! `aftercare check`: settings, catalogue, letters, database, audit and SMTP, one line each.

use std::sync::Arc;

use serde::Serialize;

use crate::app::{self, Rules};
use crate::clinic::mail_server::MailServer;
use crate::clinic::sender_records::{dmarc, is_reserved, spf};
use crate::clock::Clock;
use crate::config::Settings;
use crate::mail::records;
use crate::store::catalogue::newest::Newest;
use crate::store::{self, Store};

use super::setup::settings;
use super::{Common, Stop, print, print_json};

/// How one part stands.
#[derive(Debug, Serialize)]
struct Finding {
    part: &'static str,
    ok: bool,
    says: String,
}

/// Looks at every part and says how it stands; any trouble is exit 1.
pub(super) async fn check(common: &Common) -> Result<(), Stop> {
    let settings = settings(common)?;
    let mut findings = vec![Finding { part: "settings", ok: true, says: "understood".into() }];
    let rules = Rules::of(&settings);
    findings.push(catalogue(&settings));
    findings.push(letters(&settings));
    let mut named = None;
    match app::store(&settings).await {
        Err(problem) => findings.push(Finding { part: "database", ok: false, says: problem }),
        Ok(store) => {
            let database = database(&store).await;
            let migrated = database.ok;
            findings.push(database);
            if let (Ok(rules), true) = (&rules, migrated) {
                findings.push(sign_off(&store, rules).await);
                findings.extend(hold(&store).await);
            }
            if migrated {
                let fits = app::key_fits(&settings, &store).await;
                findings.push(finding("key file", fits.map(|()| "fits the database".into())));
                findings.push(audit(&store).await);
                named = server(&store).await;
            }
        }
    }
    findings.push(smtp(&settings, named.as_ref()).await);
    findings.push(bounces(&settings).await);
    findings.push(dns(&settings, named.as_ref()).await);
    findings.push(pages(&settings));
    let ok = findings.iter().all(|finding| finding.ok);
    if common.json {
        print_json(&findings)?;
    } else {
        for finding in &findings {
            print(&format!(
                "{} {:<10} {}\n",
                if finding.ok { "ok     " } else { "TROUBLE" },
                finding.part,
                finding.says
            ))?;
        }
    }
    if ok { Ok(()) } else { Err(Stop::Failed("something needs attention; see the lines marked TROUBLE".into())) }
}

fn finding(part: &'static str, result: Result<String, String>) -> Finding {
    let ok = result.is_ok();
    Finding { part, ok, says: result.unwrap_or_else(|problem| problem) }
}

fn catalogue(settings: &Settings) -> Finding {
    finding(
        "catalogue",
        app::catalogue(settings.catalogue.folder.as_deref())
            .map(|catalogue| format!("version {}, {} conditions", catalogue.version(), catalogue.conditions().len())),
    )
}

fn letters(settings: &Settings) -> Finding {
    finding(
        "letters",
        app::letters(settings.letters.folder.as_deref()).map(|letters| {
            let languages: Vec<&str> = letters.letters().languages().map(|(locale, _)| locale).collect();
            format!("complete in {}", languages.join(", "))
        }),
    )
}

async fn database(store: &Store) -> Finding {
    let state = match store.is_migrated().await {
        Ok(true) => Ok(format!("{}, up to date", store.engine_name())),
        Ok(false) => Err(format!("{}, not up to date; run: aftercare migrate", store.engine_name())),
        Err(error) => Err(error.to_string()),
    };
    finding("database", state)
}

async fn sign_off(store: &Store, rules: &Rules) -> Finding {
    let signed = async {
        let mut db = store.read().await?;
        let newest = Newest::over(Arc::clone(&rules.catalogue)).look(&mut db).await?;
        store::setting::signed_off(&mut db, newest.version()).await
    };
    let state = match signed.await {
        Ok(Some(signature)) => Ok(format!("by {} on {}", signature.signed_by, signature.signed_at)),
        Ok(None) => Err("nobody has signed off this catalogue, so no aftercare letter leaves; run: aftercare catalogue sign-off --by NAME".into()),
        Err(error) => Err(error.to_string()),
    };
    finding("sign-off", state)
}

/// Told only while it is so.
async fn hold(store: &Store) -> Option<Finding> {
    let held = async {
        let mut db = store.read().await?;
        let mut held = Vec::new();
        for (id, profile) in store::clinic::all(&mut db).await? {
            held.extend(store::hold::of(&mut db, id).await?.map(|_| profile.name));
        }
        Ok::<_, store::Error>(held)
    };
    let says = match held.await {
        Ok(held) if held.is_empty() => return None,
        Ok(held) => format!("on hold since a restore, at {}; look with: aftercare sending list", held.join(", ")),
        Err(error) => error.to_string(),
    };
    Some(finding("sending", Err(says)))
}

/// Whether anybody changed the audit behind the program's back.
async fn audit(store: &Store) -> Finding {
    let verdict = async { store::audit_chain::verify(&mut store.read().await?).await };
    let state = match verdict.await {
        Ok(verdict) if verdict.breaks.is_empty() => {
            let newest = match verdict.newest.get(..16) {
                Some(digest) => format!(" in {} batches, the newest {digest}…", verdict.batches),
                None => String::new(),
            };
            Ok(format!("{} entries chained{newest}; {} not yet", verdict.entries, verdict.loose))
        }
        Ok(verdict) => Err(format!(
            "the audit was changed by something else than this program: {}. Compare it with a backup, and with the digests in the log",
            verdict.breaks.join("; ")
        )),
        Err(error) => Err(error.to_string()),
    };
    finding("audit", state)
}

/// The mail server that an admin named in the browser.
async fn server(store: &Store) -> Option<MailServer> {
    let mut db = store.read().await.ok()?;
    store::mail_server::find(&mut db).await.ok().flatten().map(|(server, _)| server)
}

async fn smtp(settings: &Settings, named: Option<&MailServer>) -> Finding {
    let set = app::mailer(&settings.mail, Clock::system());
    let state = match (set, app::sender(&settings.mail), named) {
        (Err(problem), _, _) | (_, Err(problem), _) => Err(problem),
        (Ok(Some(mailer)), Ok(_), _) => mailer.probe().await,
        (Ok(None), _, Some(server)) => match app::named(&settings.mail, server, Clock::system()) {
            Ok((mailer, _)) => mailer.probe().await,
            Err(problem) => Err(problem),
        },
        (Ok(None), _, None) => {
            Err("no mail server is set, so nothing can leave; name one in the browser, or as mail.url".into())
        }
    };
    finding("smtp", state)
}

/// A clinic may work without pages for clients, so a missing address is told and is no trouble.
fn pages(settings: &Settings) -> Finding {
    let says = match &settings.web.base_url {
        Some(url) if url.scheme() == "https" => format!("clients reach them at {url}"),
        Some(url) => {
            format!(
                "clients reach them at {url}, without https: mail programs offer no one-click stop; see docs/reachable.md"
            )
        }
        None => {
            "web.base_url is not set, so letters carry no links: they ask to call or to reply; see docs/reachable.md"
                .into()
        }
    };
    Finding { part: "pages", ok: true, says }
}

/// What happens to mail that comes back.
async fn bounces(settings: &Settings) -> Finding {
    let state = match (app::inbox(&settings.mail), &settings.mail.bounce_address) {
        (Err(problem), _) => Err(problem),
        (Ok(Some(inbox)), _) => match inbox.look().await {
            Ok(look) => {
                look.end().await;
                Ok("the bounce mailbox can be read".into())
            }
            Err(problem) => Err(format!("mail.bounce_mailbox: {problem}")),
        },
        (Ok(None), Some(_)) => Ok("handed in by \"aftercare bounce\", or by nobody".into()),
        (Ok(None), None) => Ok("mail.bounce_address is not set: what comes back goes to the sender's mailbox".into()),
    };
    finding("bounces", state)
}

/// What the public records say of whoever mail comes from. DKIM stands under a name that only the mail provider
/// knows, so it is said and not guessed.
async fn dns(settings: &Settings, named: Option<&MailServer>) -> Finding {
    let named = named.filter(|_| settings.mail.url.is_empty()).map(|server| server.sender.to_string());
    let address = settings.mail.bounce_address.clone().or(named).or_else(|| settings.mail.from.clone());
    let domain = address.as_deref().and_then(|from| from.rsplit_once('@'));
    let Some(domain) = domain.map(|(_, domain)| domain.trim_end_matches('>').trim().to_lowercase()) else {
        return Finding { part: "dns", ok: true, says: "not looked up: no sender is set".into() };
    };
    if is_reserved(&domain) {
        let says = format!("not looked up: {domain} is a name for examples and stands in no public record");
        return Finding { part: "dns", ok: true, says };
    }
    let found = records::of(&domain, &domain, records::texts).await;
    let (spf, dmarc) = (spf(&domain, &found.spf), dmarc(&domain, &found.dmarc));
    let dkim = "DKIM was not looked up: only your mail provider knows where it stands; a test mail to an outside \
                mailbox shows \"dkim=pass\" in its headers";
    let ok = !spf.is_trouble && !dmarc.is_trouble;
    Finding { part: "dns", ok, says: format!("{}; {}; {dkim}", spf.says, dmarc.says) }
}
