-- An import of JSON lines. Its lines are a blob of the same name; how far they are done is written with what they do.
create table bulk_import (
  id               text        not null,
  number           bigint      generated always as identity,
  -- Who asked for it, and acts in every line.
  identity         json        not null,
  -- Lower case: logins are the same whatever their case.
  login            text        not null,
  queue            text        not null,
  update_if_exists boolean     not null,
  content_hash     text        not null,
  state            text        not null default 'PENDING',
  total            integer     not null,
  -- Lines that are done, and where the next one begins in the blob.
  processed        integer     not null default 0,
  next_byte        bigint      not null default 0,
  counts           json        not null default '{}',
  -- Takes since a line was done last; beyond a few the import is given up.
  attempt          integer     not null default 0,
  due_at           timestamptz not null default clock_timestamp(),
  -- Who works on it; changes with every take.
  lease            uuid,
  error            text,
  traceparent      text,
  created_at       timestamptz not null default now_ms(),
  started_at       timestamptz,
  finished_at      timestamptz,
  seq              bigint      not null default 1,
  constraint bulk_import_pkey primary key (id),
  constraint bulk_import_state check (state in ('PENDING', 'STARTED', 'SUCCESS', 'FAILURE', 'REVOKED'))
);

create index bulk_import_due on bulk_import (due_at) where state in ('PENDING', 'STARTED');
create index bulk_import_login on bulk_import (login, number desc);
create index bulk_import_finished on bulk_import (finished_at) where finished_at is not null;
-- Named queues keep their order.
create index bulk_import_queue on bulk_import (login, queue, number) where state in ('PENDING', 'STARTED');
-- The same import is not queued twice.
create unique index bulk_import_same on bulk_import (login, queue, content_hash, update_if_exists)
  where state in ('PENDING', 'STARTED');

-- What came of the lines of a batch: a letter a line, and what was wrong with those that failed, by line.
create table bulk_import_part (
  import     text    not null,
  first_line integer not null,
  first_byte bigint  not null,
  last_byte  bigint  not null,
  outcomes   text    not null,
  errors     json,
  constraint bulk_import_part_pkey primary key (import, first_line),
  constraint bulk_import_part_import foreign key (import) references bulk_import on delete cascade
);
