//! The catalogue that is gone by, for processes that run: the newest edition, or what ships. It is read once and
//! kept until there is another.

use std::sync::{Arc, PoisonError, RwLock};

use super::{find, number};
use crate::clinic::catalogue::Catalogue;
use crate::store::{Db, Error, Result};

/// The catalogue at this moment. Cheap to clone; all clones tell the same.
#[derive(Clone, Debug)]
pub struct Newest {
    shipped: Arc<Catalogue>,
    known: Arc<RwLock<(u32, Arc<Catalogue>)>>,
}

impl Newest {
    /// Over what ships with the program or lies in the folder of the settings.
    #[must_use]
    pub fn over(shipped: Arc<Catalogue>) -> Self {
        let known = Arc::new(RwLock::new((0, Arc::clone(&shipped))));
        Self { shipped, known }
    }

    /// What ships with the program or lies in the folder of the settings.
    #[must_use]
    pub const fn shipped(&self) -> &Arc<Catalogue> {
        &self.shipped
    }

    /// What is gone by, as far as this process knows.
    #[must_use]
    pub fn known(&self) -> Arc<Catalogue> {
        // Nothing panics while it is held, and it is never half changed.
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner).1)
    }

    /// Looks whether another was published, and returns what is gone by now. In the place of an edition that cannot
    /// be read stands what ships, under a name that nobody has signed: pages work, and emails wait.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn look(&self, db: &mut Db) -> Result<Arc<Catalogue>> {
        let newest = number(db).await?;
        let (known, had) = self.known.read().unwrap_or_else(PoisonError::into_inner).clone();
        if newest == known {
            return Ok(had);
        }
        let read = match find(db, newest).await {
            Ok(Some(whole)) => Catalogue::of(whole).map_err(|problem| problem.to_string()),
            Ok(None) if newest == 0 => Ok(Catalogue::clone(&self.shipped)),
            Ok(None) => Err("it is gone".into()),
            Err(problem @ Error::BadRow { .. }) => Err(problem.to_string()),
            Err(problem) => return Err(problem),
        };
        let now = Arc::new(read.unwrap_or_else(|problem| {
            tracing::error!(
                edition = newest,
                problem,
                "the clinics' own catalogue cannot be read: what ships stands in its place, and emails wait"
            );
            self.shipped.in_place_of(newest)
        }));
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = (newest, Arc::clone(&now));
        Ok(now)
    }
}
