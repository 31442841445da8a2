-- The schema that the migrations make; not for restoring.

create schema platform;

create table platform.command (
  id text not null,
  fingerprint text not null,
  status integer not null,
  headers json not null default '{}'::json,
  body text not null default ''::text,
  created_at timestamp with time zone not null default clock_timestamp(),
  constraint platform_command_pkey PRIMARY KEY (id)
);
CREATE INDEX command_created_at ON platform.command USING brin (created_at) WITH (autosummarize='on');

create table platform.dead_letter (
  id bigint not null generated always as identity,
  consumer text not null,
  subject text not null,
  event_id text,
  stream_sequence bigint not null,
  attempts integer not null,
  payload text not null,
  error text not null,
  dead_at timestamp with time zone not null default clock_timestamp(),
  state text not null default 'dead'::text,
  state_at timestamp with time zone not null default clock_timestamp(),
  state_by text,
  constraint dead_letter_pkey PRIMARY KEY (id),
  constraint dead_letter_message_key UNIQUE NULLS NOT DISTINCT (consumer, stream_sequence, subject, event_id),
  constraint dead_letter_state_check CHECK ((state = ANY (ARRAY['dead'::text, 'replayed'::text, 'discarded'::text])))
);
CREATE INDEX dead_letter_state ON platform.dead_letter USING btree (state, id);

create table platform.event_stream (
  one boolean not null default true,
  created text,
  last_sequence bigint not null default 0,
  resent_to bigint,
  constraint event_stream_pkey PRIMARY KEY (one),
  constraint event_stream_one CHECK (one)
);

create table platform.inbox (
  consumer text not null,
  event_id text not null,
  received_at timestamp with time zone not null default clock_timestamp(),
  constraint inbox_pkey PRIMARY KEY (consumer, event_id)
);
CREATE INDEX inbox_received_at ON platform.inbox USING brin (received_at) WITH (autosummarize='on');

create table platform.migration (
  name text not null,
  checksum text not null,
  applied_at timestamp with time zone not null default clock_timestamp(),
  constraint migration_pkey PRIMARY KEY (name)
);

create table platform.outbox (
  id bigint not null generated always as identity,
  event_id uuid not null default uuidv7(),
  noun text not null,
  verb text not null,
  aggregate text not null,
  sequence bigint not null,
  actor text not null,
  traceparent text,
  data json not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  sent_at timestamp with time zone,
  partition smallint not null generated always as ((hashtext(aggregate) & 7)) stored,
  resent integer not null default 0,
  constraint outbox_pkey PRIMARY KEY (id),
  constraint outbox_sequence_check CHECK ((sequence > 0)),
  constraint outbox_sequence_key UNIQUE (noun, aggregate, sequence)
) with (autovacuum_analyze_scale_factor=0.05, autovacuum_vacuum_scale_factor=0.02);
CREATE INDEX outbox_unsent ON platform.outbox USING btree (partition, id) WHERE (sent_at IS NULL);

create table platform.timer (
  name text not null,
  key text not null,
  due_at timestamp with time zone not null,
  payload json not null default 'null'::json,
  attempt integer not null default 0,
  leased_until timestamp with time zone,
  last_error text,
  created_at timestamp with time zone not null default clock_timestamp(),
  revision bigint not null default 1,
  constraint timer_pkey PRIMARY KEY (name, key)
);
CREATE INDEX timer_due ON platform.timer USING btree (name, GREATEST(due_at, leased_until));
