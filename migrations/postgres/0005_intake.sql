-- Intake forms that are not finished, who has read what clients wrote in their own words, and the exact words of each consent.

create table intake_draft (
    id text primary key not null,
    clinic_id text not null,
    client_id text not null,
    -- Null: taken without a visit.
    visit_id text,
    -- Grows with every save, so that the second of two people is told instead of overwriting the first.
    version bigint not null check (version > 0),
    typed bytea not null,
    changed_at bigint not null,
    changed_by text not null,
    foreign key (clinic_id, client_id) references client (clinic_id, id),
    foreign key (clinic_id, visit_id) references visit (clinic_id, id),
    foreign key (clinic_id, changed_by) references account (clinic_id, id)
);
create unique index intake_draft_of on intake_draft (client_id, coalesce(visit_id, ''));

-- One row for every intake with a text in the client's own words.
create table text_review (
    intake_id text primary key not null references intake (id),
    clinic_id text not null,
    client_id text not null,
    state text not null check (state in ('waiting', 'read')),
    at bigint,
    by_account text,
    foreign key (clinic_id, client_id) references client (clinic_id, id),
    foreign key (clinic_id, by_account) references account (clinic_id, id),
    check ((state = 'read') = (at is not null)),
    check ((state = 'read') = (by_account is not null))
);
create index text_review_waiting on text_review (clinic_id) where state = 'waiting';

-- What people agreed to, word for word, from the first time the words were used.
create table consent_wording (
    clinic_id text not null references clinic (id),
    purpose text not null,
    version bigint not null,
    words text not null,
    primary key (clinic_id, purpose, version)
);
