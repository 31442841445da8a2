-- Exact counts of lists without scanning tables. A count is the sum over slots; a connection adds to the slot of its
-- process, so that writers rarely wait for each other.
create table row_count (
  name text not null,
  slot integer not null,
  rows bigint not null,
  primary key (name, slot)
) with (fillfactor = 50);

create function count_of(counted text) returns bigint
  language sql stable parallel safe
  return (select coalesce(sum(rows), 0)::bigint from row_count where name = counted);

create function count_rows() returns trigger
  language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    insert into row_count (name, slot, rows)
      select tg_table_name, pg_backend_pid() & 31, count(*) from added having count(*) > 0
      on conflict (name, slot) do update set rows = row_count.rows + excluded.rows;
  else
    insert into row_count (name, slot, rows)
      select tg_table_name, pg_backend_pid() & 31, -count(*) from removed having count(*) > 0
      on conflict (name, slot) do update set rows = row_count.rows + excluded.rows;
  end if;
  return null;
end $$;

create function count_rows_by_state() returns trigger
  language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    insert into row_count (name, slot, rows)
      select tg_table_name || ':' || state, pg_backend_pid() & 31, count(*) from added group by 1 order by 1
      on conflict (name, slot) do update set rows = row_count.rows + excluded.rows;
  elsif tg_op = 'DELETE' then
    insert into row_count (name, slot, rows)
      select tg_table_name || ':' || state, pg_backend_pid() & 31, -count(*) from removed group by 1 order by 1
      on conflict (name, slot) do update set rows = row_count.rows + excluded.rows;
  else
    insert into row_count (name, slot, rows)
      select tg_table_name || ':' || state, pg_backend_pid() & 31, sum(change)
      from (select state, 1 as change from added union all select state, -1 from removed) as changes
      group by 1 having sum(change) <> 0 order by 1
      on conflict (name, slot) do update set rows = row_count.rows + excluded.rows;
  end if;
  return null;
end $$;

create trigger count_added after insert on release
  referencing new table as added for each statement execute function count_rows();
create trigger count_removed after delete on release
  referencing old table as removed for each statement execute function count_rows();
create trigger count_added_by_state after insert on release
  referencing new table as added for each statement execute function count_rows_by_state();
create trigger count_removed_by_state after delete on release
  referencing old table as removed for each statement execute function count_rows_by_state();
create trigger count_moved after update on release
  referencing old table as removed new table as added for each statement execute function count_rows_by_state();

create trigger count_added after insert on task
  referencing new table as added for each statement execute function count_rows();
create trigger count_removed after delete on task
  referencing old table as removed for each statement execute function count_rows();
create trigger count_added_by_state after insert on task
  referencing new table as added for each statement execute function count_rows_by_state();
create trigger count_removed_by_state after delete on task
  referencing old table as removed for each statement execute function count_rows_by_state();
create trigger count_moved after update on task
  referencing old table as removed new table as added for each statement execute function count_rows_by_state();

create trigger count_added after insert on event
  referencing new table as added for each statement execute function count_rows();
create trigger count_removed after delete on event
  referencing old table as removed for each statement execute function count_rows();

create trigger count_added after insert on release_note
  referencing new table as added for each statement execute function count_rows();
create trigger count_removed after delete on release_note
  referencing old table as removed for each statement execute function count_rows();
