-- The links of one email are made, switched off and forgotten together, so they are one row. Each has a secret of its
-- own. Those that were made before stay where they are.

create table email_link (
    id text primary key not null,
    clinic_id text not null,
    client_id text,
    visit_id text,
    -- What each link opens, such as "preferences stop/aftercare reread/day_1 check_in/day_1".
    opens text not null,
    -- The digests of their secrets, in the same order.
    secrets text not null,
    made_at integer not null,
    -- When the last of them ends. Each by itself ends so long after it was made as its kind lasts.
    ends_at integer not null,
    revoked_at integer,
    foreign key (clinic_id, client_id) references client (clinic_id, id),
    foreign key (clinic_id, visit_id) references visit (clinic_id, id)
) strict;
create index email_link_client on email_link (client_id) where client_id is not null;
