-- Lists of a clinic's emails go by their ids; without this each page of a list would sort all that was ever sent.
create index email_past_list on email_past (clinic_id, id);
