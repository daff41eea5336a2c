-- A program that repeats a request under the same key gets the first answer, and nothing is done twice.

create table api_answer (
    token_id text not null references api_token (id),
    clinic_id text not null,
    -- A digest of the program's own key.
    key text not null,
    -- A digest of method, path and body, so that one key does not stand for two requests.
    request text not null,
    -- Both are missing only inside the transaction that does the work.
    status bigint,
    -- May tell of people; sealed, and gone after a day.
    body bytea,
    at bigint not null,
    primary key (token_id, key),
    check ((status is null) = (body is null))
);
create index api_answer_at on api_answer (at);
