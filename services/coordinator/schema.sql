-- The schema that the migrations make; not for restoring.

CREATE OR REPLACE FUNCTION public.count_of(counted text)
 RETURNS bigint
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN (SELECT (COALESCE(sum(row_count.rows), (0)::numeric))::bigint AS "coalesce" FROM public.row_count WHERE (row_count.name = count_of.counted));

CREATE OR REPLACE FUNCTION public.count_rows()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION public.count_rows_by_state()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION public.iso_time(moment timestamp with time zone)
 RETURNS text
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN to_char((moment AT TIME ZONE 'UTC'::text), CASE WHEN (date_trunc('second'::text, moment) = moment) THEN 'YYYY-MM-DD"T"HH24:MI:SS"Z"'::text ELSE 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'::text END);

CREATE OR REPLACE FUNCTION public.task_rank(status text)
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE status WHEN 'CREATED'::text THEN 0 WHEN 'QUEUEING'::text THEN 1 WHEN 'QUEUED'::text THEN 2 WHEN 'STARTING'::text THEN 3 WHEN 'RUNNING'::text THEN 4 ELSE 5 END;

create table public.command (
  id uuid not null default uuidv7(),
  release text not null,
  task text,
  action text not null,
  attempt integer not null default 0,
  due_at timestamp with time zone not null default clock_timestamp(),
  leased_until timestamp with time zone,
  finished_at timestamp with time zone,
  last_error text,
  created_at timestamp with time zone not null default clock_timestamp(),
  overtaken_at timestamp with time zone,
  lease uuid,
  sent_at timestamp with time zone,
  deaths integer not null default 0,
  constraint command_pkey PRIMARY KEY (id),
  constraint command_action_check CHECK ((action = ANY (ARRAY['enlist'::text, 'settle'::text, 'initialize'::text, 'start'::text, 'publish'::text, 'cancel'::text]))),
  constraint command_release_fkey FOREIGN KEY (release) REFERENCES public.release(kf_id) ON DELETE CASCADE,
  constraint command_task_fkey FOREIGN KEY (task) REFERENCES public.task(kf_id) ON DELETE CASCADE
);
CREATE INDEX command_by_release ON public.command USING btree (release);
CREATE INDEX command_by_task ON public.command USING btree (task);
CREATE INDEX command_due ON public.command USING btree (due_at) WHERE (finished_at IS NULL);

create table public.cursor_key (
  key bytea not null default decode(replace(((gen_random_uuid())::text || (gen_random_uuid())::text), '-'::text, ''::text), 'hex'::text),
  single boolean not null default true,
  constraint cursor_key_pkey PRIMARY KEY (single),
  constraint cursor_key_single CHECK (single)
);

create table public.event (
  kf_id text not null,
  event_type text not null,
  message text not null,
  release text,
  task_service text,
  task text,
  created_at timestamp with time zone not null default clock_timestamp(),
  "position" bigint not null generated always as identity,
  seq bigint not null default 1,
  constraint event_pkey PRIMARY KEY (kf_id),
  constraint event_event_type_check CHECK ((event_type = ANY (ARRAY['info'::text, 'warning'::text, 'error'::text]))),
  constraint event_release_fkey FOREIGN KEY (release) REFERENCES public.release(kf_id) ON DELETE SET NULL,
  constraint event_task_fkey FOREIGN KEY (task) REFERENCES public.task(kf_id) ON DELETE SET NULL,
  constraint event_task_service_fkey FOREIGN KEY (task_service) REFERENCES public.task_service(kf_id) ON DELETE SET NULL
);
CREATE INDEX event_by_release ON public.event USING btree (release, created_at DESC, "position" DESC) INCLUDE (kf_id);
CREATE INDEX event_by_service ON public.event USING btree (task_service, created_at DESC, "position" DESC) INCLUDE (kf_id);
CREATE INDEX event_by_task ON public.event USING btree (task, created_at DESC, "position" DESC) INCLUDE (kf_id);
CREATE INDEX event_newest ON public.event USING btree (created_at DESC, "position" DESC) INCLUDE (kf_id);
CREATE TRIGGER count_added AFTER INSERT ON public.event REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.count_rows();
CREATE TRIGGER count_removed AFTER DELETE ON public.event REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION public.count_rows();

create table public.exchange (
  subject text not null,
  lease uuid not null,
  leased_until timestamp with time zone not null,
  constraint exchange_pkey PRIMARY KEY (subject)
);

create table public.job (
  id text not null,
  kind text not null,
  input jsonb not null,
  attempt integer not null default 0,
  due_at timestamp with time zone not null default clock_timestamp(),
  lease uuid,
  leased_until timestamp with time zone,
  stop_requested boolean not null default false,
  scoped boolean not null default false,
  created_at timestamp with time zone not null default clock_timestamp(),
  deaths integer not null default 0,
  constraint job_pkey PRIMARY KEY (id),
  constraint job_task FOREIGN KEY (id) REFERENCES public.platform_task(id) ON DELETE CASCADE
);

create table public.kept_version (
  release text not null,
  major integer not null,
  minor integer not null,
  patch integer not null,
  constraint kept_version_pkey PRIMARY KEY (release),
  constraint kept_version_number UNIQUE (major, minor, patch),
  constraint kept_version_release FOREIGN KEY (release) REFERENCES public.release(kf_id) ON DELETE CASCADE
);

create table public.platform_task (
  id text not null,
  kind text not null,
  name text not null,
  application text not null,
  status text not null,
  created_by text not null,
  owner text,
  subject text,
  started_at timestamp with time zone,
  ended_at timestamp with time zone,
  attempt integer not null default 0,
  done integer,
  total integer,
  metadata jsonb,
  result jsonb,
  errors jsonb,
  created_at timestamp with time zone not null default clock_timestamp(),
  updated_at timestamp with time zone not null default clock_timestamp(),
  expires_at timestamp with time zone,
  "position" bigint not null generated always as identity,
  revision bigint not null default 1,
  told integer not null default 0,
  constraint platform_task_pkey PRIMARY KEY (id),
  constraint platform_task_status CHECK ((status = ANY (ARRAY['CREATED'::text, 'QUEUEING'::text, 'QUEUED'::text, 'STARTING'::text, 'RUNNING'::text, 'DONE'::text, 'FAILED'::text, 'BLOCKED_BY_DEPENDENCY_FAILURE'::text, 'KILLED'::text]))),
  constraint platform_task_times CHECK ((ended_at >= started_at))
);
CREATE INDEX platform_task_by_application ON public.platform_task USING btree (application, created_at DESC, "position" DESC);
CREATE INDEX platform_task_by_creator ON public.platform_task USING btree (created_by, created_at DESC, "position" DESC);
CREATE INDEX platform_task_by_status ON public.platform_task USING btree (status, created_at DESC, "position" DESC);
CREATE INDEX platform_task_expiring ON public.platform_task USING btree (expires_at) WHERE (expires_at IS NOT NULL);
CREATE INDEX platform_task_newest ON public.platform_task USING btree (created_at DESC, "position" DESC);
CREATE TRIGGER count_added AFTER INSERT ON public.platform_task REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.count_rows();
CREATE TRIGGER count_removed AFTER DELETE ON public.platform_task REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION public.count_rows();

create table public.publish_item (
  task text not null,
  accession text not null,
  outcome text not null default 'pending'::text,
  version integer,
  draft_revision bigint,
  error text,
  constraint publish_item_pkey PRIMARY KEY (task, accession),
  constraint publish_item_outcome CHECK ((outcome = ANY (ARRAY['pending'::text, 'published'::text, 'dropped'::text, 'skipped'::text, 'failed'::text]))),
  constraint publish_item_task FOREIGN KEY (task) REFERENCES public.platform_task(id) ON DELETE CASCADE
);

create table public.release (
  kf_id text not null,
  name text not null,
  description text not null,
  author text not null,
  tags text[] not null,
  is_major boolean not null,
  state text not null,
  major integer not null,
  minor integer not null,
  patch integer not null,
  version text not null generated always as (((((major || '.'::text) || minor) || '.'::text) || patch)) stored,
  ending text,
  created_at timestamp with time zone not null default clock_timestamp(),
  "position" bigint not null generated always as identity,
  seq bigint not null default 1,
  constraint release_pkey PRIMARY KEY (kf_id),
  constraint release_ending_check CHECK ((ending = ANY (ARRAY['fault'::text, 'request'::text, 'timeout'::text, 'report'::text]))),
  constraint release_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'initializing'::text, 'running'::text, 'staged'::text, 'publishing'::text, 'published'::text, 'canceling'::text, 'canceled'::text, 'failed'::text]))),
  constraint release_version UNIQUE (major, minor, patch)
);
CREATE INDEX release_by_state ON public.release USING btree (state, created_at DESC, "position" DESC) INCLUDE (kf_id);
CREATE INDEX release_newest ON public.release USING btree (created_at DESC, "position" DESC) INCLUDE (kf_id);
CREATE INDEX release_published ON public.release USING btree (major DESC, minor DESC, patch DESC) WHERE (state = 'published'::text);
CREATE TRIGGER count_added AFTER INSERT ON public.release REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.count_rows();
CREATE TRIGGER count_added_by_state AFTER INSERT ON public.release REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.count_rows_by_state();
CREATE TRIGGER count_moved AFTER UPDATE ON public.release REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.count_rows_by_state();
CREATE TRIGGER count_removed AFTER DELETE ON public.release REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION public.count_rows();
CREATE TRIGGER count_removed_by_state AFTER DELETE ON public.release REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION public.count_rows_by_state();

