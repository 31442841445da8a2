-- Of mappings: the ends whose concepts are not here, or were not to be seen. Keys are hashes of source and code, with a
-- slash between, so that the ends in a source have a common beginning.
alter table child add column open_from text collate "C";
alter table child add column open_to text collate "C";
create index child_open_from on child (open_from) where open_from is not null;
create index child_open_to on child (open_to) where open_to is not null;

-- Mappings whose end came while their own source was being written. No foreign keys: they would wait for that source.
create table open_end_job (
  mapping bigint      not null,
  source  bigint      not null,
  due_at  timestamptz not null default clock_timestamp(),
  constraint open_end_job_pkey primary key (mapping)
);

create index open_end_job_source on open_end_job (source);
create index open_end_job_due on open_end_job (due_at);

-- Mappings to a code of a source say the same as those to the concept of that code, once it is there. A mapping that
-- the database cannot read, or that another one of its source repeats, stays as it is.
do $$
declare
  mapping record;
  code text;
  url text;
begin
  for mapping in
    select c.position, c.source, v.body from child c join child_version v on v.position = c.head
    where c.kind = 'mapping' and v.to_concept is null
  loop
    begin
      code := mapping.body::json ->> 'to_concept_code';
      url := mapping.body::json ->> 'to_source_url';
      continue when code is null or url is null;
      update child set
        open_to = left(encode(sha256(convert_to(url, 'UTF8')), 'hex'), 32) || '/'
          || left(encode(sha256(convert_to(code, 'UTF8')), 'hex'), 32),
        match_key = encode(sha256(convert_to('[' || to_json(mapping.body::json ->> 'map_type')::text || ','
          || to_json(mapping.body::json ->> 'from_concept_url')::text || ','
          || to_json(url || 'concepts/' || code || '/')::text || ']', 'UTF8')), 'hex')
      where position = mapping.position;
      insert into open_end_job (mapping, source) values (mapping.position, mapping.source);
    exception when data_exception or unique_violation then
      null;
    end;
  end loop;
end $$;
