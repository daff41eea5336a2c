//! One binary for everything that is tried from outside the rooms: linking once is what keeps the
//! run short.

mod accounts;
mod api;
mod architecture;
mod audit;
mod bad_input;
mod catalogue;
mod checkins;
mod client_form;
mod clients;
mod commands;
mod delivery;
mod desk;
#[path = "../faults/mod.rs"]
mod faults;
mod fhir;
mod forms;
mod guests;
mod inbox;
mod intake;
mod letters;
mod looks;
mod notes;
mod notices;
mod pages;
mod people;
mod plans;
mod protocols;
mod publications;
mod real_mta;
pub mod routes;
mod serving;
mod settings;
mod setup;
mod sign_in;
mod smtp;
mod store;
mod studio;
mod support;
mod triage_page;
mod two_factor;
mod visit_files;