create table public.release_note (
  kf_id text not null,
  description text not null,
  author text not null,
  release text not null,
  study text,
  created_at timestamp with time zone not null default clock_timestamp(),
  "position" bigint not null generated always as identity,
  seq bigint not null default 1,
  constraint release_note_pkey PRIMARY KEY (kf_id),
  constraint release_note_release_fkey FOREIGN KEY (release) REFERENCES public.release(kf_id) ON DELETE CASCADE,
  constraint release_note_study_fkey FOREIGN KEY (study) REFERENCES public.study(kf_id) ON DELETE SET NULL
);
CREATE INDEX release_note_by_release ON public.release_note USING btree (release, created_at, "position");
CREATE INDEX release_note_by_study ON public.release_note USING btree (study, created_at DESC, "position" DESC);
CREATE INDEX release_note_newest ON public.release_note USING btree (created_at DESC, "position" DESC) INCLUDE (kf_id);
CREATE TRIGGER count_added AFTER INSERT ON public.release_note REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.count_rows();
CREATE TRIGGER count_removed AFTER DELETE ON public.release_note REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION public.count_rows();

create table public.release_study (
  release text not null,
  study text not null,
  ordinal integer not null,
  metadata_version integer,
  constraint release_study_pkey PRIMARY KEY (release, study),
  constraint release_study_release_fkey FOREIGN KEY (release) REFERENCES public.release(kf_id) ON DELETE CASCADE,
  constraint release_study_study_fkey FOREIGN KEY (study) REFERENCES public.study(kf_id)
);
CREATE INDEX release_study_by_study ON public.release_study USING btree (study, release);

