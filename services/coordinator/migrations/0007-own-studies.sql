-- Studies are made here, too; the mirror leaves those alone.
alter table study add column origin text not null default 'dataservice';
alter table study add constraint study_origin check (origin in ('platform', 'dataservice'));
alter table study add column updated_at timestamptz not null default now();

-- Lists of studies from any place in them.
create index study_created on study ((coalesce(created_at, '-infinity')), position);
create index study_name on study (name collate "C", position);

-- Signs the places in lists that clients are given.
create table cursor_key (
  key    bytea   not null default decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'),
  single boolean not null default true,
  constraint cursor_key_pkey primary key (single),
  constraint cursor_key_single check (single)
);
insert into cursor_key default values;
