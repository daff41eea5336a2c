-- Links for clients without an account, and what clients choose, ask for and change by them.
--
-- A link is kept under a name, with a digest of its secret: whoever reads this table can open nothing.
-- The client is missing once they were erased; then the link only leads to the clinic's telephone.

create table link (
    id text primary key not null,
    secret text not null,
    clinic_id text not null references clinic (id),
    client_id text,
    visit_id text,
    purpose text not null check (purpose in ('intake', 'check_in', 'reread', 'preferences', 'stop', 'confirm')),
    -- Which letter or stream it is about; empty for the rest.
    about text not null,
    made_at bigint not null,
    ends_at bigint not null,
    revoked_at bigint,
    foreign key (clinic_id, client_id) references client (clinic_id, id),
    foreign key (clinic_id, visit_id) references visit (clinic_id, id)
);
create index link_client on link (client_id) where client_id is not null;

-- What a client stopped, apart from what they agreed to: stopping is no withdrawal of a consent.
create table stream_choice (
    clinic_id text not null,
    client_id text not null,
    topic text not null check (topic in ('aftercare', 'check_ins', 'preparation')),
    stopped smallint not null check (stopped in (0, 1)),
    at bigint not null,
    primary key (client_id, topic),
    foreign key (clinic_id, client_id) references client (clinic_id, id)
);

-- A new address that waits to be confirmed, or was: the one before is kept, so that it can come back.
create table address_change (
    id text primary key not null,
    clinic_id text not null,
    client_id text not null,
    was text not null,
    becomes text not null,
    asked_at bigint not null,
    confirmed_at bigint,
    undone_at bigint,
    foreign key (clinic_id, client_id) references client (clinic_id, id)
);
create index address_change_client on address_change (client_id, asked_at);

-- What a client asks of the staff, and what follows from a choice of theirs for the staff.
create table client_wish (
    id text primary key not null,
    clinic_id text not null,
    client_id text not null,
    kind text not null check (kind in ('data', 'erasure', 'paper')),
    asked_at bigint not null,
    done_at bigint,
    -- The account that saw to it, or 'client' when they took it back.
    done_by text,
    foreign key (clinic_id, client_id) references client (clinic_id, id),
    check ((done_at is null) = (done_by is null))
);
create unique index client_wish_open on client_wish (client_id, kind) where done_at is null;
create index client_wish_todo on client_wish (clinic_id, asked_at) where done_at is null;
