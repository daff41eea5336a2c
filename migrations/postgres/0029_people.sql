-- Who works here no longer, and a second factor at sign-in.

-- Somebody who left stays in the records and can sign in no more.
alter table account add column disabled_at bigint;

create table login_factor (
    login_id text primary key not null references login (id),
    -- Shared with the person's phone; sealed.
    secret bytea not null,
    -- Asked for at sign-in from then on; until then it is only being set up. System time, as below.
    confirmed_at bigint,
    -- The 30 seconds whose code came in last: that code and earlier ones are worth nothing any more.
    last_step bigint not null default 0
);

-- For when the phone is lost. Kept as digests; each opens the door once.
create table recovery_code (
    login_id text not null references login (id),
    digest text not null,
    used_at bigint,
    primary key (login_id, digest)
);
