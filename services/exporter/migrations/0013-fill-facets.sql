-- Outside a transaction: dictionaries have millions of rows, which are read and imported meanwhile.
do $$
declare
  step   constant bigint := 2000;
  newest constant bigint := (select coalesce(max(position), 0) from child);
begin
  for lowest in 0 .. newest by step loop
    update child c set
      class = lower(left(coalesce(r.concept_class, r.map_type), 200)),
      datatype = lower(left(r.datatype, 200)),
      label = lower(left(r.display_name, 200)),
      from_code = lower(left(r.from_concept_code, 200)),
      to_code = lower(left(r.to_concept_code, 200))
    from child_version v, json_to_record(v.body::json) r (
      concept_class text, map_type text, datatype text, display_name text, from_concept_code text, to_concept_code text
    )
    where c.position >= lowest and c.position < lowest + step and c.class is null and v.position = c.head;
    commit;
  end loop;
end $$;
