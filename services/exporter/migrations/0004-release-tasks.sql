-- The study to which a source is bound: `extras.study_id`, if it looks like one. Extras are whatever clients send, also
-- what the database cannot read (lone surrogates, U+0000): such a source is bound to nothing.
create function study_of(extras json) returns text language plpgsql immutable
  as $$
begin
  if extras::text not like '%"study_id"%' then return null; end if;
  if json_typeof(extras -> 'study_id') <> 'string' then return null; end if;
  return (regexp_match(extras ->> 'study_id', '^SD_[0-9A-Za-z_-]{1,60}$'))[1];
exception when data_exception then
  return null;
end $$;

create index source_study on source (study_of(extras)) where study_of(extras) is not null;

-- The exporter's part in a release. What is due, and what the coordinator has been told, are columns: whatever dies,
-- another process goes on from here.
create table release_task (
  task          text        not null,
  release       text        not null,
  studies       text[]      not null,
  state         text        not null,
  -- Percent of the files that are there.
  progress      integer     not null default 0,
  error         text,
  -- When the versions were cut; null: not yet.
  cut_at        timestamptz,
  told_state    text,
  told_progress integer     not null default 0,
  -- Failures in a row.
  attempt       integer     not null default 0,
  -- Null: nothing to do.
  due_at        timestamptz,
  lease         uuid,
  created_at    timestamptz not null default now_ms(),
  constraint release_task_pkey primary key (task),
  constraint release_task_state
    check (state in ('initialized', 'running', 'staged', 'publishing', 'published', 'failed', 'canceled'))
);

create index release_task_due on release_task (due_at) where due_at is not null;

-- A version that was cut for a release, and the file made of it. The bytes are a copy of the export, under a name of
-- their own: they stay as they were published whatever becomes of export, version and source.
create table release_version (
  task      text   not null,
  source    uuid   not null,
  study     text   not null,
  -- Null: deleted by somebody.
  version   bigint,
  label     text   not null,
  id        uuid   not null default gen_random_uuid(),
  blob      text,
  file_name text,
  size      bigint,
  sha256    text,
  constraint release_version_pkey primary key (task, source),
  constraint release_version_id unique (id),
  constraint release_version_task foreign key (task) references release_task on delete cascade,
  constraint release_version_version foreign key (version) references source_version on delete set null
);

create index release_version_version on release_version (version);
