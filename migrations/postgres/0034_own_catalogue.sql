-- The clinical catalogue as its admins change it: one for the installation, since one signature stands for all clinics.
create table catalogue_edition (
    -- Grows with every publication: running processes look at it.
    number bigint primary key not null check (number > 0),
    -- All entries, as the rules go by them.
    body text not null,
    -- Names that content.
    version text not null,
    -- The catalogue that shipped when it was published.
    over_version text not null,
    note text not null,
    published_by text not null,
    published_at bigint not null
);

-- What shipped when an edition was published: a later one is compared with it.
create table shipped_catalogue (
    version text primary key not null,
    body text not null
);

-- Entries that are being changed and that nothing goes by yet.
create table catalogue_draft (
    kind text not null,
    entry text not null,
    body text not null,
    undo_body text,
    -- Grows with every save, so that the second of two people is told.
    version bigint not null check (version > 0),
    saved_by text not null,
    saved_at bigint not null,
    primary key (kind, entry)
);

-- What a draft would change for past visits, as far as it has been looked at.
create table catalogue_rehearsal (
    id text primary key not null check (id = 'house'),
    -- From which content to which.
    old_version text not null,
    new_version text not null,
    -- The last visit that was looked at.
    looked_up_to text not null,
    looked bigint not null check (looked >= 0),
    whole bigint not null check (whole >= 0),
    -- For how many something is different, and in how many emails that wait.
    changing bigint not null,
    emails bigint not null,
    -- What is different, for whom: sealed.
    found bytea not null,
    begun_by text not null,
    begun_at bigint not null,
    ended_at bigint
);
