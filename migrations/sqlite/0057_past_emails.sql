-- Emails that were sent a while ago stand in a table of their own, so that the one that workers change stays as small
-- as what waits and what left lately.

create table email_past (
    id text primary key not null,
    clinic_id text not null,
    client_id text not null,
    visit_id text not null,
    plan_id text,
    step text not null,
    stream text not null,
    letter text not null,
    letter_version integer not null,
    recipient text not null,
    locale text not null,
    civil_at text not null,
    zone text not null,
    due_at integer not null,
    not_after integer not null,
    next_at integer not null,
    state text not null check (state = 'sent'),
    attempts integer not null,
    message_id text not null,
    on_uncertain text not null,
    resends integer not null,
    sending_at integer not null,
    sent_at integer not null,
    reply text,
    reason text,
    created_at integer not null,
    protocol integer not null,
    left_at integer not null,
    -- So that a step which reached somebody is never owed to them again.
    unique (visit_id, step, recipient),
    foreign key (clinic_id, client_id) references client (clinic_id, id),
    foreign key (clinic_id, visit_id) references visit (clinic_id, id)
) strict;
create index email_past_mailbox on email_past (clinic_id, left_at);
create index email_past_client on email_past (client_id);

-- Every email, wherever it stands.
create view email_ever as
    select id, clinic_id, client_id, visit_id, plan_id, step, stream, letter, letter_version, recipient, locale, civil_at, zone,
        due_at, not_after, next_at, state, attempts, message_id, on_uncertain, resends, sending_at, sent_at, reply, reason,
        created_at, protocol, left_at
    from email
    union all
    select id, clinic_id, client_id, visit_id, plan_id, step, stream, letter, letter_version, recipient, locale, civil_at, zone,
        due_at, not_after, next_at, state, attempts, message_id, on_uncertain, resends, sending_at, sent_at, reply, reason,
        created_at, protocol, left_at
    from email_past;

-- A copy stays when its email goes there, so it refers to neither table.
create table email_copy (
    email_id text primary key not null,
    sealed blob not null,
    -- Without a reference: it would be asked about for every email that leaves, and patterns are kept
    -- by the same program a moment before.
    pattern text
) without rowid;
insert into email_copy select email_id, sealed, pattern from email_content;
drop table email_content;
alter table email_copy rename to email_content;
