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
    letter_version bigint not null,
    recipient text not null,
    locale text not null,
    civil_at text not null,
    zone text not null,
    due_at bigint not null,
    not_after bigint not null,
    next_at bigint not null,
    state text not null check (state = 'sent'),
    attempts bigint not null,
    message_id text not null,
    on_uncertain text not null,
    resends bigint not null,
    sending_at bigint not null,
    sent_at bigint not null,
    reply text,
    reason text,
    created_at bigint not null,
    protocol bigint not null,
    left_at bigint not null,
    -- So that a step which reached somebody is never owed to them again.
    unique (visit_id, step, recipient),
    foreign key (clinic_id, client_id) references client (clinic_id, id),
    foreign key (clinic_id, visit_id) references visit (clinic_id, id)
);
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
