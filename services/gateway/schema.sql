-- The schema that the migrations make; not for restoring.

create sequence public.account_change as bigint start 1 increment 1 minvalue 1 maxvalue 9223372036854775807 cache 1;

CREATE OR REPLACE FUNCTION public.account_told(a public.account, activation_key text, base_url text)
 RETURNS json
 LANGUAGE sql
RETURN json_build_object('login', (a).login, 'first_name', (a).given_name, 'last_name', (a).family_name, 'email', (a).email, 'lang_key', (a).lang_key, 'activated', (a).activated, 'roles', (a).roles, 'member', (a).member, 'country', (a).country, 'activation_key', activation_key, 'base_url', base_url, 'sequence', nextval('public.account_change'::regclass));

CREATE OR REPLACE FUNCTION public.revoke()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into revoked_key (key) values (concat_ws('/', tg_argv[0], old.id, old.epoch)) on conflict do nothing;
  if tg_op = 'DELETE' then return old; end if;
  new.epoch := old.epoch + 1;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.studies_of_event(noun text, aggregate text, release text, data json)
 RETURNS text[]
 LANGUAGE sql
 STABLE
AS $function$
    select case
      when noun = 'study' then array[aggregate]
      when json_typeof(data -> 'studies') = 'array' then array(select json_array_elements_text(data -> 'studies'))
      when data ->> 'study_id' is not null then array[data ->> 'study_id']
      when data ->> 'study' is not null then array[data ->> 'study']
      when release is not null then coalesce((
        select array(select json_array_elements_text(e.payload::json #> '{data,studies}'))
        from stream_event e
        where e.aggregate = release and e.noun = 'release' and json_typeof(e.payload::json #> '{data,studies}') = 'array'
        order by e.position desc limit 1
      ), '{}')
      else '{}'
    end
  $function$;

create table public.account (
  id uuid not null default gen_random_uuid(),
  login text not null,
  password_hash text,
  email text,
  given_name text,
  family_name text,
  roles text[] not null default '{}'::text[],
  groups text[] not null default '{}'::text[],
  permissions text[] not null default '{}'::text[],
  member text,
  active boolean not null default true,
  superuser boolean not null default false,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  seq bigint not null default 1,
  lang_key text not null default 'en'::text,
  country text,
  activated boolean not null default true,
  activation_hash bytea,
  activation_expires_at timestamp with time zone,
  deregistered boolean not null default false,
  standing_seq bigint not null default 0,
  epoch bigint not null default 1,
  constraint account_pkey PRIMARY KEY (id),
  constraint account_activation_hash UNIQUE (activation_hash)
);
CREATE UNIQUE INDEX account_login ON public.account USING btree (lower(login));
CREATE TRIGGER account_deleted BEFORE DELETE ON public.account FOR EACH ROW EXECUTE FUNCTION public.revoke('account');
CREATE TRIGGER account_narrowed BEFORE UPDATE OF roles, groups, permissions, member, active, activated, superuser, deregistered, password_hash ON public.account FOR EACH ROW WHEN (((NOT (new.roles @> old.roles)) OR (NOT (new.groups @> old.groups)) OR (NOT (new.permissions @> old.permissions)) OR (new.member IS DISTINCT FROM old.member) OR (new.password_hash IS DISTINCT FROM old.password_hash) OR (old.active AND (NOT new.active)) OR (old.activated AND (NOT new.activated)) OR (old.superuser AND (NOT new.superuser)) OR (new.deregistered AND (NOT old.deregistered)))) EXECUTE FUNCTION public.revoke('account');

create table public.api_token (
  id uuid not null default gen_random_uuid(),
  account_id uuid not null,
  hash bytea not null,
  prefix text not null,
  name text not null,
  configured boolean not null default false,
  created_at timestamp with time zone not null default now(),
  last_used_at timestamp with time zone,
  expires_at timestamp with time zone,
  revoked_at timestamp with time zone,
  scopes text[],
  session boolean not null default false,
  made_with uuid,
  epoch bigint not null default 1,
  constraint api_token_pkey PRIMARY KEY (id),
  constraint api_token_account FOREIGN KEY (account_id) REFERENCES public.account(id) ON DELETE CASCADE,
  constraint api_token_hash UNIQUE (hash),
  constraint api_token_made_with FOREIGN KEY (made_with) REFERENCES public.api_token(id) ON DELETE CASCADE
);
CREATE INDEX api_token_of_account ON public.api_token USING btree (account_id, created_at);
CREATE INDEX api_token_of_token ON public.api_token USING btree (made_with) WHERE (made_with IS NOT NULL);
CREATE TRIGGER token_deleted BEFORE DELETE ON public.api_token FOR EACH ROW EXECUTE FUNCTION public.revoke('token');
CREATE TRIGGER token_ended BEFORE UPDATE OF revoked_at, hash ON public.api_token FOR EACH ROW WHEN ((((old.revoked_at IS NULL) AND (new.revoked_at IS NOT NULL)) OR (new.hash <> old.hash))) EXECUTE FUNCTION public.revoke('token');

create table public.external_profile (
  subject text not null,
  login text not null,
  email text,
  given_name text,
  family_name text,
  picture text,
  first_seen_at timestamp with time zone not null default now(),
  last_seen_at timestamp with time zone not null default now(),
  fetched boolean not null default true,
  constraint external_profile_pkey PRIMARY KEY (subject)
);

create table public.known_login (
  key text not null,
  login text not null,
  subject text not null,
  given_at timestamp with time zone not null default now(),
  constraint known_login_pkey PRIMARY KEY (key)
);
CREATE INDEX known_login_of_subject ON public.known_login USING btree (subject);

create table public.revoked_key (
  key text not null,
  revoked_at timestamp with time zone not null default clock_timestamp(),
  announced boolean not null default false,
  constraint revoked_key_pkey PRIMARY KEY (key)
);
CREATE INDEX revoked_key_revoked_at ON public.revoked_key USING btree (revoked_at);
CREATE INDEX revoked_key_unannounced ON public.revoked_key USING btree (revoked_at) WHERE (NOT announced);

create table public.signing_key (
  kid text not null,
  public_jwk jsonb not null,
  private_jwk jsonb not null,
  created_at timestamp with time zone not null default now(),
  constraint signing_key_pkey PRIMARY KEY (kid)
);

create table public.stream_event (
  "position" bigint not null generated always as identity,
  event_id text not null,
  noun text not null,
  verb text not null,
  aggregate text not null,
  release_id text,
  payload text not null,
  stored_at timestamp with time zone not null default clock_timestamp(),
  readers text[] not null,
  thing text,
  constraint stream_event_pkey PRIMARY KEY ("position"),
  constraint stream_event_event_id UNIQUE (event_id)
);
CREATE INDEX stream_event_aggregate ON public.stream_event USING btree (aggregate, "position");
CREATE INDEX stream_event_release ON public.stream_event USING btree (release_id, "position") WHERE (release_id IS NOT NULL);
CREATE INDEX stream_event_stored_at ON public.stream_event USING btree (stored_at);

create table public.stream_purge (
  one boolean not null default true,
  purged_to bigint not null default 0,
  constraint stream_purge_pkey PRIMARY KEY (one),
  constraint stream_purge_one CHECK (one)
);

create table public.told_access (
  url text not null,
  aggregate text not null,
  sequence bigint not null,
  public boolean not null,
  members text[],
  at double precision not null default '-Infinity'::double precision,
  constraint told_access_pkey PRIMARY KEY (url)
);
CREATE INDEX told_access_members ON public.told_access USING gin (members);

create table public.user_profile (
  account_id uuid not null,
  company text,
  location text,
  preferred_locale text,
  extras json not null default '{}'::json,
  constraint user_profile_pkey PRIMARY KEY (account_id),
  constraint user_profile_account FOREIGN KEY (account_id) REFERENCES public.account(id) ON DELETE CASCADE
);

create table public.webhook (
  id uuid not null default uuidv7(),
  owner text not null,
  owner_login text not null,
  account_id uuid,
  url text not null,
  description text not null default ''::text,
  types text[] not null default '{}'::text[],
  releases text[] not null default '{}'::text[],
  studies text[] not null default '{}'::text[],
  enabled boolean not null default true,
  disabled_reason text,
  disabled_at timestamp with time zone,
  failing_since timestamp with time zone,
  last_failed_at timestamp with time zone,
  paused_until timestamp with time zone,
  sequence bigint not null default 1,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  scopes text[],
  token_id uuid,
  constraint webhook_pkey PRIMARY KEY (id),
  constraint webhook_account FOREIGN KEY (account_id) REFERENCES public.account(id) ON DELETE CASCADE,
  constraint webhook_disabled_reason CHECK ((disabled_reason = ANY (ARRAY['request'::text, 'gone'::text, 'failing'::text]))),
  constraint webhook_token FOREIGN KEY (token_id) REFERENCES public.api_token(id) ON DELETE CASCADE
);
CREATE INDEX webhook_of_account ON public.webhook USING btree (account_id) WHERE (account_id IS NOT NULL);
CREATE INDEX webhook_of_owner ON public.webhook USING btree (owner, id);
CREATE INDEX webhook_of_token ON public.webhook USING btree (token_id) WHERE (token_id IS NOT NULL);

create table public.webhook_attempt (
  delivery_id uuid not null,
  number integer not null,
  started_at timestamp with time zone not null,
  duration_ms integer not null,
  status integer,
  error text,
  response text,
  constraint webhook_attempt_pkey PRIMARY KEY (delivery_id, number),
  constraint webhook_attempt_delivery FOREIGN KEY (delivery_id) REFERENCES public.webhook_delivery(id) ON DELETE CASCADE
);

create table public.webhook_delivery (
  id uuid not null default uuidv7(),
  webhook_id uuid not null,
  message_id text not null,
  state text not null default 'pending'::text,
  tries integer not null default 0,
  attempts integer not null default 0,
  due_at timestamp with time zone not null default now(),
  lease uuid,
  last_status integer,
  last_error text,
  created_at timestamp with time zone not null default now(),
  settled_at timestamp with time zone,
  constraint webhook_delivery_pkey PRIMARY KEY (id),
  constraint webhook_delivery_message FOREIGN KEY (message_id) REFERENCES public.webhook_message(id) ON DELETE CASCADE,
  constraint webhook_delivery_once UNIQUE (message_id, webhook_id),
  constraint webhook_delivery_state CHECK ((state = ANY (ARRAY['pending'::text, 'delivered'::text, 'failed'::text]))),
  constraint webhook_delivery_webhook FOREIGN KEY (webhook_id) REFERENCES public.webhook(id) ON DELETE CASCADE
);
CREATE INDEX webhook_delivery_due ON public.webhook_delivery USING btree (webhook_id, due_at) WHERE (state = 'pending'::text);
CREATE INDEX webhook_delivery_failed ON public.webhook_delivery USING btree (webhook_id, id) WHERE (state = 'failed'::text);
CREATE INDEX webhook_delivery_list ON public.webhook_delivery USING btree (webhook_id, id);
CREATE INDEX webhook_delivery_under_way ON public.webhook_delivery USING btree (webhook_id) WHERE (lease IS NOT NULL);

create table public.webhook_message (
  id text not null,
  type text not null,
  body text not null,
  created_at timestamp with time zone not null default now(),
  readers text[],
  thing text,
  constraint webhook_message_pkey PRIMARY KEY (id)
);
CREATE INDEX webhook_message_created_at ON public.webhook_message USING btree (created_at);

create table public.webhook_secret (
  webhook_id uuid not null,
  secret text not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  expires_at timestamp with time zone,
  constraint webhook_secret_pkey PRIMARY KEY (webhook_id, secret),
  constraint webhook_secret_webhook FOREIGN KEY (webhook_id) REFERENCES public.webhook(id) ON DELETE CASCADE
);

create view public.webhook_viewer as
 SELECT w.id AS webhook_id,
    w.account_id,
    (((w.account_id IS NULL) OR (a.active AND a.activated AND (NOT a.deregistered))) AND ((w.token_id IS NULL) OR ((t.revoked_at IS NULL) AND ((t.expires_at IS NULL) OR (t.expires_at > now()))))) AS good,
    (COALESCE(a.superuser, false) AND (w.scopes IS NULL)) AS superuser,
    among.roles,
    among.groups,
    among.permissions,
    a.member,
    a.login
   FROM (((public.webhook w
     LEFT JOIN public.account a ON ((a.id = w.account_id)))
     LEFT JOIN public.api_token t ON ((t.id = w.token_id)))
     CROSS JOIN LATERAL ( SELECT
                CASE
                    WHEN (w.scopes IS NULL) THEN a.roles
                    WHEN a.superuser THEN w.scopes
                    ELSE ARRAY( SELECT unnest(a.roles) AS unnest
                    INTERSECT
                     SELECT unnest(w.scopes) AS unnest)
                END AS roles,
                CASE
                    WHEN (w.scopes IS NULL) THEN a.groups
                    WHEN a.superuser THEN w.scopes
                    ELSE ARRAY( SELECT unnest(a.groups) AS unnest
                    INTERSECT
                     SELECT unnest(w.scopes) AS unnest)
                END AS groups,
                CASE
                    WHEN (w.scopes IS NULL) THEN a.permissions
                    WHEN a.superuser THEN w.scopes
                    ELSE ARRAY( SELECT unnest(a.permissions) AS unnest
                    INTERSECT
                     SELECT unnest(w.scopes) AS unnest)
                END AS permissions) among);
