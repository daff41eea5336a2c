-- The links of one email are made, switched off and forgotten together, so they are one row. Each has a secret of its
-- own. Those that were made before stay where they are.
--
-- Whose they are is taken from the row of the email by the statement that keeps them, and the references of that row
-- were asked for when it was planned. Asked for again, each would look up and lock two more rows for every email.

create table email_link (
    id text primary key not null,
    clinic_id text not null,
    client_id text,
    visit_id text,
    -- What each link opens, such as "preferences stop/aftercare reread/day_1 check_in/day_1".
    opens text not null,
    -- The digests of their secrets, in the same order.
    secrets text not null,
    made_at bigint not null,
    -- When the last of them ends. Each by itself ends so long after it was made as its kind lasts.
    ends_at bigint not null,
    revoked_at bigint
);
create index email_link_client on email_link (client_id) where client_id is not null;
