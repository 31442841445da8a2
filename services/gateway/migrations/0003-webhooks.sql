-- Addresses to which events are posted.
create table webhook (
  id              uuid        not null default uuidv7(),
  -- Subject of who made it, an account or a user of the external issuer; the account goes, its webhooks go with it.
  owner           text        not null,
  owner_login     text        not null,
  account_id      uuid,
  url             text        not null,
  description     text        not null default '',
  types           text[]      not null default '{}',
  releases        text[]      not null default '{}',
  studies         text[]      not null default '{}',
  enabled         boolean     not null default true,
  disabled_reason text,
  disabled_at     timestamptz,
  -- Since when every attempt failed, and when the newest did.
  failing_since   timestamptz,
  last_failed_at  timestamptz,
  -- The receiver asked for a pause.
  paused_until    timestamptz,
  -- Of its newest event.
  sequence        bigint      not null default 1,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now(),
  constraint webhook_pkey primary key (id),
  constraint webhook_account foreign key (account_id) references account on delete cascade,
  constraint webhook_disabled_reason check (disabled_reason in ('request', 'gone', 'failing'))
);

create index webhook_of_owner on webhook (owner, id);
create index webhook_of_account on webhook (account_id) where account_id is not null;

-- Kept as it is: signing needs its text.
create table webhook_secret (
  webhook_id uuid        not null,
  secret     text        not null,
  created_at timestamptz not null default clock_timestamp(),
  -- Null for the newest one.
  expires_at timestamptz,
  constraint webhook_secret_pkey primary key (webhook_id, secret),
  constraint webhook_secret_webhook foreign key (webhook_id) references webhook on delete cascade
);

-- What is posted, once for all webhooks that want it. The body is text, so that every attempt sends the same bytes.
create table webhook_message (
  id         text        not null,
  type       text        not null,
  body       text        not null,
  created_at timestamptz not null default now(),
  constraint webhook_message_pkey primary key (id)
);

create index webhook_message_created_at on webhook_message (created_at);

create table webhook_delivery (
  id          uuid        not null default uuidv7(),
  webhook_id  uuid        not null,
  message_id  text        not null,
  state       text        not null default 'pending',
  -- Attempts since it was last sent anew, which the retries are counted by, and all that were made.
  tries       integer     not null default 0,
  attempts    integer     not null default 0,
  -- When it is to be sent; while it is being sent, when the one who does it is taken for dead.
  due_at      timestamptz not null default now(),
  lease       uuid,
  last_status integer,
  last_error  text,
  created_at  timestamptz not null default now(),
  settled_at  timestamptz,
  constraint webhook_delivery_pkey primary key (id),
  constraint webhook_delivery_webhook foreign key (webhook_id) references webhook on delete cascade,
  constraint webhook_delivery_message foreign key (message_id) references webhook_message on delete cascade,
  constraint webhook_delivery_once unique (message_id, webhook_id),
  constraint webhook_delivery_state check (state in ('pending', 'delivered', 'failed'))
);

create index webhook_delivery_due on webhook_delivery (webhook_id, due_at) where state = 'pending';
create index webhook_delivery_under_way on webhook_delivery (webhook_id) where lease is not null;
create index webhook_delivery_list on webhook_delivery (webhook_id, id);
create index webhook_delivery_failed on webhook_delivery (webhook_id, id) where state = 'failed';

create table webhook_attempt (
  delivery_id uuid        not null,
  number      integer     not null,
  started_at  timestamptz not null,
  duration_ms integer     not null,
  status      integer,
  error       text,
  response    text,
  constraint webhook_attempt_pkey primary key (delivery_id, number),
  constraint webhook_attempt_delivery foreign key (delivery_id) references webhook_delivery on delete cascade
);

-- The studies that an event is about. One that names none is about those of its release, which every event of a release
-- itself names.
create function studies_of_event(noun text, aggregate text, release text, data json) returns text[]
  language sql stable
  as $$
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
  $$;
