-- Work with a due time. Taken with a lease; a lease that ran out means that its worker is gone, and the row is due again.
create table platform.timer (
  name         text        not null,
  key          text        not null,
  due_at       timestamptz not null,
  payload      json        not null default 'null',
  attempt      integer     not null default 0,
  leased_until timestamptz,
  last_error   text,
  created_at   timestamptz not null default clock_timestamp(),
  -- Counts how often the timer was set: who finishes a run must not remove what was set meanwhile.
  revision     bigint      not null default 1,
  constraint timer_pkey primary key (name, key)
);

create index timer_due on platform.timer (name, greatest(due_at, leased_until));
