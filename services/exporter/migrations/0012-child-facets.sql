-- What lists of concepts and mappings are filtered and sorted by, in lower case and at most 200 characters of it.
alter table child add column class text;
alter table child add column datatype text;
alter table child add column label text;
alter table child add column from_code text;
alter table child add column to_code text;

-- Nothing is in them yet, so that they are made at once.
create index child_class on child (source, kind, class, updated_on, position) where class is not null;
create index child_from_code on child (source, from_code) where from_code is not null;
create index child_to_code on child (source, to_code) where to_code is not null;
