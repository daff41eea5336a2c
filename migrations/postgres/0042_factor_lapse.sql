-- A second factor whose set-up was left half done lapses: its secret stood on a screen.
alter table login_factor add column begun_at bigint not null default 0;
