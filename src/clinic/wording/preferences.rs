//! The page where clients choose what they are sent, and the letter as a page.

use serde::Deserialize;

use super::super::choice::Topic;
use super::super::wish::Wish;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($field:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name { $(pub $field: String),+ }
    };
}

/// Everything on the page.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the keys of the file say what each text is for")]
pub struct Preferences {
    /// Whether a native speaker must look before first use.
    #[serde(default)]
    pub needs_review: bool,
    pub title: String,
    pub about: String,
    pub on_paper: String,
    pub topics: Topics,
    pub stop_page: StopPage,
    pub said: Said,
    pub language: Language,
    pub address: Address,
    pub confirm: Confirm,
    pub letters: Letters,
    pub yours: Yours,
}

words! {
    /// What can be stopped and sent again.
    Topics {
        title, aftercare, aftercare_text, check_ins, check_ins_text, preparation, preparation_text, on, stopped,
        not_agreed, stop, resume, agree, agree_words, stop_aftercare, stop_check_ins, stop_preparation,
        resume_aftercare, resume_check_ins, resume_preparation,
    }
}

words! {
    /// The page of the link that stops one kind of email.
    StopPage { title_aftercare, text_aftercare, title_preparation, text_preparation }
}

words! {
    /// What is said after something was done.
    Said {
        stopped_aftercare, stopped_check_ins, stopped_preparation, undo, resumed_next, resumed_later,
        resumed_check_ins, resumed_preparation, language, address_asked, address_same, address_confirmed,
        address_undone, wish_data, wish_erasure,
    }
}

words! {
    /// The choice of a language.
    Language { title, text, label, save }
}

words! {
    /// The change of an address.
    Address { title, now, none, label, save, waiting, changed, undo, drop, wrong, too_many, cannot }
}

words! {
    /// The page that confirms a new address.
    Confirm { title, text, button, stale, new_subject, new_text, old_subject, old_text }
}

words! {
    /// The letters that were sent.
    Letters { title, none, text, sent, in_words, gone, choose, frame }
}

words! {
    /// What a client may ask about their data.
    Yours { title, text, data, erasure, asked_data, asked_erasure, erasure_text }
}

impl Topics {
    /// The name of a topic, and what it is.
    #[must_use]
    pub fn of(&self, topic: Topic) -> (&str, &str) {
        match topic {
            Topic::Aftercare => (&self.aftercare, &self.aftercare_text),
            Topic::CheckIns => (&self.check_ins, &self.check_ins_text),
            Topic::Preparation => (&self.preparation, &self.preparation_text),
        }
    }

    /// The whole words of the button that stops it, and of the one that resumes it.
    #[must_use]
    pub fn acts(&self, topic: Topic) -> (&str, &str) {
        match topic {
            Topic::Aftercare => (&self.stop_aftercare, &self.resume_aftercare),
            Topic::CheckIns => (&self.stop_check_ins, &self.resume_check_ins),
            Topic::Preparation => (&self.stop_preparation, &self.resume_preparation),
        }
    }
}

impl StopPage {
    /// The heading and the paragraph for a topic.
    #[must_use]
    pub fn of(&self, topic: Topic) -> (&str, &str) {
        match topic {
            Topic::Preparation => (&self.title_preparation, &self.text_preparation),
            Topic::Aftercare | Topic::CheckIns => (&self.title_aftercare, &self.text_aftercare),
        }
    }
}

impl Said {
    /// That a topic was stopped.
    #[must_use]
    pub fn stopped(&self, topic: Topic) -> &str {
        match topic {
            Topic::Aftercare => &self.stopped_aftercare,
            Topic::CheckIns => &self.stopped_check_ins,
            Topic::Preparation => &self.stopped_preparation,
        }
    }
}

impl Yours {
    /// The button for a wish, and that it was made: `{day}`.
    #[must_use]
    pub fn of(&self, wish: Wish) -> Option<(&str, &str)> {
        match wish {
            Wish::Data => Some((&self.data, &self.asked_data)),
            Wish::Erasure => Some((&self.erasure, &self.asked_erasure)),
            Wish::Paper | Wish::Words => None,
        }
    }
}
