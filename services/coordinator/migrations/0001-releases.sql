-- ISO 8601 in UTC with microseconds, without a fraction when it is zero: the form of every time in the API.
create function iso_time(moment timestamptz) returns text
  language sql stable parallel safe
  return to_char(moment at time zone 'UTC',
    case when date_trunc('second', moment) = moment then 'YYYY-MM-DD"T"HH24:MI:SS"Z"' else 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"' end);

-- Task services as the registry announces them; kept current by its events.
create table task_service (
  kf_id text primary key,
  name text not null,
  url text not null,
  enabled boolean not null,
  deleted boolean not null default false,
  sequence bigint not null
);

-- Mirrored from the data service; rows are never removed.
create table study (
  kf_id text primary key,
  name text not null,
  visible boolean not null,
  deleted boolean not null default false,
  created_at timestamptz,
  position bigint generated always as identity,
  seq bigint not null default 1,
  -- Newest release with this study, and newest published one, by creation.
  latest_release text,
  latest_published text
);
create index study_newest on study (created_at desc, position desc) include (kf_id);

create table release (
  kf_id text primary key,
  name text not null,
  description text not null,
  author text not null,
  tags text[] not null,
  is_major boolean not null,
  state text not null check (state in
    ('waiting', 'initializing', 'running', 'staged', 'publishing', 'published', 'canceling', 'canceled', 'failed')),
  major integer not null,
  minor integer not null,
  patch integer not null,
  version text not null generated always as (major || '.' || minor || '.' || patch) stored,
  -- Why it is being ended before it was published; decides whether it ends failed or canceled.
  ending text check (ending in ('fault', 'request', 'timeout', 'report')),
  created_at timestamptz not null default clock_timestamp(),
  position bigint generated always as identity,
  -- Number of its newest event.
  seq bigint not null default 1,
  constraint release_version unique (major, minor, patch)
);
create index release_newest on release (created_at desc, position desc) include (kf_id);
create index release_by_state on release (state, created_at desc, position desc) include (kf_id);
create index release_published on release (major desc, minor desc, patch desc) where state = 'published';

create table release_study (
  release text not null references release on delete cascade,
  study text not null references study,
  ordinal integer not null,
  primary key (release, study)
);
create index release_study_by_study on release_study (study, release);

alter table study
  add foreign key (latest_release) references release on delete set null,
  add foreign key (latest_published) references release on delete set null;

create table task (
  kf_id text primary key,
  release text not null references release on delete cascade,
  task_service text references task_service on delete set null,
  state text not null check (state in
    ('waiting', 'initialized', 'running', 'staged', 'publishing', 'published', 'failed', 'canceled', 'rejected')),
  progress integer not null default 0 check (progress between 0 and 100),
  -- Why it was canceled: only known when it happens.
  cancel_reason text check (cancel_reason in ('fault', 'request', 'timeout', 'report')),
  created_at timestamptz not null default clock_timestamp(),
  position bigint generated always as identity,
  seq bigint not null default 1,
  -- Newest change of state; the task deadline counts from here.
  moved_at timestamptz not null default clock_timestamp(),
  -- Newest sign of life: a report, or an answer to a poll.
  heard_at timestamptz not null default clock_timestamp(),
  poll_at timestamptz,
  poll_failures integer not null default 0
);
create index task_newest on task (created_at desc, position desc) include (kf_id);
create index task_by_release on task (release, created_at, position);
create index task_by_service on task (task_service, created_at desc, position desc) include (kf_id, state);
create index task_by_state on task (state, created_at desc, position desc) include (kf_id);
create index task_to_poll on task (poll_at) where state in ('running', 'publishing');
create index task_under_way on task (moved_at) where state in ('waiting', 'initialized', 'running', 'publishing');

create table release_note (
  kf_id text primary key,
  description text not null,
  author text not null,
  release text not null references release on delete cascade,
  study text references study on delete set null,
  created_at timestamptz not null default clock_timestamp(),
  position bigint generated always as identity,
  seq bigint not null default 1
);
create index release_note_newest on release_note (created_at desc, position desc) include (kf_id);
create index release_note_by_release on release_note (release, created_at, position);
create index release_note_by_study on release_note (study, created_at desc, position desc);

-- The log that the API calls events.
create table event (
  kf_id text primary key,
  event_type text not null check (event_type in ('info', 'warning', 'error')),
  message text not null,
  release text references release on delete set null,
  task_service text references task_service on delete set null,
  task text references task on delete set null,
  created_at timestamptz not null default clock_timestamp(),
  position bigint generated always as identity,
  seq bigint not null default 1
);
create index event_newest on event (created_at desc, position desc) include (kf_id);
create index event_by_release on event (release, created_at desc, position desc) include (kf_id);
create index event_by_task on event (task, created_at desc, position desc) include (kf_id);
create index event_by_service on event (task_service, created_at desc, position desc) include (kf_id);

-- What is to be said to task services, decided together with the change that made it necessary.
create table command (
  -- Also the idempotency key that the task service sees.
  id uuid primary key default uuidv7(),
  release text not null references release on delete cascade,
  task text references task on delete cascade,
  action text not null check (action in ('enlist', 'settle', 'initialize', 'start', 'publish', 'cancel')),
  attempt integer not null default 0,
  due_at timestamptz not null default clock_timestamp(),
  leased_until timestamptz,
  finished_at timestamptz,
  last_error text,
  created_at timestamptz not null default clock_timestamp()
);
create index command_due on command (due_at) where finished_at is null;
create index command_by_release on command (release);
create index command_by_task on command (task);
