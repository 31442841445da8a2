-- Events, written in the transaction of the change they tell of; a relay sends them and sets sent_at.
--
-- `id` is the order of sending, taken before commit: a smaller one may appear later, so nothing may ask for
-- "id greater than the last seen". `noun` and `aggregate` name the thing that changed, `sequence` counts its events.
-- `partition` spreads aggregates over the relays: the events of one aggregate are always in the same partition.
create table platform.outbox (
  id          bigint      not null generated always as identity,
  event_id    uuid        not null default uuidv7(),
  noun        text        not null,
  verb        text        not null,
  aggregate   text        not null,
  sequence    bigint      not null,
  actor       text        not null,
  traceparent text,
  data        json        not null,
  created_at  timestamptz not null default clock_timestamp(),
  sent_at     timestamptz,
  partition   smallint    not null generated always as (hashtext(aggregate) & 7) stored,
  constraint outbox_pkey primary key (id),
  -- Two writers that counted from the same state collide here, instead of telling two stories of one change.
  constraint outbox_sequence_key unique (noun, aggregate, sequence),
  constraint outbox_sequence_check check (sequence > 0)
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);

create index outbox_unsent on platform.outbox (partition, id) where sent_at is null;
