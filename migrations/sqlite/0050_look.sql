-- A clinic's own look: a colour and a logo above its pages and emails. Pictures and looks are only added to, so that an email that left is shown as it left.
create table logo (
    clinic_id text not null references clinic (id),
    -- Made of the picture.
    name text not null,
    width integer not null check (width > 0),
    height integer not null check (height > 0),
    -- A PNG that we wrote; nothing of the file that was handed in.
    png blob not null,
    added_at integer not null,
    primary key (clinic_id, name)
) strict;
create index logo_by_name on logo (name);

create table clinic_look (
    clinic_id text not null references clinic (id),
    number integer not null check (number > 0),
    -- Empty: the colours of the house.
    colour text not null,
    logo text,
    -- What the logo shows, in words.
    alt text not null,
    saved_by text not null,
    saved_at integer not null,
    primary key (clinic_id, number),
    foreign key (clinic_id, logo) references logo (clinic_id, name)
) strict;

-- Which look counts; 0: that of the house.
alter table clinic add column look integer not null default 0;
