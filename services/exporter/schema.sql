-- The schema that the migrations make; not for restoring.

CREATE OR REPLACE FUNCTION public.add_to_tally(scopes text[], access text, change integer)
 RETURNS void
 LANGUAGE sql
AS $function$
  insert into tally (scope, visible, hidden)
  select scope, case when access = 'None' then 0 else change end, case when access = 'None' then change else 0 end
  from unnest(scopes) with ordinality as given (scope, place) order by place
  on conflict (scope) do update
    set visible = tally.visible + excluded.visible, hidden = tally.hidden + excluded.hidden
$function$;

CREATE OR REPLACE FUNCTION public.count_children()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  update source s set all_concepts = s.all_concepts + added.concepts, all_mappings = s.all_mappings + added.mappings
  from (
    select source, count(*) filter (where kind = 'concept') as concepts, count(*) filter (where kind = 'mapping') as mappings
    from made group by source
  ) added
  where s.position = added.source;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.count_members()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  update org set members = members + case tg_op when 'INSERT' then 1 else -1 end
    where id = case tg_op when 'INSERT' then new.org else old.org end;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.count_org()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op <> 'INSERT' then perform add_to_tally(array['org'], old.public_access, -1); end if;
  if tg_op <> 'DELETE' then perform add_to_tally(array['org'], new.public_access, 1); end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.count_source()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op <> 'INSERT' then
    perform add_to_tally(array['source', 'source/' || old.owner_type || '/' || old.owner], old.public_access, -1);
  end if;
  if tg_op <> 'DELETE' then
    perform add_to_tally(array['source', 'source/' || new.owner_type || '/' || new.owner], new.public_access, 1);
  end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.iso_ms(at timestamp with time zone)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
AS $function$ select to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') $function$;

CREATE OR REPLACE FUNCTION public.note_orphaned_blob()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into orphaned_blob (name) values (old.blob) on conflict do nothing;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.now_ms()
 RETURNS timestamp with time zone
 LANGUAGE sql
AS $function$ select date_trunc('milliseconds', clock_timestamp()) $function$;

CREATE OR REPLACE FUNCTION public.study_of(extras json)
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE
AS $function$
begin
  if extras::text not like '%"study_id"%' then return null; end if;
  if json_typeof(extras -> 'study_id') <> 'string' then return null; end if;
  return (regexp_match(extras ->> 'study_id', '^SD_[0-9A-Za-z_-]{1,60}$'))[1];
exception when data_exception then
  return null;
end $function$;

create table public.blob (
  id uuid not null,
  name text,
  place text not null,
  size bigint not null default 0,
  sha256 text,
  created_at timestamp with time zone not null default clock_timestamp(),
  touched_at timestamp with time zone not null default clock_timestamp(),
  removed_at timestamp with time zone,
  constraint blob_pkey PRIMARY KEY (id),
  constraint blob_published CHECK (((name IS NULL) OR (sha256 IS NOT NULL)))
);
CREATE UNIQUE INDEX blob_name ON public.blob USING btree (name) WHERE (removed_at IS NULL);
CREATE INDEX blob_removed ON public.blob USING btree (removed_at) WHERE (removed_at IS NOT NULL);
CREATE INDEX blob_unpublished ON public.blob USING btree (touched_at) WHERE (name IS NULL);

create table public.blob_chunk (
  blob uuid not null,
  number integer not null,
  bytes bytea not null,
  constraint blob_chunk_pkey PRIMARY KEY (blob, number),
  constraint blob_chunk_blob FOREIGN KEY (blob) REFERENCES public.blob(id) ON DELETE CASCADE
);

