-- Timestamps are kept in milliseconds, as clients see them: what they send back must compare equal.
create function now_ms() returns timestamptz language sql volatile
  as $$ select date_trunc('milliseconds', clock_timestamp()) $$;

create function iso_ms(at timestamptz) returns text language sql immutable
  as $$ select to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') $$;

create table org (
  id            text        not null,
  uuid          uuid        not null default gen_random_uuid(),
  name          text        not null,
  company       text,
  website       text,
  location      text,
  public_access text        not null default 'View',
  extras        json        not null default '{}',
  members       integer     not null default 0,
  created_on    timestamptz not null default now_ms(),
  created_by    text        not null,
  updated_on    timestamptz not null default now_ms(),
  updated_by    text        not null,
  seq           bigint      not null default 1,
  constraint org_pkey primary key (id),
  constraint org_access check (public_access in ('View', 'Edit', 'None'))
);

create table org_member (
  org    text        not null,
  -- In lower case: logins are the same whatever their case.
  login  text        not null,
  since  timestamptz not null default now_ms(),
  constraint org_member_pkey primary key (org, login),
  constraint org_member_org foreign key (org) references org on delete cascade
);

create index org_member_login on org_member (login);

create table source (
  position                 bigint      generated always as identity,
  uuid                     uuid        not null default gen_random_uuid(),
  owner_type               text        not null,
  owner                    text        not null,
  id                       text        not null,
  name                     text        not null,
  full_name                text        not null,
  description              text,
  source_type              text,
  public_access            text        not null,
  default_locale           text        not null,
  supported_locales        text[]      not null,
  website                  text,
  custom_validation_schema text,
  external_id              text,
  extras                   json        not null,
  versions                 integer     not null default 1,
  active_concepts          integer     not null default 0,
  active_mappings          integer     not null default 0,
  -- With the retired ones; kept by a trigger.
  all_concepts             integer     not null default 0,
  all_mappings             integer     not null default 0,
  -- Of the children: never goes back, and is read and set under the lock of this row only.
  clock                    timestamptz not null default now_ms(),
  created_on               timestamptz not null default now_ms(),
  created_by               text        not null,
  updated_on               timestamptz not null default now_ms(),
  updated_by               text        not null,
  seq                      bigint      not null default 1,
  constraint source_pkey primary key (position),
  constraint source_id unique (owner_type, owner, id),
  constraint source_access check (public_access in ('View', 'Edit', 'None'))
);

create index source_updated_on on source (updated_on desc, position);
create index source_owner_lower on source (lower(owner)) where owner_type = 'user';

-- How many there are: of orgs, of sources, and of the sources of each owner. Lists say how long they are without counting.
create table tally (
  scope    text    not null,
  visible  integer not null default 0,
  -- With public access `None`.
  hidden   integer not null default 0,
  constraint tally_pkey primary key (scope)
);

create function add_to_tally(scopes text[], access text, change integer) returns void language sql as $$
  insert into tally (scope, visible, hidden)
  select scope, case when access = 'None' then 0 else change end, case when access = 'None' then change else 0 end
  from unnest(scopes) with ordinality as given (scope, place) order by place
  on conflict (scope) do update
    set visible = tally.visible + excluded.visible, hidden = tally.hidden + excluded.hidden
$$;

-- The scope of all comes first: whoever holds it is alone, so that nobody waits in a circle.
create function count_source() returns trigger language plpgsql as $$
begin
  if tg_op <> 'INSERT' then
    perform add_to_tally(array['source', 'source/' || old.owner_type || '/' || old.owner], old.public_access, -1);
  end if;
  if tg_op <> 'DELETE' then
    perform add_to_tally(array['source', 'source/' || new.owner_type || '/' || new.owner], new.public_access, 1);
  end if;
  return null;
end $$;

create trigger source_counted after insert or delete on source for each row execute function count_source();
create trigger source_access_counted after update of public_access on source for each row
  when (old.public_access is distinct from new.public_access) execute function count_source();

create function count_org() returns trigger language plpgsql as $$
begin
  if tg_op <> 'INSERT' then perform add_to_tally(array['org'], old.public_access, -1); end if;
  if tg_op <> 'DELETE' then perform add_to_tally(array['org'], new.public_access, 1); end if;
  return null;
end $$;

create trigger org_counted after insert or delete on org for each row execute function count_org();
create trigger org_access_counted after update of public_access on org for each row
  when (old.public_access is distinct from new.public_access) execute function count_org();

create function count_members() returns trigger language plpgsql as $$
begin
  update org set members = members + case tg_op when 'INSERT' then 1 else -1 end
    where id = case tg_op when 'INSERT' then new.org else old.org end;
  return null;
end $$;

create trigger org_member_counted after insert or delete on org_member for each row execute function count_members();

-- Frozen states, and one row for HEAD, which stands for the live one.
create table source_version (
  position            bigint      generated always as identity,
  uuid                uuid        not null default gen_random_uuid(),
  source              bigint      not null,
  id                  text        not null,
  released            boolean     not null default false,
  retired             boolean     not null default false,
  description         text,
  external_id         text,
  version_external_id text,
  extras              json        not null default '{}',
  previous_version    bigint,
  parent_version      bigint,
  -- The source as it was; null for HEAD.
  snapshot            json,
  active_concepts     integer     not null default 0,
  active_mappings     integer     not null default 0,
  all_concepts        integer     not null default 0,
  all_mappings        integer     not null default 0,
  -- Bytes of all members as they go into the export.
  member_bytes        bigint      not null default 0,
  last_updated        timestamptz not null default now_ms(),
  created_on          timestamptz not null default now_ms(),
  created_by          text        not null,
  updated_on          timestamptz not null default now_ms(),
  updated_by          text        not null,
  seq                 bigint      not null default 1,
  constraint source_version_pkey primary key (position),
  constraint source_version_source foreign key (source) references source on delete cascade,
  constraint source_version_previous foreign key (previous_version) references source_version on delete set null,
  constraint source_version_parent foreign key (parent_version) references source_version on delete set null,
  constraint source_version_id unique (source, id)
);

