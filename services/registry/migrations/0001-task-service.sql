-- Systems that take part in releases, and what became of the looks at their status pages.
--
-- `seq` is the sequence of the last event about a service. A due check is taken with a lease, so that all replicas
-- together make one check of a service at a time; a lease that ran out means that its replica is gone.
create table task_service (
  kf_id             text        not null,
  name              text        not null,
  description       text        not null,
  author            text        not null,
  url               text        not null,
  enabled           boolean     not null default true,
  last_ok_status    integer     not null default 0,
  created_at        timestamptz not null default clock_timestamp(),
  created_seq       bigint      not null generated always as identity,
  seq               bigint      not null default 1,
  next_check_at     timestamptz not null default clock_timestamp(),
  check_lease       uuid,
  check_lease_until timestamptz,
  check_count       bigint      not null default 0,
  constraint task_service_pkey primary key (kf_id),
  constraint task_service_lease_check check ((check_lease is null) = (check_lease_until is null))
  -- Every check rewrites the row. Nothing that it changes is indexed (next_check_at least of all: the table is small
  -- enough to be read through), so the new version finds room in the same page and no index grows.
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);

create index task_service_newest on task_service (created_at desc, created_seq desc);
create index task_service_newest_by_enabled on task_service (enabled, created_at desc, created_seq desc);

-- Exact counts of the lists without counting rows. One row, so that two writers cannot wait for each other crosswise.
create table task_service_count (
  single  boolean not null default true,
  total   bigint  not null default 0,
  enabled bigint  not null default 0,
  constraint task_service_count_pkey primary key (single),
  constraint task_service_count_single_check check (single)
);

insert into task_service_count default values;

create function count_task_service() returns trigger language plpgsql as $$
begin
  update task_service_count
  set total = total + (tg_op = 'INSERT')::integer - (tg_op = 'DELETE')::integer,
      enabled = enabled + coalesce(new.enabled::integer, 0) - coalesce(old.enabled::integer, 0);
  return null;
end
$$;

create trigger task_service_counted after insert or delete on task_service
  for each row execute function count_task_service();

create trigger task_service_recounted after update of enabled on task_service
  for each row when (old.enabled is distinct from new.enabled) execute function count_task_service();

-- History of the checks, newest last; task_service.check_count says how many rows a service has here.
create table health_check (
  id           bigint      not null generated always as identity,
  task_service text        not null,
  checked_at   timestamptz not null,
  ok           boolean     not null,
  duration_ms  integer     not null,
  detail       text,
  constraint health_check_pkey primary key (task_service, id),
  constraint health_check_task_service_fkey foreign key (task_service) references task_service on delete cascade
);
