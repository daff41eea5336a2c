-- The intake form in the client's own hands: who passed its door, how far they are, what was sent, and the name under it.

-- A client has no account, so a form may be changed by nobody of the staff. What the client said besides the answers is
-- sealed beside them; how many pages are done is not, since the board shows it and it says nothing about anyone's health.
create table intake_draft_new (
    id text primary key not null,
    clinic_id text not null,
    client_id text not null,
    visit_id text,
    version integer not null check (version > 0),
    typed blob not null,
    changed_at integer not null,
    -- Null: the client.
    changed_by text,
    guest blob,
    done integer,
    pages integer,
    foreign key (clinic_id, client_id) references client (clinic_id, id),
    foreign key (clinic_id, visit_id) references visit (clinic_id, id),
    foreign key (clinic_id, changed_by) references account (clinic_id, id),
    check ((guest is null) = (done is null)),
    check ((guest is null) = (pages is null)),
    check (changed_by is not null or guest is not null)
) strict;
insert into intake_draft_new (id, clinic_id, client_id, visit_id, version, typed, changed_at, changed_by)
    select id, clinic_id, client_id, visit_id, version, typed, changed_at, changed_by from intake_draft;
drop table intake_draft;
alter table intake_draft_new rename to intake_draft;
create unique index intake_draft_of on intake_draft (client_id, coalesce(visit_id, ''));
create index intake_draft_visit on intake_draft (visit_id);

-- How many wrong dates of birth were tried at each link. It says no more after the third.
create table form_door (
    link_id text primary key not null references link (id),
    clinic_id text not null references clinic (id),
    tries integer not null check (tries between 1 and 3)
) strict;

-- The browsers that gave the right one, by a digest of their secret.
create table form_pass (
    id text primary key not null,
    link_id text not null references link (id),
    clinic_id text not null references clinic (id),
    made_at integer not null
) strict;
create index form_pass_link on form_pass (link_id);

-- The form a client sent for a visit. One for each, from however many phones it is sent.
create table form_sent (
    visit_id text primary key not null,
    clinic_id text not null,
    client_id text not null,
    intake_id text not null references intake (id) deferrable initially deferred,
    at integer not null,
    foreign key (clinic_id, visit_id) references visit (clinic_id, id),
    foreign key (clinic_id, client_id) references client (clinic_id, id)
) strict;

-- The name under an intake, who held the pen, and the words that were agreed to, as they were read. Sealed.
create table intake_signature (
    intake_id text primary key not null references intake (id),
    clinic_id text not null references clinic (id),
    sealed blob not null,
    at integer not null
) strict;

-- A visit's intake links are looked for by the board, and follow the visit when it moves.
create index link_form on link (visit_id) where purpose = 'intake';
