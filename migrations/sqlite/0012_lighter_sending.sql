-- An email on its way changes fewer indexes, and its audit row stands in its key.

-- What indexes may look at: an email is open from its planning to its end, whether a worker has taken
-- it or not, and what has left is listed once it is over.
alter table email add column place text generated always as
    (case when state in ('scheduled', 'claimed', 'sending') then 'open' else state end) virtual;
alter table email add column left_at integer generated always as
    (case when state in ('claimed', 'sending') then null else sending_at end) virtual;
drop index email_waiting;
drop index email_leased;
drop index email_open;
drop index email_mailbox;
drop index email_wrong;
create index email_waiting on email (next_at) where state = 'scheduled';
-- By its holder, which beginning leaves as it is: an index here is written again with each change of
-- what it looks at.
create index email_taken on email (owner) where owner is not null;
create index email_open on email (place) where place = 'uncertain';
create index email_mailbox on email (clinic_id, left_at) where left_at is not null;
create index email_wrong on email (clinic_id, place, due_at)
    where place in ('failed', 'uncertain', 'held', 'suppressed', 'expired');

-- How long each worker holds what it has taken, in system time: one row to renew instead of all of its
-- emails. An email keeps the time it was first taken for.
create table lease (
    owner text primary key not null,
    ends_at integer not null
) strict;
insert into lease (owner, ends_at) select owner, max(lease_until) from email where owner is not null group by owner;

-- Audit rows are small and only added to, so they stand in their key and need no table beside it. What
-- is not chained yet are the newest rows, and the key finds those; a record's id is of one clinic alone.
create table audit_row (
    id text primary key not null,
    -- That of the record it tells of; asked for again, the reference costs a look for every row.
    clinic_id text not null,
    at integer not null,
    who text not null,
    role text not null,
    action text not null,
    kind text not null,
    record_id text not null,
    from_where text not null,
    -- Filled in batches by a recurring task: a chain made here would make all writers wait in line.
    chain text
) strict, without rowid;
insert into audit_row select id, clinic_id, at, who, role, action, kind, record_id, from_where, chain from audit;
drop table audit;
alter table audit_row rename to audit;
create index audit_record on audit (record_id);
