-- The therapist's note of a visit, what was added after signing, and what was really done.
--
-- One note a visit. Its version grows with every save, so that of two people who edit it the
-- second is told. A signed note is never a draft again, by whatever statement.

create table note (
    id text primary key not null,
    clinic_id text not null,
    visit_id text not null unique,
    version bigint not null check (version >= 1),
    state text not null check (state in ('draft', 'signed')),
    body bytea not null,
    changed_by text not null,
    changed_at bigint not null,
    signed_by text,
    signed_at bigint,
    created_at bigint not null,
    unique (clinic_id, id),
    foreign key (clinic_id, visit_id) references visit (clinic_id, id),
    foreign key (clinic_id, changed_by) references account (clinic_id, id),
    foreign key (clinic_id, signed_by) references account (clinic_id, id),
    check ((state = 'signed') = (signed_by is not null)),
    check ((state = 'signed') = (signed_at is not null))
);

create function note_stays_signed() returns trigger language plpgsql as $$
begin
    if old.state = 'signed' then
        raise exception 'a signed note never changes';
    end if;
    return new;
end $$;
create trigger note_stays_signed before update of version, state, signed_by, signed_at on note
for each row execute function note_stays_signed();

create table note_addendum (
    id text primary key not null,
    clinic_id text not null,
    note_id text not null,
    added_by text not null,
    added_at bigint not null,
    body bytea not null,
    foreign key (clinic_id, note_id) references note (clinic_id, id),
    foreign key (clinic_id, added_by) references account (clinic_id, id)
);
create index note_addendum_note on note_addendum (note_id, added_at);

-- What was done, which may differ from what was booked. Emails follow it.
create table treatment_done (
    visit_id text primary key not null,
    clinic_id text not null,
    done bytea not null,
    recorded_by text not null,
    recorded_at bigint not null,
    foreign key (clinic_id, visit_id) references visit (clinic_id, id),
    foreign key (clinic_id, recorded_by) references account (clinic_id, id)
);
