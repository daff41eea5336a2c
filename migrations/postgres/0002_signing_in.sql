-- Signing in. A login is one person with one password; an account is that person at one clinic, with
-- a role. So a visit, a note or an audit entry points at an account of its own clinic as before, and
-- one person may work at several clinics.
--
-- Secrets (sessions, links) are kept as digests only. Times here are system time.

create table login (
    id text primary key not null,
    email text not null unique check (email = lower(email)),
    -- argon2id in PHC form; nothing until the first password is set.
    password text,
    password_at bigint,
    created_at bigint not null
);

alter table account add column login_id text references login (id);
insert into login (id, email, created_at)
    select min(id), lower(email), min(created_at) from account group by lower(email);
update account set login_id = (select login.id from login where login.email = lower(account.email));
create unique index account_login on account (login_id, clinic_id);

create table session (
    -- The digest of what the cookie holds.
    id text primary key not null,
    login_id text not null references login (id),
    clinic_id text not null,
    account_id text not null,
    began_at bigint not null,
    seen_at bigint not null,
    ends_at bigint not null,
    -- The browser's words for itself, cut short, for the list of one's own sessions.
    device text not null,
    foreign key (clinic_id, account_id) references account (clinic_id, id)
);
create index session_login on session (login_id);
create index session_ends on session (ends_at);

-- Links that set a password, once.
create table password_link (
    id text primary key not null,
    login_id text not null references login (id),
    made_at bigint not null,
    ends_at bigint not null
);
create index password_link_login on password_link (login_id);

-- Wrong tries, by a digest of the address that was typed and of where they came from. Kept in the
-- database, so that a restart does not open the door again.
create table sign_in_failure (
    id text primary key not null,
    whose text not null,
    at bigint not null
);
create index sign_in_failure_whose on sign_in_failure (whose, at);

-- Letters to oneself that try the mail settings. Pages ask, the worker sends, pages show the answer.
create table mail_trial (
    id text primary key not null,
    clinic_id text not null references clinic (id),
    account_id text not null,
    asked_at bigint not null,
    state text not null check (state in ('asked', 'trying', 'sent', 'failed')),
    -- The server's answer, or what went wrong on the way.
    reply text,
    foreign key (clinic_id, account_id) references account (clinic_id, id)
);
create index mail_trial_asked on mail_trial (asked_at) where state in ('asked', 'trying');
