-- A clinic's own protocols: which emails go out around a visit, as versions with a draft.

-- What was published, for good. What ships with the program is version 1 and has no row.
create table protocol_version (
    clinic_id text not null references clinic (id),
    version integer not null check (version > 1),
    -- The steps as JSON: they name no client.
    body text not null,
    -- Words of staff, so sealed.
    note blob not null,
    published_by text not null,
    published_at integer not null,
    primary key (clinic_id, version),
    foreign key (clinic_id, published_by) references account (clinic_id, id)
) strict;

-- What is being written; one a clinic.
create table protocol_draft (
    clinic_id text primary key not null references clinic (id),
    -- Counts up with every save, so that the second of two people is shown both.
    version integer not null check (version > 0),
    body text not null,
    -- The body before a step was last added or removed, to undo it.
    undo_body text,
    saved_by text not null,
    saved_at integer not null,
    foreign key (clinic_id, saved_by) references account (clinic_id, id)
) strict;

-- An email names the version it was planned by, and leaves by it; so does a plan.
alter table email add column protocol integer not null default 1 check (protocol > 0);
update plan set protocol = '1';

-- A clinic can have steps of its own, so what staff change about an email can be about any.
create table plan_change_anew (
    clinic_id text not null,
    visit_id text not null,
    step text not null,
    -- Counts the acts, so that the second of two people finds out about the first.
    revision integer not null check (revision > 0),
    -- The last act, who did it and when.
    act text not null,
    changed_by text not null,
    changed_at integer not null,
    what blob not null,
    primary key (visit_id, step),
    foreign key (clinic_id, visit_id) references visit (clinic_id, id)
) strict;
insert into plan_change_anew (clinic_id, visit_id, step, revision, act, changed_by, changed_at, what)
    select clinic_id, visit_id, step, revision, act, changed_by, changed_at, what from plan_change;
drop table plan_change;
alter table plan_change_anew rename to plan_change;
