-- One exchange with a task service about a task at a time, over all replicas: a command that is being carried out, or a
-- poll. Subject is the task, or the release of a command without one. The lease is the token by which whoever took it
-- settles it; nobody else may.
create table exchange (
  subject text primary key,
  lease uuid not null,
  leased_until timestamptz not null
);

-- The lease of its exchange while it is carried out; replicas of the version before go by leased_until alone.
alter table command add column lease uuid;
-- When its request was last sent without an answer that settles it: it may have arrived.
alter table command add column sent_at timestamptz;
-- Processes in a row that died while they carried it out.
alter table command add column deaths integer not null default 0;

-- Why the last request about it failed, or was refused: {"reason", "status", "answer"}.
alter table task add column fault jsonb;
