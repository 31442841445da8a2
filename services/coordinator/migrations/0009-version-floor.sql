-- A version that was given according to another service, but is not known here any more since the database was restored
-- from a backup: new ones are above it.
create table version_floor (
  one   boolean not null default true,
  major integer not null,
  minor integer not null,
  patch integer not null,
  constraint version_floor_pkey primary key (one),
  constraint version_floor_one check (one)
);
