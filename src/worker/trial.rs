//! Test mails to oneself. They are no letters: they have no cause but somebody who wants to know
//! whether mail leaves, and their answer is shown to that person alone.

use super::Worker;
use crate::clinic::outbox::Outcome;
use crate::mail::message::{self, Parts};
use crate::mail::smtp::{Mailer, Manner, Message};
use crate::store;
use crate::store::mail_trial::{self, Taken};

impl Worker {
    /// Sends what was asked for, and keeps each answer. Without a way out they wait.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn try_mail(&self) -> store::Result<()> {
        let Some(mailer) = &self.mailer else { return Ok(()) };
        loop {
            // Looking needs no write lock, and nearly always finds nothing.
            let mut db = self.store.read().await?;
            if !mail_trial::is_any(&mut db).await? {
                return Ok(());
            }
            drop(db);
            let mut db = self.store.write().await?;
            let Some(trial) = mail_trial::take(&mut db).await? else { return Ok(()) };
            db.commit().await?;
            let (sent, reply) = match self.send_trial(mailer, &trial).await {
                Ok(reply) => (true, reply),
                Err(reply) => (false, reply),
            };
            let mut db = self.store.write().await?;
            mail_trial::finish(&mut db, trial.id, sent, &reply).await?;
            db.commit().await?;
        }
    }

    async fn send_trial(&self, mailer: &Mailer, trial: &Taken) -> Result<String, String> {
        let id = message::message_id(&trial.id, self.sender.from.domain());
        let text = format!(
            "This is the test mail you asked for.\n\nMail from {} leaves this machine and reaches you. \
             There is nothing else to do.\n",
            trial.clinic_name
        );
        let html = format!("<!doctype html><html lang=\"en\"><body><p>{}</p></body></html>", escaped(&text));
        let parts = Parts {
            from_name: &trial.clinic_name,
            from: &self.sender.from,
            to_name: trial.name.as_str(),
            to: &trial.email,
            reply_to: Some(&self.sender.reply_to),
            subject: "Test mail from Aftercare",
            date: self.clock.system_now(),
            message_id: &id,
            stop: None,
            text: &text,
            html: &html,
            logo: None,
        };
        let bytes = message::bytes(&parts).map_err(|error| error.to_string())?;
        let message = Message {
            from: self.sender.bounce.mailbox(),
            to: &trial.email,
            bytes: &bytes,
            message_id: &id,
            // Somebody waits for the answer, perhaps after mending what was wrong.
            manner: Manner { insist: true, ..Manner::default() },
        };
        match mailer.send(message).await {
            Outcome::Accepted { reply } => Ok(reply),
            other => Err(other.words()),
        }
    }
}

fn escaped(text: &str) -> String {
    text.trim().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace("\n\n", "</p><p>")
}
