-- The schema that the migrations make; not for restoring.

create sequence public.entity_id as bigint start 1 increment 1 minvalue 1 maxvalue 9223372036854775807 cache 1;

CREATE OR REPLACE FUNCTION public.count_schedules()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op = 'INSERT' then
    insert into schedule_count (date, sla_id, slot, rows)
      select date, sla_id, pg_backend_pid() & 3, count(*) from added group by 1, 2 order by 1, 2
      on conflict (date, sla_id, slot) do update set rows = schedule_count.rows + excluded.rows;
  elsif tg_op = 'DELETE' then
    insert into schedule_count (date, sla_id, slot, rows)
      select date, sla_id, pg_backend_pid() & 3, -count(*) from removed group by 1, 2 order by 1, 2
      on conflict (date, sla_id, slot) do update set rows = schedule_count.rows + excluded.rows;
  else
    insert into schedule_count (date, sla_id, slot, rows)
      select date, sla_id, pg_backend_pid() & 3, sum(change)
      from (
        select date, sla_id, 1 as change from added union all select date, sla_id, -1 from removed
      ) as changes
      group by 1, 2 having sum(change) <> 0 order by 1, 2
      on conflict (date, sla_id, slot) do update set rows = schedule_count.rows + excluded.rows;
  end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.new_job_id(prefix text)
 RETURNS text
 LANGUAGE sql
