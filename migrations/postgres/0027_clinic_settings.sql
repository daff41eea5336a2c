-- What a clinic sets for itself besides name, zone and hours: dates without emails, who its emails come from, where answers go.
alter table clinic add column window_closed text not null default '';
alter table clinic add column sender_name text not null default '';
alter table clinic add column reply_to text not null default '';
-- Grows with every save, so that the second of two admins is told.
alter table clinic add column version bigint not null default 1;
