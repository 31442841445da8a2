-- Release packages of members, their versions, and where the files of those lie. The member is its key.

create table release_package (
  release_package_id bigint           not null default nextval('entity_id'),
  -- Number of its last event.
  seq                bigint           not null default 1,
  -- Grows with every change of the package or anything in it: entity tags are made from it.
  revision           bigint           not null default 1,
  created_at         timestamptz      not null default now(),
  updated_at         timestamptz      not null default now(),
  created_by         text             not null,
  member             text collate "C" not null,
  name               text,
  description        text,
  copyrights         text,
  uri                text,
  -- 1 is the lowest within a member; no two active packages of a member have the same one.
  priority           integer,
  -- The bytes are the blob `package/{id}/license`; all of these are null while there are none.
  license_filename   text,
  license_mimetype   text,
  license_updated_at timestamptz,
  -- A deleted package stays as a row that nobody is shown.
  inactive_at        timestamptz,
  constraint release_package_pkey primary key (release_package_id),
  constraint release_package_priority unique (member, priority) deferrable initially deferred
);
create index release_package_active on release_package (release_package_id) where inactive_at is null;

create table release_version (
  release_version_id               bigint      not null default nextval('entity_id'),
  release_package_id               bigint      not null,
  seq                              bigint      not null default 1,
  -- Stands for what was published last, in the feed: another one after each change.
  entry_id                         uuid        not null default gen_random_uuid(),
  created_at                       timestamptz not null default now(),
  updated_at                       timestamptz not null default now(),
  created_by                       text        not null,
  name                             text,
  description                      text,
  summary                          text,
  -- As it was sent; what counts is `state`.
  release_type                     text        not null default 'offline',
  state                            text        not null generated always as (
    case when lower(release_type) in ('online', 'alpha/beta') then lower(release_type) else 'offline' end) stored,
  published_at                     date,
  version_uri                      text,
  version_dependent_uri            text,
  version_dependent_derivative_uri text,
  package_type                     text,
  archive                          boolean     not null default false,
  constraint release_version_pkey primary key (release_version_id),
  constraint release_version_package foreign key (release_package_id) references release_package
);
create index release_version_of_package on release_version (release_package_id, release_version_id);
create index release_version_dependent on release_version (btrim(version_dependent_uri));
create index release_version_derivative on release_version (btrim(version_dependent_derivative_uri));

create table release_file (
  release_file_id    bigint      not null default nextval('entity_id'),
  release_version_id bigint      not null,
  seq                bigint      not null default 1,
  created_at         timestamptz not null default now(),
  created_by         text        not null,
  label              text,
  -- Where the bytes lie; only staff are told.
  download_url       text,
  md5_hash           text,
  file_size          text,
  primary_file       boolean     not null default false,
  constraint release_file_pkey primary key (release_file_id),
  constraint release_file_version foreign key (release_version_id) references release_version on delete cascade
);
create index release_file_of_version on release_file (release_version_id, release_file_id);
