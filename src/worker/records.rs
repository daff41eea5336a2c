//! Looks at the public records of the sender's domain when a page asks: a page never asks anything outside.

use super::Worker;
use crate::clinic::person::EmailAddress;
use crate::clinic::sender_records::{Look, is_reserved};
use crate::mail::records;
use crate::store::{self, sender_records};

impl Worker {
    /// Looks what stands in the records, if somebody waits for it; `texts` says what stands under a name.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn look_up<F: Future<Output = Look>>(&self, texts: impl Fn(String) -> F) -> store::Result<()> {
        let mut db = self.store.read().await?;
        if !sender_records::is_asked(&mut db).await? {
            return Ok(());
        }
        drop(db);
        let domain = |address: &EmailAddress| address.domain().to_lowercase();
        let (envelope, sender) = (domain(self.sender.bounce.mailbox()), domain(&self.sender.from));
        let texts = |name: String| {
            let ask = (!is_reserved(&name)).then(|| texts(name));
            async {
                match ask {
                    Some(ask) => ask.await,
                    None => Look::Unknown("it is a name for examples and stands in no public record".into()),
                }
            }
        };
        let found = records::of(&envelope, &sender, texts).await;
        let mut db = self.store.write().await?;
        sender_records::keep(&mut db, &found, self.clock.system_now()).await?;
        db.commit().await
    }
}
