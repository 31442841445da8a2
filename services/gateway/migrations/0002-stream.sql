-- Every event of the platform in the order in which readers may see it. Positions are given under one lock that is held
-- until commit, so a row never becomes visible behind one that was visible before.
create table stream_event (
  position   bigint      generated always as identity,
  event_id   text        not null,
  noun       text        not null,
  verb       text        not null,
  aggregate  text        not null,
  release_id text,
  payload    text        not null,
  stored_at  timestamptz not null default clock_timestamp(),
  constraint stream_event_pkey primary key (position),
  constraint stream_event_event_id unique (event_id)
);

create index stream_event_stored_at on stream_event (stored_at);
create index stream_event_release on stream_event (release_id, position) where release_id is not null;
create index stream_event_aggregate on stream_event (aggregate, position);

-- One row: up to where the stream was forgotten, so that a reader who comes back too late can be told.
create table stream_purge (
  one       boolean not null default true,
  purged_to bigint  not null default 0,
  constraint stream_purge_pkey primary key (one),
  constraint stream_purge_one check (one)
);

insert into stream_purge default values;
