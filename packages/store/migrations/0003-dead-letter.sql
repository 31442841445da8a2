-- Messages that a consumer gave up, kept until somebody replays or discards them.
create table platform.dead_letter (
  id              bigint      not null generated always as identity,
  consumer        text        not null,
  subject         text        not null,
  event_id        text,
  stream_sequence bigint      not null,
  attempts        integer     not null,
  payload         text        not null,
  error           text        not null,
  dead_at         timestamptz not null default clock_timestamp(),
  state           text        not null default 'dead',
  state_at        timestamptz not null default clock_timestamp(),
  state_by        text,
  constraint dead_letter_pkey primary key (id),
  constraint dead_letter_state_check check (state in ('dead', 'replayed', 'discarded')),
  -- A stream that was made anew counts from 1 again: its sequence number alone identifies nothing.
  constraint dead_letter_message_key unique nulls not distinct (consumer, stream_sequence, subject, event_id)
);

create index dead_letter_state on platform.dead_letter (state, id);
