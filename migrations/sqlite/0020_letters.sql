-- A clinic's own letters: drafts, published versions, and claims that none of them may make.

-- What was published, for good. What ships with the program has no row; its version is in its file.
create table letter_version (
    clinic_id text not null references clinic (id),
    locale text not null,
    letter text not null,
    version integer not null check (version > 0),
    -- The letter as JSON: it names no client.
    body text not null,
    -- Words of staff, so sealed.
    note blob not null,
    published_by text not null,
    published_at integer not null,
    primary key (clinic_id, locale, letter, version),
    foreign key (clinic_id, published_by) references account (clinic_id, id)
) strict;

-- What is being written; one a letter and language.
create table letter_draft (
    clinic_id text not null references clinic (id),
    locale text not null,
    letter text not null,
    -- Counts up with every save, so that the second of two people is shown both.
    version integer not null check (version > 0),
    body text not null,
    -- The body before the last act on its blocks, to undo it.
    undo_body text,
    saved_by text not null,
    saved_at integer not null,
    primary key (clinic_id, locale, letter),
    foreign key (clinic_id, saved_by) references account (clinic_id, id)
) strict;

-- Words that this clinic does not want in any letter, besides those that ship with the program.
create table banned_claim (
    clinic_id text not null references clinic (id),
    words text not null check (words <> ''),
    primary key (clinic_id, words)
) strict;
