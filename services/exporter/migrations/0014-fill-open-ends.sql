-- Outside a transaction, as in 0013.
-- Mappings to a code of a source say the same as those to the concept of that code, once it is there. A mapping that
-- another one of its source repeats stays as it is.
do $$
declare
  step   constant bigint := 2000;
  newest constant bigint := (select coalesce(max(position), 0) from child);
begin
  for lowest in 0 .. newest by step loop
    with said as (
      select c.position, c.source,
        left(encode(sha256(convert_to(r.to_source_url, 'UTF8')), 'hex'), 32) || '/'
          || left(encode(sha256(convert_to(r.to_concept_code, 'UTF8')), 'hex'), 32) as open_to,
        encode(sha256(convert_to('[' || to_json(r.map_type)::text || ',' || to_json(r.from_concept_url)::text || ','
          || to_json(r.to_source_url || 'concepts/' || r.to_concept_code || '/')::text || ']', 'UTF8')), 'hex') as match_key
      from child c join child_version v on v.position = c.head, json_to_record(v.body::json) r (
        map_type text, from_concept_url text, to_source_url text, to_concept_code text
      )
      where c.position >= lowest and c.position < lowest + step
        and c.kind = 'mapping' and c.open_to is null and v.to_concept is null
    ), unlike as (
      select distinct on (source, match_key) * from said where match_key is not null order by source, match_key, position
    ), opened as (
      update child c set open_to = u.open_to, match_key = u.match_key
      from unlike u
      where c.position = u.position and not exists (
        select from child o where o.source = c.source and o.match_key = u.match_key and o.position <> c.position)
      returning c.position, c.source
    )
    insert into open_end_job (mapping, source) select position, source from opened on conflict do nothing;
    commit;
  end loop;
end $$;
