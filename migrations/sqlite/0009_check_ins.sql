-- What clients say after a visit, the alerts that opens, who is told of them, and when the clinic is open.

-- Opening hours, closed days, the addresses that are told of an alert, in order, and the minutes it may wait.
create table clinic_care (
    clinic_id text primary key not null references clinic (id),
    care text not null,
    -- Grows with every save, so that the second of two people is told.
    version integer not null check (version > 0)
) strict;

-- Service mail: what staff are told, and what a client is sent beside the letters of a visit.
create table notice (
    id text primary key not null,
    clinic_id text not null references clinic (id),
    client_id text,
    kind text not null,
    -- What it tells of. Of one kind each is written once.
    cause text not null,
    recipient text not null,
    -- Subject and words.
    sealed blob not null,
    due_at integer not null,
    not_after integer not null,
    -- When a worker may next look.
    next_at integer not null,
    state text not null check (state in ('scheduled', 'sending', 'sent', 'failed', 'uncertain', 'expired', 'cancelled')),
    owner text,
    -- Grows with every try, so that a worker which slept through its lease changes nothing.
    fence integer not null default 0,
    -- System time, unlike the rest.
    lease_until integer,
    attempts integer not null default 0 check (attempts >= 0),
    resends integer not null default 0 check (resends >= 0),
    -- Fixed at the first try: a repeat must be the same message to every mailbox.
    message_id text,
    sending_at integer,
    sent_at integer,
    reason text,
    seen_by text,
    seen_at integer,
    unique (clinic_id, kind, cause),
    foreign key (clinic_id, client_id) references client (clinic_id, id),
    foreign key (clinic_id, seen_by) references account (clinic_id, id),
    check ((state = 'sending') = (owner is not null)),
    check ((state = 'sending') = (lease_until is not null)),
    check ((state = 'sent') = (sent_at is not null)),
    check (state not in ('sending', 'sent', 'uncertain') or (sending_at is not null and message_id is not null)),
    check (state not in ('failed', 'uncertain', 'expired', 'cancelled') or reason is not null)
) strict;
create index notice_waiting on notice (next_at) where state = 'scheduled';
create index notice_open on notice (state) where state in ('sending', 'uncertain');
create index notice_wrong on notice (clinic_id, due_at) where state in ('failed', 'uncertain', 'expired') and seen_at is null;

-- One check-in of one visit and step, however often it is answered: a later answer is added.
create table check_in (
    id text primary key not null,
    clinic_id text not null,
    client_id text not null,
    visit_id text not null,
    step text not null check (step in ('day_1', 'day_3', 'day_7')),
    -- Every answer as it was given, with what followed from it.
    record blob not null,
    answers integer not null check (answers > 0),
    first_at integer not null,
    last_at integer not null,
    unique (visit_id, step),
    unique (clinic_id, id),
    foreign key (clinic_id, client_id) references client (clinic_id, id),
    foreign key (clinic_id, visit_id) references visit (clinic_id, id)
) strict;
create index check_in_client on check_in (client_id, first_at);
create index check_in_clinic on check_in (clinic_id, first_at);

-- A staff task that stays until somebody writes down what happened.
create table alert (
    id text primary key not null,
    clinic_id text not null,
    client_id text not null,
    -- Null: told in an intake form without a visit.
    visit_id text,
    -- Null: told in an intake form.
    check_in_id text,
    tier text not null check (tier in ('emergency', 'same_day', 'call_clinic')),
    -- How urgent it feels to the client, 0 to 2: moves it up within its tier.
    urgency integer not null check (urgency between 0 and 2),
    state text not null check (state in ('open', 'taken', 'closed')),
    opened_at integer not null,
    -- Until when somebody has to take it.
    due_at integer not null,
    -- When the next address is told; nothing once it is taken or all were told.
    next_at integer,
    -- How many addresses were told.
    told integer not null default 0,
    owner text,
    taken_at integer,
    outcome text,
    closed_at integer,
    closed_by text,
    -- What became of the visit's emails: nothing to hold, held, released or called off.
    mail text not null check (mail in ('none', 'held', 'released', 'cancelled')),
    version integer not null default 1,
    -- What it is about.
    about blob not null,
    unique (clinic_id, id),
    foreign key (clinic_id, client_id) references client (clinic_id, id),
    foreign key (clinic_id, visit_id) references visit (clinic_id, id),
    foreign key (clinic_id, check_in_id) references check_in (clinic_id, id),
    foreign key (clinic_id, owner) references account (clinic_id, id),
    foreign key (clinic_id, closed_by) references account (clinic_id, id),
    check (state <> 'taken' or (owner is not null and taken_at is not null)),
    check ((state = 'closed') = (outcome is not null)),
    check ((state = 'closed') = (closed_at is not null)),
    check ((state = 'closed') = (closed_by is not null)),
    check (state = 'open' or next_at is null)
) strict;
create index alert_open on alert (clinic_id, due_at) where state in ('open', 'taken');
create index alert_waiting on alert (next_at) where next_at is not null;
create index alert_opened on alert (clinic_id, opened_at);
create index alert_visit on alert (visit_id);

-- What happened to an alert, in order. Only added to.
create table alert_event (
    id text primary key not null,
    clinic_id text not null,
    alert_id text not null,
    at integer not null,
    what text not null,
    -- Null: nobody clicked for it.
    account_id text,
    words blob,
    foreign key (clinic_id, alert_id) references alert (clinic_id, id),
    foreign key (clinic_id, account_id) references account (clinic_id, id)
) strict;
create index alert_event_alert on alert_event (alert_id, id);
