-- The files that a task service told of last, for whoever makes something of them.
alter table task add column files jsonb;

-- Releases that were started by the calendar of the platform, by the ids under which that was asked for: whoever asks
-- again, weeks later too, gets the same release.
create table scheduled_release (
  id      text not null,
  release text not null,
  constraint scheduled_release_pkey primary key (id),
  constraint scheduled_release_release foreign key (release) references release
);
