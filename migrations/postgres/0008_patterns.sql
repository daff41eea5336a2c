-- Kept copies are packed against their letter's pattern, and what an email costs on its way is less.

-- Only added to: a copy whose pattern is gone cannot be opened. Sealed like the copies.
create table letter_pattern (
    id text primary key not null,
    sealed bytea not null
);

-- Without a reference: it would be asked about for every email that leaves, and patterns are kept
-- by the same program a moment before.
alter table email_content add column pattern text;

-- Here every change of a row goes into every index. A Message-ID is made of the row's own id, which
-- is unique already; and the clinic of an audit row is that of the record it tells of.
alter table email drop constraint email_message_id_key;
alter table audit drop constraint audit_clinic_id_fkey;
