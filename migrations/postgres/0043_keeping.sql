-- How long a clinic keeps the text of sent emails and the records of people who no longer come.

-- Days; none: as long as the installation says.
alter table clinic add column keep_sent_days bigint;
-- Years after the last visit, after which somebody is asked to look; none: nobody is.
alter table clinic add column keep_record_years bigint;
-- Texts of emails that left up to this moment are gone, but for those on legal hold.
alter table clinic add column texts_gone_until bigint;

-- Records that stay whatever the clinic's rules say, until somebody ends it.
create table legal_hold (
    clinic_id text not null,
    client_id text not null,
    -- May name an illness or a quarrel; sealed.
    reason bytea not null,
    held_by text not null,
    at bigint not null,
    primary key (clinic_id, client_id),
    foreign key (clinic_id, client_id) references client (clinic_id, id)
);
