-- How firmly a clinic usually books each technique, where that is not as the catalogue has it.
create table usual_pressure (
    clinic_id text not null references clinic (id),
    technique text not null,
    pressure text not null check (pressure in ('light', 'moderate', 'firm')),
    primary key (clinic_id, technique)
) strict;
