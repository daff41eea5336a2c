-- The mail server that an admin names in the browser while the settings file names none: one for the installation.
create table mail_server (
    id text primary key not null check (id = 'house'),
    host text not null,
    port bigint not null,
    protection text not null check (protection in ('tls', 'starttls', 'nothing')),
    -- User and password, sealed; nothing where the server asks for none.
    login bytea,
    sender text not null,
    changed_at bigint not null,
    -- Grows with every save: workers look at it, and the second of two admins is told.
    version bigint not null check (version > 0)
);
