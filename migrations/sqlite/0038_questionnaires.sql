-- A clinic's own questions on the intake form: drafts and published versions.

-- What was published, for good: answers name the version they were given on.
create table questionnaire_version (
    clinic_id text not null references clinic (id),
    -- Which form, counted by each clinic.
    number integer not null check (number > 0),
    version integer not null check (version > 0),
    -- The questions as JSON: they name no client.
    body text not null,
    -- Words of staff, so sealed.
    note blob not null,
    published_by text not null,
    published_at integer not null,
    primary key (clinic_id, number, version),
    foreign key (clinic_id, published_by) references account (clinic_id, id)
) strict;

-- What is being written; one a form.
create table questionnaire_draft (
    clinic_id text not null references clinic (id),
    number integer not null check (number > 0),
    -- Counts up with every save, so that the second of two people is shown both.
    version integer not null check (version > 0),
    body text not null,
    -- The body before the last act on its questions, to undo it.
    undo_body text,
    -- What was left of a file that it was brought in from, as JSON.
    left_out text,
    saved_by text not null,
    saved_at integer not null,
    primary key (clinic_id, number),
    foreign key (clinic_id, saved_by) references account (clinic_id, id)
) strict;
