-- Programs of a clinic come in with a token; only a digest of it is kept.

create table api_token (
    id text primary key not null,
    clinic_id text not null references clinic (id),
    -- What the admin calls the program.
    name text not null,
    digest text not null unique,
    -- What it may do: ids of scopes with a space between.
    scopes text not null,
    -- An account id, or "operator".
    made_by text not null,
    -- These three by the machine's own time.
    made_at bigint not null,
    used_at bigint,
    -- The row stays, so that the audit can say which program it was.
    revoked_at bigint,
    check (name <> ''),
    check (revoked_at is null or revoked_at >= made_at)
);
create unique index api_token_name on api_token (clinic_id, name) where revoked_at is null;
