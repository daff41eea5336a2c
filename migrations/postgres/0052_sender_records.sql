-- What the public records of the sender's domain say: a page asks, a worker looks, the page shows it. One for the installation, as the sender is. Times are system time.
create table sender_records (
    id text primary key not null check (id = 'house'),
    asked_at bigint not null,
    -- When it was last looked up, and what was found, as JSON.
    looked_at bigint,
    found text
);
