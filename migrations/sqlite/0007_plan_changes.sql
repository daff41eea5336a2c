-- What staff changed about the emails of a visit, and how a plan stood when it was made.
--
-- A change can be there before the plan starts and outlives every new reckoning of it, so it hangs
-- on the visit and not on the email. What was changed is sealed: a line is words to a client, and
-- an item that is left out tells of health.

create table plan_change (
    clinic_id text not null,
    visit_id text not null,
    step text not null check (step in ('same_day', 'day_1', 'day_3', 'day_7', 'prepare')),
    -- Counts the acts, so that the second of two people finds out about the first.
    revision integer not null check (revision > 0),
    -- The last act, who did it and when.
    act text not null,
    changed_by text not null,
    changed_at integer not null,
    what blob not null,
    primary key (visit_id, step),
    foreign key (clinic_id, visit_id) references visit (clinic_id, id)
) strict;

create table plan_record (
    visit_id text primary key not null,
    clinic_id text not null,
    -- The emails as planned at the start, and as last reckoned: ids and times, sealed.
    made blob not null,
    latest blob not null,
    latest_at integer not null,
    foreign key (clinic_id, visit_id) references visit (clinic_id, id)
) strict;
