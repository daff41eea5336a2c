-- How fast mail may leave, one row a limit, so that workers beside each other share it and a restart gives
-- nothing away.

create table pace (
    -- "all", or "to" and a provider.
    lane text primary key not null,
    -- When everything that was given out has been earned again: microseconds of system time.
    earned_at bigint not null
);