create table public.row_count (
  name text not null,
  slot integer not null,
  rows bigint not null,
  constraint row_count_pkey PRIMARY KEY (name, slot)
) with (fillfactor=50);

create table public.scheduled_release (
  id text not null,
  release text not null,
  constraint scheduled_release_pkey PRIMARY KEY (id),
  constraint scheduled_release_release FOREIGN KEY (release) REFERENCES public.release(kf_id)
);

create table public.study (
  kf_id text not null,
  name text not null,
  visible boolean not null,
  deleted boolean not null default false,
  created_at timestamp with time zone,
  "position" bigint not null generated always as identity,
  seq bigint not null default 1,
  latest_release text,
  latest_published text,
  origin text not null default 'dataservice'::text,
  updated_at timestamp with time zone not null default now(),
  constraint study_pkey PRIMARY KEY (kf_id),
  constraint study_latest_published_fkey FOREIGN KEY (latest_published) REFERENCES public.release(kf_id) ON DELETE SET NULL,
  constraint study_latest_release_fkey FOREIGN KEY (latest_release) REFERENCES public.release(kf_id) ON DELETE SET NULL,
  constraint study_origin CHECK ((origin = ANY (ARRAY['platform'::text, 'dataservice'::text])))
);
CREATE INDEX study_created ON public.study USING btree (COALESCE(created_at, '-infinity'::timestamp with time zone), "position");
CREATE INDEX study_name ON public.study USING btree (name COLLATE "C", "position");
CREATE INDEX study_newest ON public.study USING btree (created_at DESC, "position" DESC) INCLUDE (kf_id);

