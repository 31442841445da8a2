-- The schema that the migrations make; not for restoring.

create sequence public.task_service_turn as bigint start 1 increment 1 minvalue 1 maxvalue 9223372036854775807 cache 1;

CREATE OR REPLACE FUNCTION public.count_task_service()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  update task_service_count
  set total = total + (tg_op = 'INSERT')::integer - (tg_op = 'DELETE')::integer,
      enabled = enabled + coalesce(new.enabled::integer, 0) - coalesce(old.enabled::integer, 0);
  return null;
end
$function$;

create table public.health_check (
  id bigint not null generated always as identity,
  task_service text not null,
  checked_at timestamp with time zone not null,
  ok boolean not null,
  duration_ms integer not null,
  detail text,
  constraint health_check_pkey PRIMARY KEY (task_service, id),
  constraint health_check_task_service_fkey FOREIGN KEY (task_service) REFERENCES public.task_service(kf_id) ON DELETE CASCADE
);

create table public.task_service (
  kf_id text not null,
  name text not null,
  description text not null,
  author text not null,
  url text not null,
  enabled boolean not null default true,
  last_ok_status integer not null default 0,
  created_at timestamp with time zone not null default clock_timestamp(),
  created_seq bigint not null generated always as identity,
  seq bigint not null default 1,
  next_check_at timestamp with time zone not null default clock_timestamp(),
  check_lease uuid,
  check_lease_until timestamp with time zone,
  check_count bigint not null default 0,
  turns jsonb not null default '{}'::jsonb,
  constraint task_service_pkey PRIMARY KEY (kf_id),
  constraint task_service_lease_check CHECK (((check_lease IS NULL) = (check_lease_until IS NULL)))
) with (autovacuum_vacuum_scale_factor=0.05, fillfactor=50);
CREATE INDEX task_service_newest ON public.task_service USING btree (created_at DESC, created_seq DESC);
CREATE INDEX task_service_newest_by_enabled ON public.task_service USING btree (enabled, created_at DESC, created_seq DESC);
CREATE TRIGGER task_service_counted AFTER INSERT OR DELETE ON public.task_service FOR EACH ROW EXECUTE FUNCTION public.count_task_service();
CREATE TRIGGER task_service_recounted AFTER UPDATE OF enabled ON public.task_service FOR EACH ROW WHEN ((old.enabled IS DISTINCT FROM new.enabled)) EXECUTE FUNCTION public.count_task_service();

create table public.task_service_count (
  single boolean not null default true,
  total bigint not null default 0,
  enabled bigint not null default 0,
  constraint task_service_count_pkey PRIMARY KEY (single),
  constraint task_service_count_single_check CHECK (single)
);
