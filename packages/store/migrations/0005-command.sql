-- Writes that were done, with their answers: the same command again is answered, not done twice.
create table platform.command (
  id          text        not null,
  fingerprint text        not null,
  status      integer     not null,
  headers     json        not null default '{}',
  body        text        not null default '',
  created_at  timestamptz not null default clock_timestamp(),
  -- Named so that no table of a service has the like: the violation is what tells a repeated command.
  constraint platform_command_pkey primary key (id)
);

create index command_created_at on platform.command using brin (created_at) with (autosummarize = on);
