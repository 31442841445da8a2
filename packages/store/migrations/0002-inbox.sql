-- Which consumer has seen which event; written in the transaction of the event's effect.
create table platform.inbox (
  consumer    text        not null,
  event_id    text        not null,
  received_at timestamptz not null default clock_timestamp(),
  constraint inbox_pkey primary key (consumer, event_id)
);

-- Rows come in the order of time; a summary of page ranges is enough to find the old ones and costs nothing to keep.
create index inbox_received_at on platform.inbox using brin (received_at) with (autosummarize = on);
