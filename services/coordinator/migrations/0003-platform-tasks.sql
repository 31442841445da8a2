-- Every asynchronous job of the platform, as clients of ODM see it: those that the coordinator runs itself, and those of
-- others, projected from their events.
create table platform_task (
  id          text        not null,
  kind        text        not null,
  name        text        not null,
  application text        not null,
  status      text        not null,
  created_by  text        not null,
  -- Login of who started it. `created_by` may be a name that somebody chose, and opens nothing.
  owner       text,
  -- What it is about, e.g. the accession of a study.
  subject     text,
  started_at  timestamptz,
  ended_at    timestamptz,
  attempt     integer     not null default 0,
  done        integer,
  total       integer,
  metadata    jsonb,
  result      jsonb,
  errors      jsonb,
  created_at  timestamptz not null default clock_timestamp(),
  updated_at  timestamptz not null default clock_timestamp(),
  expires_at  timestamptz,
  position    bigint      not null generated always as identity,
  -- Counts changes, for entity tags; `told` counts the events about it.
  revision    bigint      not null default 1,
  told        integer     not null default 0,
  constraint platform_task_pkey primary key (id),
  constraint platform_task_status check (status in ('CREATED', 'QUEUEING', 'QUEUED', 'STARTING', 'RUNNING', 'DONE',
    'FAILED', 'BLOCKED_BY_DEPENDENCY_FAILURE', 'KILLED')),
  constraint platform_task_times check (ended_at >= started_at)
);

create index platform_task_newest on platform_task (created_at desc, position desc);
create index platform_task_by_status on platform_task (status, created_at desc, position desc);
create index platform_task_by_creator on platform_task (created_by, created_at desc, position desc);
create index platform_task_by_application on platform_task (application, created_at desc, position desc);
create index platform_task_expiring on platform_task (expires_at) where expires_at is not null;

create trigger count_added after insert on platform_task
  referencing new table as added for each statement execute function count_rows();
create trigger count_removed after delete on platform_task
  referencing old table as removed for each statement execute function count_rows();

-- Place of a status in the life of a task: a task never goes back.
create function task_rank(status text) returns integer
  language sql immutable parallel safe
  return case status
    when 'CREATED' then 0 when 'QUEUEING' then 1 when 'QUEUED' then 2 when 'STARTING' then 3 when 'RUNNING' then 4
    else 5 end;

-- Jobs that the coordinator runs itself, while they wait or run. Whoever runs one holds its lease; what a run changes is
-- changed under the lease it was taken with, so that a run which was taken over changes nothing any more.
create table job (
  id             text        not null,
  kind           text        not null,
  input          jsonb       not null,
  attempt        integer     not null default 0,
  due_at         timestamptz not null default clock_timestamp(),
  lease          uuid,
  leased_until   timestamptz,
  stop_requested boolean     not null default false,
  -- What a publish run covers is laid down once.
  scoped         boolean     not null default false,
  created_at     timestamptz not null default clock_timestamp(),
  constraint job_pkey primary key (id),
  constraint job_task foreign key (id) references platform_task on delete cascade
);

-- Metadata of studies. The draft stands in the row of its study: a publication locks both at once, and can neither lose
-- an edit nor publish it twice.
create table study_object (
  accession    text        not null,
  -- `mirror`: known to the data service; `odm`: imported here, and none of the mirror's business.
  origin       text        not null,
  name         text        not null,
  owner        text,
  deleted      boolean     not null default false,
  version      integer     not null default 1,
  content      jsonb       not null default '{}',
  draft        jsonb,
  -- Counts edits and discards of drafts; it never goes back.
  revision     bigint      not null default 0,
  draft_by     text,
  draft_at     timestamptz,
  -- The import that made it; one import makes one study, however often it is tried.
  import_task  text,
  created_at   timestamptz not null default clock_timestamp(),
  updated_at   timestamptz not null default clock_timestamp(),
  constraint study_object_pkey primary key (accession),
  constraint study_object_origin check (origin in ('mirror', 'odm')),
  constraint study_object_import unique (import_task)
);

create index study_object_pending on study_object (accession) where draft is not null;

-- Published metadata. Rows are never changed.
create table study_version (
  accession      text        not null,
  version        integer     not null,
  content        jsonb       not null,
  name           text        not null,
  message        text        not null,
  author         text        not null,
  at             timestamptz not null default clock_timestamp(),
  task           text,
  draft_revision bigint,
  constraint study_version_pkey primary key (accession, version),
  constraint study_version_object foreign key (accession) references study_object
);

-- What a publish run covers, and what came of each study.
create table publish_item (
  task           text not null,
  accession      text not null,
  outcome        text not null default 'pending',
  version        integer,
  draft_revision bigint,
  error          text,
  constraint publish_item_pkey primary key (task, accession),
  constraint publish_item_task foreign key (task) references platform_task on delete cascade,
  constraint publish_item_outcome check (outcome in ('pending', 'published', 'dropped', 'skipped', 'failed'))
);

-- The version of a study's metadata when the release was created.
alter table release_study add column metadata_version integer;

-- What is there already: each study has its first version, each release and task its entry.
insert into study_object (accession, origin, name, deleted)
  select kf_id, 'mirror', name, deleted from study;
insert into study_version (accession, version, content, name, message, author)
  select accession, 1, '{}', name, 'Imported', 'system' from study_object;
insert into platform.outbox (noun, verb, aggregate, sequence, actor, data)
  select 'study-version', 'published', accession, 1, 'system', json_build_object('accession', accession, 'version', '1',
    'message', 'Imported', 'author', 'system', 'task', null, 'draft_revision', null)
  from study_object;

insert into platform_task (id, kind, name, application, status, created_by, created_at, started_at, ended_at, expires_at)
  select kf_id, 'release', 'Release ' || name, 'slipway/coordinator', status, author, created_at,
    case when state <> 'waiting' then created_at end, ended, ended + interval '90 days'
  from (
    select r.*, case state when 'waiting' then 'CREATED' when 'initializing' then 'STARTING' when 'published' then 'DONE'
        when 'failed' then 'FAILED' when 'canceled' then 'KILLED' else 'RUNNING' end as status,
      case when state in ('published', 'failed', 'canceled') then
        greatest(created_at, (select max(created_at) from event e where e.release = r.kf_id)) end as ended
    from release r
  ) x order by created_at, position;
insert into platform_task (id, kind, name, application, status, created_by, subject, created_at, started_at, ended_at,
    expires_at, done, total)
  select kf_id, 'release-task', coalesce(service, 'Task') || ' for ' || release, 'slipway/coordinator', status, author,
    release, created_at, case when state not in ('waiting', 'rejected') then created_at end, ended,
    ended + interval '90 days', progress, 100
  from (
    select t.*, s.name as service, r.author, case t.state when 'waiting' then 'QUEUED' when 'initialized' then 'STARTING'
        when 'published' then 'DONE' when 'failed' then 'FAILED' when 'rejected' then 'FAILED'
        when 'canceled' then case when t.cancel_reason = 'fault' then 'BLOCKED_BY_DEPENDENCY_FAILURE' else 'KILLED' end
        else 'RUNNING' end as status,
      case when t.state in ('published', 'failed', 'rejected', 'canceled') then greatest(t.created_at, t.moved_at) end
        as ended
    from task t join release r on r.kf_id = t.release left join task_service s on s.kf_id = t.task_service
  ) x order by created_at, position;
