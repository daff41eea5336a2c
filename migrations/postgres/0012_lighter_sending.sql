-- An email on its way changes its row in fewer indexes, and its copy and its audit row ask for less.

-- What indexes may look at: an email is open from its planning to its end, whether a worker has taken
-- it or not, and what has left is listed once it is over. So claims and beginnings, which come for
-- every email, touch no index and stay within the page of its row. A claim passes over the few that
-- are taken already: they are the earliest.
-- A claim takes many neighbours at once, and each needs room for its second version.
alter table email set (fillfactor = 45);
alter table email
    add column place text generated always as
        (case when state in ('scheduled', 'claimed', 'sending') then 'open' else state end) stored,
    add column left_at bigint generated always as
        (case when state in ('claimed', 'sending') then null else sending_at end) stored;
drop index email_waiting;
drop index email_leased;
drop index email_open;
drop index email_mailbox;
drop index email_wrong;
create index email_waiting on email (next_at) where place = 'open';
create index email_open on email (place) where place = 'uncertain';
create index email_mailbox on email (clinic_id, left_at) where left_at is not null;
create index email_wrong on email (clinic_id, place, due_at)
    where place in ('failed', 'uncertain', 'held', 'suppressed', 'expired');

-- How long each worker holds what it has taken, in system time: one row to renew instead of all of its
-- emails. An email keeps the time it was first taken for.
create table lease (
    owner text primary key not null,
    ends_at bigint not null
);
insert into lease (owner, ends_at) select owner, max(lease_until) from email where owner is not null group by owner;

-- A copy is written by the statement that has just begun its email. Asked for again, the reference
-- would lock that email's row once more for every copy.
alter table email_content drop constraint email_content_email_id_fkey;

-- What is not chained yet are the newest rows, and the key finds those.
drop index audit_unchained;
-- A record's id is of one clinic alone.
drop index audit_record;
create index audit_record on audit (record_id);
