-- Mail that came back: what each notice says about which email, and the notice itself, sealed, since it may repeat
-- the letter. One notice a meaning: a server that tells the same twice tells it once here.

create table bounce (
    id text primary key not null,
    clinic_id text not null,
    client_id text not null,
    email_id text not null,
    address text not null check (address = lower(address)),
    at integer not null,
    meaning text not null check (meaning in ('arrived', 'delayed', 'no_mailbox', 'not_now', 'our_fault', 'complaint', 'unclear')),
    status text,
    evidence blob not null,
    -- Who has seen to it, and when.
    seen_by text,
    seen_at integer,
    unique (email_id, meaning),
    foreign key (clinic_id, client_id) references client (clinic_id, id),
    foreign key (clinic_id, seen_by) references account (clinic_id, id),
    check ((seen_by is null) = (seen_at is null))
) strict;
create index bounce_address on bounce (clinic_id, address, at);
create index bounce_open on bounce (clinic_id, at) where seen_at is null;

-- Which notice an address was stopped for, if it was a notice.
alter table suppression add column bounce_id text;
