-- The mail server that an admin names in the browser while the settings file names none: one for the installation.
create table mail_server (
    id text primary key not null check (id = 'house'),
    host text not null,
    port integer not null,
    protection text not null check (protection in ('tls', 'starttls', 'nothing')),
    -- User and password, sealed; nothing where the server asks for none.
    login blob,
    sender text not null,
    changed_at integer not null,
    -- Grows with every save: workers look at it, and the second of two admins is told.
    version integer not null check (version > 0)
) strict;
