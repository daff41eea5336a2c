-- How each worker and its relays stand, for the page that shows it, and which relay a clinic prefers.

-- One row a start of a worker. All in system time.
create table worker_beat (
    owner text primary key not null,
    version text not null,
    started_at bigint not null,
    beat_at bigint not null,
    -- Its relays and the providers it leaves in peace, as JSON: no address of anyone.
    health text not null
);

create table clinic_relay (
    clinic_id text primary key not null references clinic (id),
    -- Host and port, as in mail.url; one that is gone from there is passed over.
    relay text not null
);
