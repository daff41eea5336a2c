-- Other programs hear what happened, without asking all the time: an address, and what is on its way there.

create table webhook (
    id text primary key not null,
    clinic_id text not null references clinic (id),
    url text not null,
    -- What signs each call; sealed, shown once.
    secret bytea not null,
    -- What it hears of: ids of events with a space between.
    events text not null,
    -- An account id, or the id of a token.
    made_by text not null,
    -- By the machine's own time, as all of these.
    made_at bigint not null,
    -- Since when it is switched off, because nothing arrived for three days.
    off_at bigint
);
create index webhook_clinic on webhook (clinic_id);

create table webhook_call (
    id text primary key not null,
    clinic_id text not null,
    webhook_id text not null references webhook (id),
    event text not null,
    -- What is sent, byte for byte the same at each try. Ids, and no health text.
    body text not null,
    made_at bigint not null,
    -- When it is tried next; none: it arrived, or was given up.
    next_at bigint,
    attempts bigint not null,
    arrived_at bigint,
    -- What the other side said, or why it was not reached.
    reply text not null,
    check (next_at is null or arrived_at is null)
);
create index webhook_call_next on webhook_call (next_at) where next_at is not null;
create index webhook_call_newest on webhook_call (webhook_id, id);
