-- What releases of the coordinator make here: versions of packages; and what makes releases: schedules.

-- The study whose releases make versions of a package.
create table package_study (
  release_package_id bigint not null,
  study              text   not null,
  -- Of links in mails about these versions: what the binding was sent to.
  base_url           text   not null,
  constraint package_study_pkey primary key (release_package_id),
  constraint package_study_once unique (study),
  constraint package_study_package foreign key (release_package_id) references release_package
);

-- The catalog's part in a release, by the id of its task.
create table release_task (
  task       text        not null,
  release    text        not null,
  state      text        not null,
  error      text,
  created_at timestamptz not null default now(),
  constraint release_task_pkey primary key (task),
  constraint release_task_state check (
    state in ('initialized', 'running', 'staged', 'publishing', 'published', 'failed', 'canceled'))
);
create index release_task_of_release on release_task (release);

-- The versions that it made; one in a package for each release.
create table release_task_version (
  release            text    not null,
  release_package_id bigint  not null,
  task               text    not null,
  release_version_id bigint  not null,
  -- As it was named; another name was given by somebody.
  name               text    not null,
  base_url           text    not null,
  announced          boolean not null default false,
  constraint release_task_version_pkey primary key (release, release_package_id),
  constraint release_task_version_task foreign key (task) references release_task on delete cascade
);

-- Where it is known, of files that are made by the platform or by task services.
alter table release_file add column sha256 text;

-- The release that is started when the day of a schedule comes.
create table release_template (
  schedule_id bigint      not null,
  -- Under which it is started once.
  start_id    uuid        not null default gen_random_uuid(),
  name        text        not null,
  description text        not null,
  studies     text[]      not null,
  tags        text[]      not null,
  is_major    boolean     not null,
  author      text        not null,
  release     text,
  attempts    integer     not null default 0,
  error       text,
  due_at      timestamptz not null default now(),
  constraint release_template_pkey primary key (schedule_id),
  constraint release_template_schedule foreign key (schedule_id) references schedule on delete cascade
);
create index release_template_waiting on release_template (due_at) where release is null;
