-- A calendar names releases: renaming one is a change of all entries about it.
alter table pdc_release add column renames bigint not null default 0;
-- The moment of the migration for all rows that are there: they need not be rewritten for it.
alter table pdc_release add column renamed_at timestamptz not null default now();
alter table pdc_release alter column renamed_at set default clock_timestamp();

-- Renames of the releases that a schedule was about before, less those that its release had by then.
alter table schedule add column renames_before bigint not null default 0;

-- Tells this installation from all others, in names that must be unique in the world.
create table installation (
  id     uuid    not null default gen_random_uuid(),
  single boolean not null default true,
  constraint installation_pkey primary key (single),
  constraint installation_single check (single)
);
insert into installation default values;
