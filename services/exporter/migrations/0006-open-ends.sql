-- Of mappings: the ends whose concepts are not here, or were not to be seen. Keys are hashes of source and code, with a
-- slash between, so that the ends in a source have a common beginning.
alter table child add column open_from text collate "C";
alter table child add column open_to text collate "C";
create index child_open_from on child (open_from) where open_from is not null;
create index child_open_to on child (open_to) where open_to is not null;

-- Mappings whose end came while their own source was being written. No foreign keys: they would wait for that source.
create table open_end_job (
  mapping bigint      not null,
  source  bigint      not null,
  due_at  timestamptz not null default clock_timestamp(),
  constraint open_end_job_pkey primary key (mapping)
);

create index open_end_job_source on open_end_job (source);
create index open_end_job_due on open_end_job (due_at);
