//! The rules. Values in, values out: no clock, no database, no network, no files.
//!
//! Read in the order a visit happens: a [`visit`] is booked, an [`intake`] is given, [`tailoring`] folds it with the
//! [`catalogue`] into a [`brief`], a [`note`] says what was found and done ([`treatment`]), a
//! [`plan`] is made from the [`protocol`] on the clinic's calendar ([`schedule`]), each [`letter`] is filled for this client, and the [`outbox`] says
//! what happens to an email next, and [`bounce`] what it means when one comes back. A [`checkin`] says how it went.
//! What clients read on pages is in [`wording`].
//! What another program may do is in [`api_token`], and what it can hear of in [`webhook`].

pub mod account;
pub mod alert;
pub mod api_token;
pub mod body;
pub mod bounce;
pub mod brief;
pub mod care;
pub mod case;
pub mod catalogue;
pub mod checkin;
pub mod choice;
pub mod client;
pub mod colour;
pub mod delivery;
pub mod emergency;
pub mod fields;
pub mod ids;
pub mod intake;
pub mod letter;
pub mod link;
pub mod look;
pub mod mail_server;
pub mod mail_trial;
pub mod note;
pub mod notice;
pub mod outbox;
pub mod outcomes;
pub mod pacing;
pub mod password;
pub mod person;
pub mod plan;
pub mod profile;
pub mod protocol;
pub mod provider;
pub mod questionnaire;
pub mod rehearsal;
pub mod retention;
pub mod schedule;
pub mod sender_records;
pub mod signin;
pub mod spreadsheet;
pub mod tailoring;
pub mod treatment;
pub mod visit;
pub mod visit_file;
pub mod webhook;
pub mod wish;
pub mod wording;
