-- A clinic's mail to clients can be stopped at once, with a reason that everybody there sees.

create table sending_pause (
    clinic_id text primary key not null references clinic (id),
    -- Words of staff, so sealed.
    reason bytea not null,
    paused_by text not null,
    at bigint not null,
    foreign key (clinic_id, paused_by) references account (clinic_id, id)
);
