-- What is read in words: the language a consent was read in, own words of a check-in that wait for a person, and service mail that came back.

-- The words of a consent are kept in the language they were shown in, and so is which language that was.
create table consent_wording_new (
    clinic_id text not null references clinic (id),
    purpose text not null,
    version integer not null,
    lang text not null,
    words text not null,
    primary key (clinic_id, purpose, version, lang)
) strict;
insert into consent_wording_new (clinic_id, purpose, version, lang, words)
    select clinic_id, purpose, version, 'en', words from consent_wording;
drop table consent_wording;
alter table consent_wording_new rename to consent_wording;
alter table consent add column lang text not null default 'en';
alter table consent_event add column lang text not null default 'en';

-- What a client wrote in a check-in waits to be read, however harmless it sounds.
create table client_wish_new (
    id text primary key not null,
    clinic_id text not null,
    client_id text not null,
    kind text not null check (kind in ('data', 'erasure', 'paper', 'words')),
    asked_at integer not null,
    done_at integer,
    -- The account that saw to it, or 'client' when they took it back.
    done_by text,
    foreign key (clinic_id, client_id) references client (clinic_id, id),
    check ((done_at is null) = (done_by is null))
) strict;
insert into client_wish_new select id, clinic_id, client_id, kind, asked_at, done_at, done_by from client_wish;
drop table client_wish;
alter table client_wish_new rename to client_wish;
create unique index client_wish_open on client_wish (client_id, kind) where done_at is null;
create index client_wish_todo on client_wish (clinic_id, asked_at) where done_at is null;

-- A notice to staff can come back too: then it is about no client.
create table bounce_new (
    id text primary key not null,
    clinic_id text not null references clinic (id),
    client_id text,
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
insert into bounce_new
    select id, clinic_id, client_id, email_id, address, at, meaning, status, evidence, seen_by, seen_at from bounce;
drop table bounce;
alter table bounce_new rename to bounce;
create index bounce_address on bounce (clinic_id, address, at);
create index bounce_open on bounce (clinic_id, at) where seen_at is null;
