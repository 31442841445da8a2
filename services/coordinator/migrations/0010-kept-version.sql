-- The number under which a release was published before the database was restored from a backup that does not know it:
-- when the release is published again, it gets this one.
create table kept_version (
  release text not null,
  major   integer not null,
  minor   integer not null,
  patch   integer not null,
  constraint kept_version_pkey primary key (release),
  constraint kept_version_number unique (major, minor, patch),
  constraint kept_version_release foreign key (release) references release (kf_id) on delete cascade
);
