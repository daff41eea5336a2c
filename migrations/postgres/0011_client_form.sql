-- The intake form in the client's own hands: who passed its door, how far they are, what was sent, and the name under it.

-- A client has no account, so a form may be changed by nobody of the staff. What the client said besides the answers is
-- sealed beside them; how many pages are done is not, since the board shows it and it says nothing about anyone's health.
alter table intake_draft alter column changed_by drop not null;
alter table intake_draft add column guest bytea;
alter table intake_draft add column done bigint;
alter table intake_draft add column pages bigint;
alter table intake_draft add constraint intake_draft_done check ((guest is null) = (done is null));
alter table intake_draft add constraint intake_draft_pages check ((guest is null) = (pages is null));
alter table intake_draft add constraint intake_draft_whose check (changed_by is not null or guest is not null);
create index intake_draft_visit on intake_draft (visit_id);

-- How many wrong dates of birth were tried at each link. It says no more after the third.
create table form_door (
    link_id text primary key not null references link (id),
    clinic_id text not null references clinic (id),
    tries bigint not null check (tries between 1 and 3)
);

-- The browsers that gave the right one, by a digest of their secret.
create table form_pass (
    id text primary key not null,
    link_id text not null references link (id),
    clinic_id text not null references clinic (id),
    made_at bigint not null
);
create index form_pass_link on form_pass (link_id);

-- The form a client sent for a visit. One for each, from however many phones it is sent.
create table form_sent (
    visit_id text primary key not null,
    clinic_id text not null,
    client_id text not null,
    intake_id text not null references intake (id) deferrable initially deferred,
    at bigint not null,
    foreign key (clinic_id, visit_id) references visit (clinic_id, id),
    foreign key (clinic_id, client_id) references client (clinic_id, id)
);

-- The name under an intake, who held the pen, and the words that were agreed to, as they were read. Sealed.
create table intake_signature (
    intake_id text primary key not null references intake (id),
    clinic_id text not null references clinic (id),
    sealed bytea not null,
    at bigint not null
);

-- A visit's intake links are looked for by the board, and follow the visit when it moves.
create index link_form on link (visit_id) where purpose = 'intake';