create table public.bulk_import (
  id text not null,
  number bigint not null generated always as identity,
  identity json not null,
  login text not null,
  queue text not null,
  update_if_exists boolean not null,
  content_hash text not null,
  state text not null default 'PENDING'::text,
  total integer not null,
  processed integer not null default 0,
  next_byte bigint not null default 0,
  counts json not null default '{}'::json,
  attempt integer not null default 0,
  due_at timestamp with time zone not null default clock_timestamp(),
  lease uuid,
  error text,
  traceparent text,
  created_at timestamp with time zone not null default public.now_ms(),
  started_at timestamp with time zone,
  finished_at timestamp with time zone,
  seq bigint not null default 1,
  target json,
  deaths integer not null default 0,
  constraint bulk_import_pkey PRIMARY KEY (id),
  constraint bulk_import_state CHECK ((state = ANY (ARRAY['PENDING'::text, 'STARTED'::text, 'SUCCESS'::text, 'FAILURE'::text, 'REVOKED'::text])))
);
CREATE INDEX bulk_import_due ON public.bulk_import USING btree (due_at) WHERE (state = ANY (ARRAY['PENDING'::text, 'STARTED'::text]));
CREATE INDEX bulk_import_finished ON public.bulk_import USING btree (finished_at) WHERE (finished_at IS NOT NULL);
CREATE INDEX bulk_import_login ON public.bulk_import USING btree (login, number DESC);
CREATE INDEX bulk_import_queue ON public.bulk_import USING btree (login, queue, number) WHERE (state = ANY (ARRAY['PENDING'::text, 'STARTED'::text]));
CREATE UNIQUE INDEX bulk_import_same ON public.bulk_import USING btree (login, queue, content_hash, update_if_exists) WHERE (state = ANY (ARRAY['PENDING'::text, 'STARTED'::text]));

create table public.bulk_import_part (
  import text not null,
  first_line integer not null,
  first_byte bigint not null,
  last_byte bigint not null,
  outcomes text not null,
  errors json,
  constraint bulk_import_part_pkey PRIMARY KEY (import, first_line),
  constraint bulk_import_part_import FOREIGN KEY (import) REFERENCES public.bulk_import(id) ON DELETE CASCADE
);

create table public.child (
  "position" bigint not null generated always as identity,
  source bigint not null,
  kind text not null,
  id text not null,
  uuid uuid not null default gen_random_uuid(),
  head bigint not null,
  number integer not null default 1,
  retired boolean not null,
  search text not null,
  match_key text,
  from_source bigint,
  to_source bigint,
  created_on timestamp with time zone not null,
  updated_on timestamp with time zone not null,
  open_from text collate "C",
  open_to text collate "C",
  class text,
  datatype text,
  label text,
  from_code text,
  to_code text,
  constraint child_pkey PRIMARY KEY ("position"),
  constraint child_id UNIQUE (source, id, kind),
  constraint child_kind CHECK ((kind = ANY (ARRAY['concept'::text, 'mapping'::text]))),
  constraint child_source FOREIGN KEY (source) REFERENCES public.source("position") ON DELETE CASCADE
);
CREATE INDEX child_class ON public.child USING btree (source, kind, class, updated_on, "position");
CREATE INDEX child_datatype ON public.child USING btree (source, datatype, updated_on, "position") WHERE (kind = 'concept'::text);
CREATE INDEX child_from_code ON public.child USING btree (source, from_code, "position") WHERE (kind = 'mapping'::text);
CREATE INDEX child_from_source ON public.child USING btree (from_source) WHERE (from_source IS NOT NULL);
CREATE INDEX child_label ON public.child USING btree (source, label, "position") WHERE (kind = 'concept'::text);
CREATE UNIQUE INDEX child_match ON public.child USING btree (source, match_key) WHERE (match_key IS NOT NULL);
CREATE INDEX child_open_from ON public.child USING btree (open_from) WHERE (open_from IS NOT NULL);
CREATE INDEX child_open_to ON public.child USING btree (open_to) WHERE (open_to IS NOT NULL);
CREATE INDEX child_to_code ON public.child USING btree (source, to_code, "position") WHERE (kind = 'mapping'::text);
CREATE INDEX child_to_source ON public.child USING btree (to_source) WHERE (to_source IS NOT NULL);
CREATE INDEX child_updated_on ON public.child USING btree (source, kind, updated_on, "position");
CREATE TRIGGER child_counted AFTER INSERT ON public.child REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION public.count_children();

create table public.child_version (
  "position" bigint not null generated always as identity,
  child bigint not null,
  number integer not null,
  retired boolean not null,
  updated_on timestamp with time zone not null,
  from_concept bigint,
  to_concept bigint,
  body text not null,
  constraint child_version_pkey PRIMARY KEY ("position"),
  constraint child_version_child FOREIGN KEY (child) REFERENCES public.child("position") ON DELETE CASCADE,
  constraint child_version_number UNIQUE (child, number)
);
CREATE INDEX child_version_from_concept ON public.child_version USING btree (from_concept) WHERE (from_concept IS NOT NULL);
CREATE INDEX child_version_to_concept ON public.child_version USING btree (to_concept) WHERE (to_concept IS NOT NULL);

