-- Kept copies are packed against their letter's pattern, and what an email costs on its way is less.

-- Only added to: a copy whose pattern is gone cannot be opened. Sealed like the copies.
create table letter_pattern (
    id text primary key not null,
    sealed blob not null
);

-- Copies are small now, so they stand in their index and need no table beside it.
create table email_copy (
    email_id text primary key not null references email (id),
    sealed blob not null,
    -- Without a reference: it would be asked about for every email that leaves, and patterns are kept
    -- by the same program a moment before.
    pattern text
) without rowid;
insert into email_copy (email_id, sealed) select email_id, sealed from email_content;
drop table email_content;
alter table email_copy rename to email_content;