create table public.study_object (
  accession text not null,
  origin text not null,
  name text not null,
  owner text,
  deleted boolean not null default false,
  version integer not null default 1,
  content jsonb not null default '{}'::jsonb,
  draft jsonb,
  revision bigint not null default 0,
  draft_by text,
  draft_at timestamp with time zone,
  import_task text,
  created_at timestamp with time zone not null default clock_timestamp(),
  updated_at timestamp with time zone not null default clock_timestamp(),
  constraint study_object_pkey PRIMARY KEY (accession),
  constraint study_object_import UNIQUE (import_task),
  constraint study_object_origin CHECK ((origin = ANY (ARRAY['mirror'::text, 'odm'::text])))
);
CREATE INDEX study_object_pending ON public.study_object USING btree (accession) WHERE (draft IS NOT NULL);

create table public.study_version (
  accession text not null,
  version integer not null,
  content jsonb not null,
  name text not null,
  message text not null,
  author text not null,
  at timestamp with time zone not null default clock_timestamp(),
  task text,
  draft_revision bigint,
  constraint study_version_pkey PRIMARY KEY (accession, version),
  constraint study_version_object FOREIGN KEY (accession) REFERENCES public.study_object(accession)
);

create table public.task (
  kf_id text not null,
  release text not null,
  task_service text,
  state text not null,
  progress integer not null default 0,
  cancel_reason text,
  created_at timestamp with time zone not null default clock_timestamp(),
  "position" bigint not null generated always as identity,
  seq bigint not null default 1,
  moved_at timestamp with time zone not null default clock_timestamp(),
  heard_at timestamp with time zone not null default clock_timestamp(),
  poll_at timestamp with time zone,
  poll_failures integer not null default 0,
  files jsonb,
  fault jsonb,
  constraint task_pkey PRIMARY KEY (kf_id),
  constraint task_cancel_reason_check CHECK ((cancel_reason = ANY (ARRAY['fault'::text, 'request'::text, 'timeout'::text, 'report'::text]))),
  constraint task_progress_check CHECK (((progress >= 0) AND (progress <= 100))),
  constraint task_release_fkey FOREIGN KEY (release) REFERENCES public.release(kf_id) ON DELETE CASCADE,
  constraint task_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'initialized'::text, 'running'::text, 'staged'::text, 'publishing'::text, 'published'::text, 'failed'::text, 'canceled'::text, 'rejected'::text]))),
  constraint task_task_service_fkey FOREIGN KEY (task_service) REFERENCES public.task_service(kf_id) ON DELETE SET NULL
);
CREATE INDEX task_by_release ON public.task USING btree (release, created_at, "position");
CREATE INDEX task_by_service ON public.task USING btree (task_service, created_at DESC, "position" DESC) INCLUDE (kf_id, state);
CREATE INDEX task_by_state ON public.task USING btree (state, created_at DESC, "position" DESC) INCLUDE (kf_id);
CREATE INDEX task_newest ON public.task USING btree (created_at DESC, "position" DESC) INCLUDE (kf_id);
CREATE INDEX task_to_poll ON public.task USING btree (poll_at) WHERE (state = ANY (ARRAY['running'::text, 'publishing'::text]));
CREATE INDEX task_under_way ON public.task USING btree (moved_at) WHERE (state = ANY (ARRAY['waiting'::text, 'initialized'::text, 'running'::text, 'publishing'::text]));
CREATE TRIGGER count_added AFTER INSERT ON public.task REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.count_rows();
CREATE TRIGGER count_added_by_state AFTER INSERT ON public.task REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.count_rows_by_state();
CREATE TRIGGER count_moved AFTER UPDATE ON public.task REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.count_rows_by_state();
CREATE TRIGGER count_removed AFTER DELETE ON public.task REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION public.count_rows();
CREATE TRIGGER count_removed_by_state AFTER DELETE ON public.task REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION public.count_rows_by_state();

create table public.task_service (
  kf_id text not null,
  name text not null,
  url text not null,
  enabled boolean not null,
  deleted boolean not null default false,
  sequence bigint not null,
  constraint task_service_pkey PRIMARY KEY (kf_id)
);

create table public.version_floor (
  one boolean not null default true,
  major integer not null,
  minor integer not null,
  patch integer not null,
  constraint version_floor_pkey PRIMARY KEY (one),
  constraint version_floor_one CHECK (one)
);