create index source_version_newest on source_version (source, created_on desc, id);
create index source_version_uuid on source_version (uuid);
create index source_version_previous on source_version (previous_version);
create index source_version_parent on source_version (parent_version);

-- Concepts and mappings: what they are, whatever their state.
create table child (
  position   bigint      generated always as identity,
  source     bigint      not null,
  kind       text        not null,
  id         text        not null,
  uuid       uuid        not null default gen_random_uuid(),
  head       bigint      not null,
  number     integer     not null default 1,
  retired    boolean     not null,
  -- In lower case: id and names, a line each.
  search     text        not null,
  -- Of mappings: hash of what must be unique in the source, and the sources at both ends.
  match_key  text,
  from_source bigint,
  to_source   bigint,
  created_on timestamptz not null,
  updated_on timestamptz not null,
  constraint child_pkey primary key (position),
  constraint child_source foreign key (source) references source on delete cascade,
  constraint child_kind check (kind in ('concept', 'mapping')),
  -- In this order, for statements that name an id: they hide the kind from the planner, which
  -- takes `child_updated_on` for as good as this index until the table is analyzed, and reads whole sources by it.
  constraint child_id unique (source, id, kind)
);

-- What is known of the largest sources makes the planner believe that a source which came later has no rows, so that any
-- index serves to look up one of its ids, and `child_updated_on` is read from end to end. Without statistics every source
-- has its share.
alter table child alter column source set statistics 0;

-- Concepts have none, and would only fill it.
create unique index child_match on child (source, match_key) where match_key is not null;
create index child_updated_on on child (source, kind, updated_on, position);
create index child_from_source on child (from_source) where from_source is not null;
create index child_to_source on child (to_source) where to_source is not null;

create function count_children() returns trigger language plpgsql as $$
begin
  update source s set all_concepts = s.all_concepts + added.concepts, all_mappings = s.all_mappings + added.mappings
  from (
    select source, count(*) filter (where kind = 'concept') as concepts, count(*) filter (where kind = 'mapping') as mappings
    from made group by source
  ) added
  where s.position = added.source;
  return null;
end $$;

create trigger child_counted after insert on child referencing new table as made
  for each statement execute function count_children();

-- One state of a concept or mapping; `body` is its row in exports, ready to be sent.
create table child_version (
  position   bigint      generated always as identity,
  child      bigint      not null,
  number     integer     not null,
  retired    boolean     not null,
  updated_on timestamptz not null,
  -- Of mappings: the concepts here that they lead from and to.
  from_concept bigint,
  to_concept   bigint,
  body       text        not null,
  constraint child_version_pkey primary key (position),
  constraint child_version_child foreign key (child) references child on delete cascade,
  constraint child_version_number unique (child, number)
);

create index child_version_from_concept on child_version (from_concept) where from_concept is not null;
create index child_version_to_concept on child_version (to_concept) where to_concept is not null;

-- What is in a frozen version, in the order in which exports have it.
create table member (
  version       bigint not null,
  kind          text   not null,
  child         bigint not null,
  child_version bigint not null,
  constraint member_pkey primary key (version, kind, child),
  constraint member_version foreign key (version) references source_version on delete cascade
);

-- The one export of a version, and the one job that makes it. No row: there is none.
create table export (
  version     bigint      not null,
  state       text        not null,
  -- `read`: only a GET wanted it so far; `command`: somebody asked for it.
  asked_by    text        not null default 'command',
  attempt     integer     not null default 0,
  due_at      timestamptz not null default clock_timestamp(),
  -- Who makes it, renewed by heartbeats; changes with every take-over.
  lease       uuid,
  lease_until timestamptz,
  error       text,
  failed_at   timestamptz,
  blob        text,
  file_name   text,
  created_on  timestamptz,
  seq         bigint      not null default 0,
  constraint export_pkey primary key (version),
  constraint export_version foreign key (version) references source_version on delete cascade,
  constraint export_state check (state in ('absent', 'queued', 'running', 'ready'))
);

create index export_due on export (due_at) where state in ('queued', 'running');

-- Names of blobs whose export went with its version: removed by the sweep.
create table orphaned_blob (
  name text not null,
  constraint orphaned_blob_pkey primary key (name)
);

create function note_orphaned_blob() returns trigger language plpgsql as $$
begin
  insert into orphaned_blob (name) values (old.blob) on conflict do nothing;
  return null;
end $$;

create trigger export_gone after delete on export for each row when (old.blob is not null)
  execute function note_orphaned_blob();

-- Signs the URLs of downloads, the same for all replicas.
create table signing_secret (
  one    boolean not null default true,
  secret text    not null,
  constraint signing_secret_pkey primary key (one),
  constraint signing_secret_one check (one)
);

insert into signing_secret (secret) values (gen_random_uuid()::text || gen_random_uuid()::text);
