//! From a completed visit to the client's mailbox, under a clock that stands still, on both engines.

mod changed_answers;
mod crashes;
mod failover;
mod last_moment;
mod manners;
mod one_series;
mod page;
mod past;
mod pause;
mod plan;
mod relay;
mod replanned;
mod restored;
mod returned;
mod running;
mod together;
