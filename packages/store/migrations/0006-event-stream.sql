-- Which event stream of the broker the sent events are in, so that one that was lost is noticed.
--
-- `created` and `last_sequence` are what the stream said of itself when it was last looked at; null: not looked at yet.
-- While events are sent again because the stream was lost, `resent_to` is the id up to which they have been marked, and
-- nothing behind it is sent before: the events of an aggregate stay in order.
create table platform.event_stream (
  one           boolean not null default true,
  created       text,
  last_sequence bigint  not null default 0,
  resent_to     bigint,
  constraint event_stream_pkey primary key (one),
  constraint event_stream_one check (one)
);
insert into platform.event_stream default values;

-- How often an event was marked to be sent again. The broker drops a message id that it has seen in the last minutes, so
-- each sending on purpose has an id of its own.
alter table platform.outbox add column resent integer not null default 0;
