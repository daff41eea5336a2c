-- Reception's day. A visit has a version, so that two people who act on it do not undo each other
-- without knowing, and the time it was called off, since that can be taken back on the same day.

alter table visit add column version bigint not null default 1;
alter table visit add column called_off_at bigint;

-- The key of each booking form that was taken: sent twice, it still makes one visit.
create table booking_form (
    clinic_id text not null,
    key text not null,
    visit_id text not null,
    primary key (clinic_id, key),
    -- The key is taken before the visit is written.
    foreign key (clinic_id, visit_id) references visit (clinic_id, id) deferrable initially deferred
);

-- Emails that went wrong and that somebody has seen to, in the state they had then: when one goes
-- wrong again in another way, it is told again.
create table email_seen (
    email_id text not null references email (id),
    state text not null check (state in ('failed', 'uncertain', 'suppressed', 'expired')),
    clinic_id text not null,
    account_id text not null,
    at bigint not null,
    primary key (email_id, state),
    foreign key (clinic_id, account_id) references account (clinic_id, id)
);

-- The attention list asks for what went wrong; among years of sent mail that is next to nothing.
create index email_wrong on email (clinic_id, state, due_at) where state in ('failed', 'uncertain', 'held', 'suppressed', 'expired');
create index visit_open on visit (clinic_id, ends_at) where state in ('booked', 'in_progress');