create table public.export (
  version bigint not null,
  state text not null,
  asked_by text not null default 'command'::text,
  attempt integer not null default 0,
  due_at timestamp with time zone not null default clock_timestamp(),
  lease uuid,
  lease_until timestamp with time zone,
  error text,
  failed_at timestamp with time zone,
  blob text,
  file_name text,
  created_on timestamp with time zone,
  seq bigint not null default 0,
  task text,
  deaths integer not null default 0,
  constraint export_pkey PRIMARY KEY (version),
  constraint export_state CHECK ((state = ANY (ARRAY['absent'::text, 'queued'::text, 'running'::text, 'ready'::text]))),
  constraint export_version FOREIGN KEY (version) REFERENCES public.source_version("position") ON DELETE CASCADE
);
CREATE INDEX export_due ON public.export USING btree (due_at) WHERE (state = ANY (ARRAY['queued'::text, 'running'::text]));
CREATE TRIGGER export_gone AFTER DELETE ON public.export FOR EACH ROW WHEN ((old.blob IS NOT NULL)) EXECUTE FUNCTION public.note_orphaned_blob();

create table public.member (
  version bigint not null,
  kind text not null,
  child bigint not null,
  child_version bigint not null,
  constraint member_pkey PRIMARY KEY (version, kind, child),
  constraint member_version FOREIGN KEY (version) REFERENCES public.source_version("position") ON DELETE CASCADE
);

create table public.open_end_job (
  mapping bigint not null,
  source bigint not null,
  due_at timestamp with time zone not null default clock_timestamp(),
  constraint open_end_job_pkey PRIMARY KEY (mapping)
);
CREATE INDEX open_end_job_due ON public.open_end_job USING btree (due_at);
CREATE INDEX open_end_job_source ON public.open_end_job USING btree (source);

create table public.org (
  id text not null,
  uuid uuid not null default gen_random_uuid(),
  name text not null,
  company text,
  website text,
  location text,
  public_access text not null default 'View'::text,
  extras json not null default '{}'::json,
  members integer not null default 0,
  created_on timestamp with time zone not null default public.now_ms(),
  created_by text not null,
  updated_on timestamp with time zone not null default public.now_ms(),
  updated_by text not null,
  seq bigint not null default 1,
  constraint org_pkey PRIMARY KEY (id),
  constraint org_access CHECK ((public_access = ANY (ARRAY['View'::text, 'Edit'::text, 'None'::text])))
);
CREATE TRIGGER org_access_counted AFTER UPDATE OF public_access ON public.org FOR EACH ROW WHEN ((old.public_access IS DISTINCT FROM new.public_access)) EXECUTE FUNCTION public.count_org();
CREATE TRIGGER org_counted AFTER INSERT OR DELETE ON public.org FOR EACH ROW EXECUTE FUNCTION public.count_org();

create table public.org_member (
  org text not null,
  login text not null,
  since timestamp with time zone not null default public.now_ms(),
  constraint org_member_pkey PRIMARY KEY (org, login),
  constraint org_member_org FOREIGN KEY (org) REFERENCES public.org(id) ON DELETE CASCADE
);
CREATE INDEX org_member_login ON public.org_member USING btree (login);
CREATE TRIGGER org_member_counted AFTER INSERT OR DELETE ON public.org_member FOR EACH ROW EXECUTE FUNCTION public.count_members();

create table public.orphaned_blob (
  name text not null,
  constraint orphaned_blob_pkey PRIMARY KEY (name)
);

create table public.release_task (
  task text not null,
  release text not null,
  studies text[] not null,
  state text not null,
  progress integer not null default 0,
  error text,
  cut_at timestamp with time zone,
  told_state text,
  told_progress integer not null default 0,
  attempt integer not null default 0,
  due_at timestamp with time zone,
  lease uuid,
  created_at timestamp with time zone not null default public.now_ms(),
  moved_at timestamp with time zone not null default public.now_ms(),
  constraint release_task_pkey PRIMARY KEY (task),
  constraint release_task_state CHECK ((state = ANY (ARRAY['initialized'::text, 'running'::text, 'staged'::text, 'publishing'::text, 'published'::text, 'failed'::text, 'canceled'::text])))
);
CREATE INDEX release_task_due ON public.release_task USING btree (due_at) WHERE (due_at IS NOT NULL);
CREATE INDEX release_task_over ON public.release_task USING btree (moved_at) WHERE (state = ANY (ARRAY['initialized'::text, 'canceled'::text, 'failed'::text]));
CREATE INDEX release_task_release ON public.release_task USING btree (release);

