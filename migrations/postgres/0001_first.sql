-- The first tables: what one visit needs, from the booking to the last aftercare email.
--
-- Ids are UUIDv7 as text and instants are milliseconds since 1970 in both engines, so that every
-- statement is written once. Sealed columns hold clinical text that only the key file opens.
-- Checks repeat what the rules already promise: the second fence. Pairs of (clinic_id, id) are
-- referenced together, so that no row can point into another clinic.

create table setting (
    key text primary key not null,
    value text not null
);

create table catalogue_sign_off (
    version text primary key not null,
    signed_by text not null,
    signed_at bigint not null
);

create table clinic (
    id text primary key not null,
    name text not null,
    time_zone text not null,
    locale text not null,
    phone text not null,
    emergency_number text not null,
    address text not null,
    window_from text not null,
    window_to text not null,
    window_days text not null check (window_days <> ''),
    created_at bigint not null
);

create table account (
    id text primary key not null,
    clinic_id text not null references clinic (id),
    name text not null,
    email text not null,
    role text not null check (role in ('reception', 'therapist', 'admin')),
    created_at bigint not null,
    unique (clinic_id, id),
    unique (clinic_id, email)
);

create table client (
    id text primary key not null,
    clinic_id text not null references clinic (id),
    first_name text not null,
    last_name text,
    email text,
    locale text,
    born text,
    phone text not null,
    -- Rows of the speed measurements, never of a person.
    synthetic smallint not null check (synthetic in (0, 1)),
    created_at bigint not null,
    unique (clinic_id, id)
);

create table visit (
    id text primary key not null,
    clinic_id text not null,
    client_id text not null,
    therapist_id text,
    starts_at bigint not null,
    ends_at bigint not null,
    state text not null check (state in ('booked', 'in_progress', 'completed', 'cancelled', 'no_show')),
    treatment bytea not null,
    completed_at bigint,
    created_at bigint not null,
    unique (clinic_id, id),
    foreign key (clinic_id, client_id) references client (clinic_id, id),
    foreign key (clinic_id, therapist_id) references account (clinic_id, id),
    check (starts_at < ends_at),
    check ((state = 'completed') = (completed_at is not null))
);
create index visit_day on visit (clinic_id, starts_at);
create index visit_client on visit (client_id, starts_at);

create table intake (
    id text primary key not null,
    clinic_id text not null,
    client_id text not null,
    given_at bigint not null,
    form_version bigint not null,
    answers bytea not null,
    -- 'client', or the id of the account that typed it in.
    entered_by text not null,
    foreign key (clinic_id, client_id) references client (clinic_id, id)
);
create index intake_client on intake (client_id, given_at);

create table consent (
    clinic_id text not null,
    client_id text not null,
    purpose text not null check (purpose in ('treatment', 'health_data', 'aftercare_email', 'check_in_email', 'marketing')),
    given smallint not null check (given in (0, 1)),
    at bigint not null,
    wording_version bigint not null,
    primary key (client_id, purpose),
    foreign key (clinic_id, client_id) references client (clinic_id, id)
);

-- What was agreed and when it was taken back, for as long as the client is kept. Only added to.
create table consent_event (
    id text primary key not null,
    clinic_id text not null,
    client_id text not null,
    purpose text not null,
    given smallint not null check (given in (0, 1)),
    at bigint not null,
    wording_version bigint not null,
    foreign key (clinic_id, client_id) references client (clinic_id, id)
);
create index consent_event_client on consent_event (client_id, at);

create table suppression (
    clinic_id text not null references clinic (id),
    address text not null check (address = lower(address)),
    reason text not null,
    at bigint not null,
    primary key (clinic_id, address)
);

create table plan (
    id text primary key not null,
    clinic_id text not null,
    visit_id text not null unique,
    protocol text not null,
    started_at bigint not null,
    catalogue_version text not null,
    aftercare text not null check (aftercare in ('routine', 'emergency_only')),
    not_sent bytea not null,
    unique (clinic_id, id),
    foreign key (clinic_id, visit_id) references visit (clinic_id, id)
);

-- Every email we owe or sent.
create table email (
    id text primary key not null,
    clinic_id text not null,
    client_id text not null,
    visit_id text not null,
    plan_id text,
    step text not null,
    stream text not null check (stream in ('service', 'aftercare', 'preparation')),
    letter text not null,
    letter_version bigint not null,
    recipient text not null,
    locale text not null,
    -- The local date, time and zone that were meant: a change of zone rules recomputes due_at.
    civil_at text not null,
    zone text not null,
    due_at bigint not null,
    not_after bigint not null,
    -- When a worker may next look: due_at at first, later the time of the next try.
    next_at bigint not null,
    state text not null check (state in ('scheduled', 'claimed', 'sending', 'sent', 'failed', 'uncertain', 'held',
        'cancelled', 'suppressed', 'expired')),
    owner text,
    -- Grows with every claim, so that a worker which slept through its lease changes nothing.
    fence bigint not null default 0,
    -- System time, unlike the rest: leases must not run fast in the demo.
    lease_until bigint,
    attempts bigint not null default 0 check (attempts >= 0),
    message_id text not null unique,
    on_uncertain text not null check (on_uncertain in ('resend', 'hold')),
    resends bigint not null default 0 check (resends >= 0),
    sending_at bigint,
    sent_at bigint,
    reply text,
    reason text,
    created_at bigint not null,
    unique (visit_id, step, recipient),
    foreign key (clinic_id, client_id) references client (clinic_id, id),
    foreign key (clinic_id, visit_id) references visit (clinic_id, id),
    foreign key (clinic_id, plan_id) references plan (clinic_id, id),
    check ((state in ('claimed', 'sending')) = (owner is not null)),
    check ((state in ('claimed', 'sending')) = (lease_until is not null)),
    check ((state = 'sent') = (sent_at is not null)),
    check (state not in ('sending', 'sent', 'uncertain') or sending_at is not null),
    check (state not in ('failed', 'uncertain', 'held', 'cancelled', 'suppressed', 'expired') or reason is not null)
);
-- Only waiting rows, so that years of sent mail do not slow the worker. The time alone: with the
-- stream beside it PostgreSQL may choose to fetch all that is due and sort it for every claim.
create index email_waiting on email (next_at) where state = 'scheduled';
create index email_leased on email (lease_until) where state in ('claimed', 'sending');
create index email_open on email (state) where state = 'uncertain';
create index email_mailbox on email (clinic_id, sending_at) where sending_at is not null;
create index email_client on email (client_id);

-- The frozen copy of what goes out: the exact bytes, the words, what was offered and withheld, the
-- catalogue version and the consents. Beside the outbox, so that the hot rows stay small.
create table email_content (
    email_id text primary key not null references email (id),
    sealed bytea not null
);

-- Who did what to which record. Ids only, never health text, and only added to.
create table audit (
    id text primary key not null,
    clinic_id text not null references clinic (id),
    at bigint not null,
    who text not null,
    role text not null,
    action text not null,
    kind text not null,
    record_id text not null,
    from_where text not null,
    -- Filled in batches by a recurring task: a chain made here would make all writers wait in line.
    chain text
);
create index audit_record on audit (clinic_id, record_id);
create index audit_unchained on audit (id) where chain is null;

-- Each time of a recurring task, once: whoever inserts the row does the work.
create table recurring (
    task text not null,
    civil_at text not null,
    primary key (task, civil_at)
);