RETURN ((prefix || '_'::text) || (SELECT string_agg(substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ'::text, (1 + (floor((random() * (32)::double precision)))::integer), 1), ''::text) AS string_agg FROM generate_series(1, 8) generate_series(generate_series)));

CREATE OR REPLACE FUNCTION public.notification_addressed()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform tell_notification(new, 'sending', null);
  if new.recipients = 0 then
    perform tell_notification(new, 'sent', 0);
  end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.notification_mail_settled()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  n notification;
  lost bigint;
begin
  select * into n from notification where notification_id = new.notification_id for update;
  if n.ended or exists (select from mail where notification_id = n.notification_id and state = 'queued') then
    return null;
  end if;
  select count(*) into lost from mail where notification_id = n.notification_id and state = 'failed';
  perform tell_notification(n, case when lost = 0 then 'sent' else 'failed' end, lost);
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.notification_recorded()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform tell_notification(new, 'recorded', null);
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.tell_notification(n public.notification, verb text, failed bigint)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  number integer;
begin
  update notification set told = told + 1, ended = ended or verb in ('sent', 'failed')
    where notification_id = n.notification_id returning told into number;
  insert into platform.outbox (noun, verb, aggregate, sequence, actor, data)
    values ('notification', verb, n.task, number, n.principal, json_strip_nulls(json_build_object('task_id', n.task,
      'release_package_id', n.release_package_id, 'release_version_id', n.release_version_id,
      'package_name', n.package_name, 'version_name', n.version_name, 'total', n.recipients, 'failed', failed)));
end $function$;

CREATE OR REPLACE FUNCTION public.utc_text(moment timestamp with time zone)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN to_char((moment AT TIME ZONE 'utc'::text), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'::text);

CREATE OR REPLACE FUNCTION public.utc_today()
 RETURNS date
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN ((now() AT TIME ZONE 'utc'::text))::date;

CREATE OR REPLACE FUNCTION public.version_parts(version text)
 RETURNS numeric[]
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN (version ~ '^[0-9]+(\.[0-9]+)*$'::text) THEN (string_to_array(version, '.'::text))::numeric[] ELSE '{}'::numeric[] END;

create table public.account_profile (
  user_id bigint not null default nextval('public.entity_id'::regclass),
  login text collate "C" not null,
  first_name text,
  last_name text,
  email text,
  lang_key text not null default 'en'::text,
  activated boolean not null default true,
  accept_notifications boolean not null default true,
  country_notifications_only boolean not null default false,
  sequence bigint,
  removed boolean not null default false,
  constraint account_profile_pkey PRIMARY KEY (login),
  constraint account_profile_user_id_key UNIQUE (user_id)
);

create table public.affiliate (
  affiliate_id bigint not null default nextval('public.entity_id'::regclass),
  seq bigint not null default 1,
  created_at timestamp with time zone not null default now(),
  creator text collate "C",
  import_key text,
  home_member text collate "C" not null,
  standing text not null default 'APPLYING'::text,
  details jsonb not null,
  notes_internal text,
  checked_text text not null generated always as (lower(((((((((((((COALESCE((details ->> 'lastName'::text), ''::text) || ''::text) || COALESCE((details ->> 'firstName'::text), ''::text)) || ''::text) || COALESCE((details ->> 'organizationName'::text), ''::text)) || ''::text) || COALESCE((details #>> '{address,street}'::text[]), ''::text)) || ''::text) || COALESCE((details ->> 'email'::text), ''::text)) || ''::text) || COALESCE((details ->> 'alternateEmail'::text), ''::text)) || ''::text) || COALESCE((details ->> 'thirdEmail'::text), ''::text)))) stored,
  constraint affiliate_pkey PRIMARY KEY (affiliate_id),
  constraint affiliate_creator_key UNIQUE (creator),
  constraint affiliate_home_member FOREIGN KEY (home_member) REFERENCES public.member(key),
  constraint affiliate_standing_known CHECK ((standing = ANY (ARRAY['APPLYING'::text, 'PENDING_INVOICE'::text, 'INVOICE_SENT'::text, 'IN_GOOD_STANDING'::text, 'DEACTIVATION_PENDING'::text, 'DEACTIVATED'::text, 'DEREGISTERED'::text, 'REJECTED'::text])))
);
CREATE INDEX affiliate_by_import_key ON public.affiliate USING btree (import_key, home_member) WHERE (import_key IS NOT NULL);
CREATE INDEX affiliate_of_home_member ON public.affiliate USING btree (home_member, standing);

create table public.application (
  application_id bigint not null default nextval('public.entity_id'::regclass),
  seq bigint not null default 1,
  application_type text not null,
  affiliate_id bigint not null,
  username text collate "C" not null,
  member text collate "C" not null,
  state text not null default 'NOT_SUBMITTED'::text,
  created_at timestamp with time zone not null default now(),
  submitted_at timestamp with time zone,
  completed_at timestamp with time zone,
  details jsonb not null,
  notes_internal text,
  reason text,
  snomed_license boolean not null default false,
  commercial_usage_id bigint,
  constraint application_pkey PRIMARY KEY (application_id),
  constraint application_affiliate FOREIGN KEY (affiliate_id) REFERENCES public.affiliate(affiliate_id),
  constraint application_commercial_usage FOREIGN KEY (commercial_usage_id) REFERENCES public.commercial_usage(commercial_usage_id),
  constraint application_member FOREIGN KEY (member) REFERENCES public.member(key),
  constraint application_state_known CHECK ((state = ANY (ARRAY['NOT_SUBMITTED'::text, 'CHANGE_REQUESTED'::text, 'SUBMITTED'::text, 'RESUBMITTED'::text, 'REVIEW_REQUESTED'::text, 'APPROVED'::text, 'REJECTED'::text]))),
  constraint application_type_known CHECK ((application_type = ANY (ARRAY['PRIMARY'::text, 'EXTENSION'::text, 'IMPORT'::text])))
);
CREATE INDEX application_of_affiliate ON public.application USING btree (affiliate_id, application_id);
CREATE INDEX application_of_commercial_usage ON public.application USING btree (commercial_usage_id) WHERE (commercial_usage_id IS NOT NULL);
CREATE INDEX application_of_member ON public.application USING btree (member, state, application_id);
CREATE UNIQUE INDEX application_primary ON public.application USING btree (affiliate_id) WHERE (application_type = 'PRIMARY'::text);

create table public.audit_event (
  audit_event_id bigint not null default nextval('public.entity_id'::regclass),
  recorded_at timestamp with time zone not null default clock_timestamp(),
  principal text not null,
  type text not null,
  data jsonb not null default '{}'::jsonb,
  release_package_id bigint,
  release_version_id bigint,
  release_file_id bigint,
  affiliate_id bigint,
  application_id bigint,
  constraint audit_event_pkey PRIMARY KEY (audit_event_id)
);
CREATE INDEX audit_event_by_time ON public.audit_event USING btree (recorded_at);
CREATE INDEX audit_event_by_type ON public.audit_event USING btree (type, recorded_at);
CREATE INDEX audit_event_of_affiliate ON public.audit_event USING btree (affiliate_id, recorded_at) WHERE (affiliate_id IS NOT NULL);
CREATE INDEX audit_event_of_application ON public.audit_event USING btree (application_id, recorded_at) WHERE (application_id IS NOT NULL);

create table public.base_product (
  id bigint not null generated by default as identity,
  seq bigint not null default 1,
  base_product_id text collate "C" not null,
  path text not null,
  short text collate "C" not null,
  version text collate "C" not null,
  name text collate "C" not null,
  release_type text collate "C" not null,
  constraint base_product_pkey PRIMARY KEY (id),
  constraint base_product_id_key UNIQUE (base_product_id) DEFERRABLE,
  constraint base_product_name_key UNIQUE (name, version, release_type) DEFERRABLE,
  constraint base_product_release_type FOREIGN KEY (release_type) REFERENCES public.release_type(short),
  constraint base_product_short_key UNIQUE (short, version, release_type) DEFERRABLE
);

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

create table public.change (
  changeset_id bigint not null,
  "position" integer not null,
  resource text collate "C" not null,
  resource_id text not null,
  old_value text not null,
  new_value text not null,
  constraint change_pkey PRIMARY KEY (changeset_id, "position"),
  constraint change_changeset FOREIGN KEY (changeset_id) REFERENCES public.changeset(id) ON DELETE CASCADE
);
CREATE INDEX change_resource ON public.change USING btree (resource, changeset_id);

create table public.changeset (
  id bigint not null generated always as identity,
  author text collate "C",
  comment text,
  requested_on timestamp with time zone not null,
  committed_on timestamp with time zone not null default clock_timestamp(),
  constraint changeset_pkey PRIMARY KEY (id)
);
CREATE INDEX changeset_author ON public.changeset USING btree (author, committed_on DESC, id DESC);
CREATE INDEX changeset_newest ON public.changeset USING btree (committed_on DESC, id DESC);

create table public.commercial_usage (
  commercial_usage_id bigint not null default nextval('public.entity_id'::regclass),
  affiliate_id bigint not null,
  type text,
  created_at timestamp with time zone not null default clock_timestamp(),
  start_date date not null,
  end_date date not null,
  state text not null default 'NOT_SUBMITTED'::text,
  note text,
  context jsonb not null default '{}'::jsonb,
  submitted_at timestamp with time zone,
  effective_to timestamp with time zone,
  constraint commercial_usage_pkey PRIMARY KEY (commercial_usage_id),
  constraint commercial_usage_affiliate FOREIGN KEY (affiliate_id) REFERENCES public.affiliate(affiliate_id) ON DELETE CASCADE,
  constraint commercial_usage_state_known CHECK ((state = ANY (ARRAY['NOT_SUBMITTED'::text, 'CHANGE_REQUESTED'::text, 'SUBMITTED'::text, 'RESUBMITTED'::text, 'PENDING_INVOICE'::text, 'INVOICE_SENT'::text, 'REVIEW_REQUESTED'::text, 'PAID'::text, 'REJECTED'::text])))
);
CREATE INDEX commercial_usage_by_affiliate ON public.commercial_usage USING btree (affiliate_id, commercial_usage_id);
CREATE UNIQUE INDEX commercial_usage_of_affiliate ON public.commercial_usage USING btree (affiliate_id, start_date, end_date) WHERE (effective_to IS NULL);

create table public.commercial_usage_country (
  commercial_usage_count_id bigint not null default nextval('public.entity_id'::regclass),
  commercial_usage_id bigint not null,
  country text collate "C" not null,
  notes text,
  counts jsonb not null default '{}'::jsonb,
  created_at timestamp with time zone not null default clock_timestamp(),
  constraint commercial_usage_country_pkey PRIMARY KEY (commercial_usage_count_id),
  constraint commercial_usage_country_country FOREIGN KEY (country) REFERENCES public.country(iso_code2),
  constraint commercial_usage_country_once UNIQUE (commercial_usage_id, country),
  constraint commercial_usage_country_usage FOREIGN KEY (commercial_usage_id) REFERENCES public.commercial_usage(commercial_usage_id) ON DELETE CASCADE
);
CREATE INDEX commercial_usage_country_of_country ON public.commercial_usage_country USING btree (country);

create table public.commercial_usage_entry (
  commercial_usage_entry_id bigint not null default nextval('public.entity_id'::regclass),
  commercial_usage_id bigint not null,
  name text,
  note text,
  start_date date,
  end_date date,
  country text collate "C" not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  constraint commercial_usage_entry_pkey PRIMARY KEY (commercial_usage_entry_id),
  constraint commercial_usage_entry_country FOREIGN KEY (country) REFERENCES public.country(iso_code2),
  constraint commercial_usage_entry_usage FOREIGN KEY (commercial_usage_id) REFERENCES public.commercial_usage(commercial_usage_id) ON DELETE CASCADE
);
CREATE INDEX commercial_usage_entry_of_country ON public.commercial_usage_entry USING btree (country);
CREATE INDEX commercial_usage_entry_of_usage ON public.commercial_usage_entry USING btree (commercial_usage_id, commercial_usage_entry_id);

create table public.country (
  iso_code2 text collate "C" not null,
  iso_code3 text collate "C" not null,
  common_name text not null,
  exclude_usage boolean not null default false,
  alternate_registration_url text,
  constraint country_pkey PRIMARY KEY (iso_code2)
);

create table public.download (
  download_id uuid not null,
  started_at timestamp with time zone not null default now(),
  principal text not null,
  affiliate_id bigint,
  release_package_id bigint not null,
  release_version_id bigint not null,
  release_file_id bigint not null,
  data jsonb not null,
  constraint download_pkey PRIMARY KEY (download_id)
);
CREATE INDEX download_started ON public.download USING btree (started_at);

create table public.installation (
  id uuid not null default gen_random_uuid(),
  single boolean not null default true,
  constraint installation_pkey PRIMARY KEY (single),
  constraint installation_single CHECK (single)
);

create table public.last_change (
  resource text not null,
  changed_at timestamp with time zone,
  constraint last_change_pkey PRIMARY KEY (resource)
);

create table public.mail (
  mail_id uuid not null default uuidv7(),
  created_at timestamp with time zone not null default now(),
  notification_id bigint,
  login text,
  recipient text not null,
  subject text not null,
  html text,
  state text not null default 'queued'::text,
  attempts integer not null default 0,
  due_at timestamp with time zone not null default now(),
  leased_until timestamp with time zone,
  last_error text,
  settled_at timestamp with time zone,
  constraint mail_pkey PRIMARY KEY (mail_id),
  constraint mail_notification FOREIGN KEY (notification_id) REFERENCES public.notification(notification_id) ON DELETE CASCADE,
  constraint mail_once UNIQUE (notification_id, login),
  constraint mail_state_known CHECK ((state = ANY (ARRAY['queued'::text, 'sent'::text, 'failed'::text])))
);
CREATE INDEX mail_age ON public.mail USING btree (COALESCE(settled_at, created_at));
CREATE INDEX mail_due ON public.mail USING btree (GREATEST(due_at, leased_until)) WHERE (state = 'queued'::text);
CREATE TRIGGER notification_mail_settled AFTER UPDATE OF state ON public.mail FOR EACH ROW WHEN (((old.state = 'queued'::text) AND (new.state <> 'queued'::text) AND (new.notification_id IS NOT NULL))) EXECUTE FUNCTION public.notification_mail_settled();

create table public.member (
  member_id bigint not null default nextval('public.entity_id'::regclass),
  seq bigint not null default 0,
  key text collate "C" not null,
  created_at timestamp with time zone not null default now(),
  name text not null,
  license_name text,
  license_version text,
  license_file_id bigint,
  license_filename text,
  license_mimetype text,
  license_updated_at timestamp with time zone,
  promote_packages boolean,
  contact_email text,
  member_org_name text,
  member_org_url text,
  staff_notification_email text,
  constraint member_pkey PRIMARY KEY (key),
  constraint member_id_key UNIQUE (member_id)
);

create table public.notification (
  notification_id bigint not null generated by default as identity,
  created_at timestamp with time zone not null default now(),
  principal text not null,
  release_package_id bigint not null,
  release_version_id bigint not null,
  member text not null,
  package_name text,
  version_name text,
  base_url text not null,
  recipients integer,
  task text not null default public.new_job_id('NT'::text),
  told integer not null default 0,
  ended boolean not null default false,
  constraint notification_pkey PRIMARY KEY (notification_id),
  constraint notification_task UNIQUE (task)
);
CREATE TRIGGER notification_addressed AFTER UPDATE OF recipients ON public.notification FOR EACH ROW WHEN (((old.recipients IS NULL) AND (new.recipients IS NOT NULL))) EXECUTE FUNCTION public.notification_addressed();
CREATE TRIGGER notification_recorded AFTER INSERT ON public.notification FOR EACH ROW EXECUTE FUNCTION public.notification_recorded();

create table public.package_study (
  release_package_id bigint not null,
  study text not null,
  base_url text not null,
  constraint package_study_pkey PRIMARY KEY (release_package_id),
  constraint package_study_once UNIQUE (study),
  constraint package_study_package FOREIGN KEY (release_package_id) REFERENCES public.release_package(release_package_id)
);

create table public.pdc_release (
  id bigint not null generated by default as identity,
  seq bigint not null default 1,
  release_id text collate "C" not null,
  path text not null,
  short text collate "C" not null,
  version text collate "C" not null,
  version_parts numeric[] not null generated always as (public.version_parts(version)) stored,
  name text collate "C" not null,
  release_type text collate "C" not null,
  base_product_id bigint,
  product_version_id bigint,
  integrated_with_id bigint,
  active boolean not null,
  allow_buildroot_push boolean not null,
  debuginfo_services text[] not null,
  bugzilla_product text,
  dist_git_branch text,
  renames bigint not null default 0,
  renamed_at timestamp with time zone not null default clock_timestamp(),
  constraint pdc_release_pkey PRIMARY KEY (id),
  constraint pdc_release_base_key UNIQUE (short, version, release_type, base_product_id) DEFERRABLE,
  constraint pdc_release_base_product FOREIGN KEY (base_product_id) REFERENCES public.base_product(id),
  constraint pdc_release_integrated_with FOREIGN KEY (integrated_with_id) REFERENCES public.pdc_release(id),
  constraint pdc_release_product_version FOREIGN KEY (product_version_id) REFERENCES public.product_version(id),
  constraint pdc_release_release_id_key UNIQUE (release_id) DEFERRABLE,
  constraint pdc_release_release_type FOREIGN KEY (release_type) REFERENCES public.release_type(short)
);
CREATE INDEX pdc_release_in_order ON public.pdc_release USING btree (short, version_parts, version, id);
CREATE INDEX pdc_release_integrated ON public.pdc_release USING btree (integrated_with_id);
CREATE INDEX pdc_release_of_base_product ON public.pdc_release USING btree (base_product_id);
CREATE INDEX pdc_release_of_product_version ON public.pdc_release USING btree (product_version_id, active);

create table public.product (
  id bigint not null generated by default as identity,
  seq bigint not null default 1,
  short text collate "C" not null,
  name text collate "C" not null,
  constraint product_pkey PRIMARY KEY (id),
  constraint product_short_key UNIQUE (short) DEFERRABLE
);

create table public.product_version (
  id bigint not null generated by default as identity,
  seq bigint not null default 1,
  product_version_id text collate "C" not null,
  path text not null,
  product_id bigint not null,
  short text collate "C" not null,
  version text collate "C" not null,
  name text collate "C" not null,
  constraint product_version_pkey PRIMARY KEY (id),
  constraint product_version_id_key UNIQUE (product_version_id) DEFERRABLE,
  constraint product_version_product FOREIGN KEY (product_id) REFERENCES public.product(id),
  constraint product_version_short_version_key UNIQUE (short, version) DEFERRABLE
);
CREATE INDEX product_version_of_product ON public.product_version USING btree (product_id);

create table public.release_file (
  release_file_id bigint not null default nextval('public.entity_id'::regclass),
  release_version_id bigint not null,
  seq bigint not null default 1,
  created_at timestamp with time zone not null default now(),
  created_by text not null,
  label text,
  download_url text,
  md5_hash text,
  file_size text,
  primary_file boolean not null default false,
  sha256 text,
  constraint release_file_pkey PRIMARY KEY (release_file_id),
  constraint release_file_version FOREIGN KEY (release_version_id) REFERENCES public.release_version(release_version_id) ON DELETE CASCADE
);
CREATE INDEX release_file_of_version ON public.release_file USING btree (release_version_id, release_file_id);

create table public.release_package (
  release_package_id bigint not null default nextval('public.entity_id'::regclass),
  seq bigint not null default 1,
  revision bigint not null default 1,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  created_by text not null,
  member text collate "C" not null,
  name text,
  description text,
  copyrights text,
  uri text,
  priority integer,
  license_filename text,
  license_mimetype text,
  license_updated_at timestamp with time zone,
  inactive_at timestamp with time zone,
  constraint release_package_pkey PRIMARY KEY (release_package_id),
  constraint release_package_priority UNIQUE (member, priority) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX release_package_active ON public.release_package USING btree (release_package_id) WHERE (inactive_at IS NULL);

create table public.release_task (
  task text not null,
  release text not null,
  state text not null,
  error text,
  created_at timestamp with time zone not null default now(),
  moved_at timestamp with time zone not null default now(),
  constraint release_task_pkey PRIMARY KEY (task),
  constraint release_task_state CHECK ((state = ANY (ARRAY['initialized'::text, 'running'::text, 'staged'::text, 'publishing'::text, 'published'::text, 'failed'::text, 'canceled'::text])))
);
CREATE INDEX release_task_of_release ON public.release_task USING btree (release);
CREATE INDEX release_task_over ON public.release_task USING btree (moved_at) WHERE (state = ANY (ARRAY['initialized'::text, 'canceled'::text, 'failed'::text]));

create table public.release_task_version (
  release text not null,
  release_package_id bigint not null,
  task text not null,
  release_version_id bigint not null,
  name text not null,
  base_url text not null,
  announced boolean not null default false,
  published_as text,
  constraint release_task_version_pkey PRIMARY KEY (release, release_package_id),
  constraint release_task_version_task FOREIGN KEY (task) REFERENCES public.release_task(task) ON DELETE CASCADE
);

create table public.release_template (
  schedule_id bigint not null,
  start_id uuid not null default gen_random_uuid(),
  name text not null,
  description text not null,
  studies text[] not null,
  tags text[] not null,
  is_major boolean not null,
  author text not null,
  release text,
  attempts integer not null default 0,
  error text,
  due_at timestamp with time zone not null default now(),
  constraint release_template_pkey PRIMARY KEY (schedule_id),
  constraint release_template_schedule FOREIGN KEY (schedule_id) REFERENCES public.schedule(id) ON DELETE CASCADE
);
CREATE INDEX release_template_waiting ON public.release_template USING btree (due_at) WHERE (release IS NULL);

create table public.release_type (
  short text collate "C" not null,
  name text collate "C" not null,
  suffix text not null,
  constraint release_type_pkey PRIMARY KEY (short)
);

create table public.release_version (
  release_version_id bigint not null default nextval('public.entity_id'::regclass),
  release_package_id bigint not null,
  seq bigint not null default 1,
  entry_id uuid not null default gen_random_uuid(),
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  created_by text not null,
  name text,
  description text,
  summary text,
  release_type text not null default 'offline'::text,
  state text not null generated always as (
CASE
    WHEN (lower(release_type) = ANY (ARRAY['online'::text, 'alpha/beta'::text])) THEN lower(release_type)
    ELSE 'offline'::text
END) stored,
  published_at date,
  version_uri text,
  version_dependent_uri text,
  version_dependent_derivative_uri text,
  package_type text,
  archive boolean not null default false,
  constraint release_version_pkey PRIMARY KEY (release_version_id),
  constraint release_version_package FOREIGN KEY (release_package_id) REFERENCES public.release_package(release_package_id)
);
CREATE INDEX release_version_dependent ON public.release_version USING btree (btrim(version_dependent_uri));
CREATE INDEX release_version_derivative ON public.release_version USING btree (btrim(version_dependent_derivative_uri));
CREATE INDEX release_version_of_package ON public.release_version USING btree (release_package_id, release_version_id);

create table public.schedule (
  id bigint not null generated by default as identity,
  seq bigint not null default 1,
  release_id bigint not null,
  sla_id bigint not null,
  date date not null,
  updated_at timestamp with time zone not null default clock_timestamp(),
  expired_for date,
  renames_before bigint not null default 0,
  constraint schedule_pkey PRIMARY KEY (id),
  constraint schedule_release FOREIGN KEY (release_id) REFERENCES public.pdc_release(id),
  constraint schedule_release_sla_key UNIQUE (release_id, sla_id) DEFERRABLE,
  constraint schedule_sla FOREIGN KEY (sla_id) REFERENCES public.sla(id)
);
CREATE INDEX schedule_in_order ON public.schedule USING btree (date, id);
CREATE INDEX schedule_of_sla ON public.schedule USING btree (sla_id, date, id);
CREATE INDEX schedule_untold ON public.schedule USING btree (date, id) WHERE (expired_for IS DISTINCT FROM date);
CREATE TRIGGER schedule_added AFTER INSERT ON public.schedule REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.count_schedules();
CREATE TRIGGER schedule_moved AFTER UPDATE ON public.schedule REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.count_schedules();
CREATE TRIGGER schedule_removed AFTER DELETE ON public.schedule REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION public.count_schedules();

create table public.schedule_count (
  date date not null,
  sla_id bigint not null,
  slot integer not null,
  rows bigint not null,
  constraint schedule_count_pkey PRIMARY KEY (date, sla_id, slot) INCLUDE (rows)
) with (fillfactor=50);

create table public.sla (
  id bigint not null generated by default as identity,
  seq bigint not null default 1,
  name text collate "C" not null,
  description text not null,
  constraint sla_pkey PRIMARY KEY (id),
  constraint sla_name_key UNIQUE (name) DEFERRABLE
);