create table public.release_version (
  task text not null,
  source uuid not null,
  study text not null,
  version bigint,
  label text not null,
  id uuid not null default gen_random_uuid(),
  blob text,
  file_name text,
  size bigint,
  sha256 text,
  constraint release_version_pkey PRIMARY KEY (task, source),
  constraint release_version_id UNIQUE (id),
  constraint release_version_task FOREIGN KEY (task) REFERENCES public.release_task(task) ON DELETE CASCADE,
  constraint release_version_version FOREIGN KEY (version) REFERENCES public.source_version("position") ON DELETE SET NULL
);
CREATE INDEX release_version_version ON public.release_version USING btree (version);

create table public.signing_secret (
  one boolean not null default true,
  secret text not null,
  constraint signing_secret_pkey PRIMARY KEY (one),
  constraint signing_secret_one CHECK (one)
);

create table public.source (
  "position" bigint not null generated always as identity,
  uuid uuid not null default gen_random_uuid(),
  owner_type text not null,
  owner text not null,
  id text not null,
  name text not null,
  full_name text not null,
  description text,
  source_type text,
  public_access text not null,
  default_locale text not null,
  supported_locales text[] not null,
  website text,
  custom_validation_schema text,
  external_id text,
  extras json not null,
  versions integer not null default 1,
  active_concepts integer not null default 0,
  active_mappings integer not null default 0,
  all_concepts integer not null default 0,
  all_mappings integer not null default 0,
  clock timestamp with time zone not null default public.now_ms(),
  created_on timestamp with time zone not null default public.now_ms(),
  created_by text not null,
  updated_on timestamp with time zone not null default public.now_ms(),
  updated_by text not null,
  seq bigint not null default 1,
  attributes json not null default '{}'::json,
  constraint source_pkey PRIMARY KEY ("position"),
  constraint source_access CHECK ((public_access = ANY (ARRAY['View'::text, 'Edit'::text, 'None'::text]))),
  constraint source_id UNIQUE (owner_type, owner, id)
);
CREATE INDEX source_owner_lower ON public.source USING btree (lower(owner)) WHERE (owner_type = 'user'::text);
CREATE INDEX source_study ON public.source USING btree (public.study_of(extras)) WHERE (public.study_of(extras) IS NOT NULL);
CREATE INDEX source_updated_on ON public.source USING btree (updated_on DESC, "position");
CREATE TRIGGER source_access_counted AFTER UPDATE OF public_access ON public.source FOR EACH ROW WHEN ((old.public_access IS DISTINCT FROM new.public_access)) EXECUTE FUNCTION public.count_source();
CREATE TRIGGER source_counted AFTER INSERT OR DELETE ON public.source FOR EACH ROW EXECUTE FUNCTION public.count_source();

create table public.source_version (
  "position" bigint not null generated always as identity,
  uuid uuid not null default gen_random_uuid(),
  source bigint not null,
  id text not null,
  released boolean not null default false,
  retired boolean not null default false,
  description text,
  external_id text,
  version_external_id text,
  extras json not null default '{}'::json,
  previous_version bigint,
  parent_version bigint,
  snapshot json,
  active_concepts integer not null default 0,
  active_mappings integer not null default 0,
  all_concepts integer not null default 0,
  all_mappings integer not null default 0,
  member_bytes bigint not null default 0,
  last_updated timestamp with time zone not null default public.now_ms(),
  created_on timestamp with time zone not null default public.now_ms(),
  created_by text not null,
  updated_on timestamp with time zone not null default public.now_ms(),
  updated_by text not null,
  seq bigint not null default 1,
  constraint source_version_pkey PRIMARY KEY ("position"),
  constraint source_version_id UNIQUE (source, id),
  constraint source_version_parent FOREIGN KEY (parent_version) REFERENCES public.source_version("position") ON DELETE SET NULL,
  constraint source_version_previous FOREIGN KEY (previous_version) REFERENCES public.source_version("position") ON DELETE SET NULL,
  constraint source_version_source FOREIGN KEY (source) REFERENCES public.source("position") ON DELETE CASCADE
);
CREATE INDEX source_version_newest ON public.source_version USING btree (source, created_on DESC, id);
CREATE INDEX source_version_parent ON public.source_version USING btree (parent_version);
CREATE INDEX source_version_previous ON public.source_version USING btree (previous_version);
CREATE INDEX source_version_uuid ON public.source_version USING btree (uuid);

create table public.tally (
  scope text not null,
  visible integer not null default 0,
  hidden integer not null default 0,
  constraint tally_pkey PRIMARY KEY (scope)
);
