-- What is read in words: the language a consent was read in, own words of a check-in that wait for a person, and service mail that came back.

-- The words of a consent are kept in the language they were shown in, and so is which language that was.
alter table consent_wording add column lang text not null default 'en';
alter table consent_wording drop constraint consent_wording_pkey;
alter table consent_wording add primary key (clinic_id, purpose, version, lang);
alter table consent add column lang text not null default 'en';
alter table consent_event add column lang text not null default 'en';

-- What a client wrote in a check-in waits to be read, however harmless it sounds.
alter table client_wish drop constraint client_wish_kind_check;
alter table client_wish add constraint client_wish_kind_check check (kind in ('data', 'erasure', 'paper', 'words'));

-- A notice to staff can come back too: then it is about no client.
alter table bounce alter column client_id drop not null;
alter table bounce add foreign key (clinic_id) references clinic (id);
