//! How mail leaves, as far as pages tell: hosts and addresses, never a user or password. The settings file says
//! it, or else an admin in the browser, and then it can change while the program runs.

use std::sync::{Arc, PoisonError, RwLock};

use super::say;
use crate::clinic::mail_server::MailServer;
use crate::clinic::person::EmailAddress;
use crate::store::{self, Db};

/// How mail leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sending {
    /// Each way out, such as "mail.example.org:587"; none when mail cannot leave.
    pub ways: Vec<String>,
    /// The sender's address; the ids of emails carry its domain.
    pub from: EmailAddress,
    /// Where answers go, for a clinic that names no address of its own.
    pub reply_to: EmailAddress,
    /// Whether the settings file or the environment says so, and no page can change it.
    pub is_fixed: bool,
    /// Whether a server inside this network may be named.
    pub inside: bool,
}

impl Sending {
    /// The ways in words.
    #[must_use]
    pub fn words(&self) -> String {
        say::list(&self.ways)
    }
}

/// How mail leaves at this moment. Cheap to clone; all clones tell the same.
#[derive(Clone, Debug)]
pub struct SendingNow(Arc<RwLock<(Arc<Sending>, u32)>>);

impl From<Sending> for SendingNow {
    fn from(sending: Sending) -> Self {
        Self(Arc::new(RwLock::new((Arc::new(sending), 0))))
    }
}

impl SendingNow {
    /// How it stands.
    #[must_use]
    pub fn get(&self) -> Arc<Sending> {
        // Nothing panics while it is held, and it is never half changed.
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner).0)
    }

    /// Looks whether another server was named.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn look(&self, db: &mut Db) -> store::Result<()> {
        let (had, known) = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        if had.is_fixed || store::mail_server::version(db).await? == known {
            return Ok(());
        }
        if let Some((server, version)) = store::mail_server::find(db).await? {
            let now = Arc::new(named(&had, &server));
            *self.0.write().unwrap_or_else(PoisonError::into_inner) = (now, version);
        }
        Ok(())
    }
}

fn named(had: &Sending, server: &MailServer) -> Sending {
    // Unless the settings file names another, answers go to the sender.
    let reply_to = if had.reply_to == had.from { server.sender.clone() } else { had.reply_to.clone() };
    let host = if server.host.contains(':') { format!("[{}]", server.host) } else { server.host.clone() };
    Sending { ways: vec![format!("{host}:{}", server.port)], from: server.sender.clone(), reply_to, ..had.clone() }
}
