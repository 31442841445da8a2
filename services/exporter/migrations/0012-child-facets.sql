-- What lists of concepts and mappings are filtered and sorted by, in lower case and at most 200 characters of it.
alter table child add column class text;
alter table child add column datatype text;
alter table child add column label text;
alter table child add column from_code text;
alter table child add column to_code text;
