-- What lists of concepts and mappings are filtered and sorted by, in lower case and at most 200 characters of it.
alter table child add column class text;
alter table child add column datatype text;
alter table child add column label text;
alter table child add column from_code text;
alter table child add column to_code text;

-- A member of a row that is a text; null where the database cannot read it.
create function pg_temp.member_of(body text, name text) returns text language plpgsql immutable as $$
declare
  found text := substring(body from '"' || name || '":("(?:[^"\\]|\\.)*")');
begin
  if position('\' in found) = 0 then return lower(left(substr(found, 2, length(found) - 2), 200)); end if;
  begin
    return lower(left(found::json #>> '{}', 200));
  exception when data_exception then
    return null;
  end;
end $$;

update child c set
  class = coalesce(pg_temp.member_of(v.body, 'concept_class'), pg_temp.member_of(v.body, 'map_type')),
  datatype = pg_temp.member_of(v.body, 'datatype'),
  label = pg_temp.member_of(v.body, 'display_name'),
  from_code = pg_temp.member_of(v.body, 'from_concept_code'),
  to_code = pg_temp.member_of(v.body, 'to_concept_code')
from child_version v where v.position = c.head;

create index child_class on child (source, kind, class, updated_on, position);
create index child_from_code on child (source, from_code) where from_code is not null;
create index child_to_code on child (source, to_code) where to_code is not null;
