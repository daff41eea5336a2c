-- The audit is chained: a digest over each batch of entries and the batch before, made with a key that the database does not
-- have. Which entries a batch holds is written down, since entries of one moment become visible in any order.
create table audit_chain (
    number integer primary key not null check (number > 0),
    -- 16 bytes each, in their order.
    ids blob not null check (length(ids) > 0 and length(ids) % 16 = 0),
    -- The first and the last of them, to find the batches that an entry may be in.
    oldest text not null,
    newest text not null,
    digest blob not null check (length(digest) = 32),
    made_at integer not null
) strict;
create index audit_chain_newest on audit_chain (newest);

-- Nothing was ever written there.
alter table audit drop column chain;
