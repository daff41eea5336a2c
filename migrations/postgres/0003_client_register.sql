-- The register of clients: words to find them by, how they want their aftercare, and a version, so
-- that of two people who correct the same client the second is told.

alter table client add column on_paper smallint not null default 0 check (on_paper in (0, 1));
alter table client add column version bigint not null default 1;
-- Which edition of the rule its words were made by; 0 is none yet. The program makes them: folding
-- is its own and not the database's.
alter table client add column words_edition bigint not null default 0;
create index client_without_words on client (words_edition, id);

-- Each word a client can be found by, folded: names, date of birth, telephone, email address.
create table client_word (
    client_id text not null,
    -- By bytes, so that everything that begins with a word lies together whatever the language of the server.
    word text collate "C" not null,
    clinic_id text not null,
    primary key (client_id, word),
    foreign key (clinic_id, client_id) references client (clinic_id, id) on delete cascade
);
create index client_word_search on client_word (clinic_id, word, client_id);
