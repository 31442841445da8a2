-- Bytes by name. What is being written has no name yet; what was replaced or removed is kept for a while, so that whoever
-- reads it can finish.
create table blob (
  id         uuid        not null,
  name       text,
  -- Where its bytes are: `rows` of blob_chunk, or the address of an object store.
  place      text        not null,
  size       bigint      not null default 0,
  sha256     text,
  created_at timestamptz not null default clock_timestamp(),
  -- Last sign of life of the writer.
  touched_at timestamptz not null default clock_timestamp(),
  removed_at timestamptz,
  constraint blob_pkey primary key (id),
  constraint blob_published check (name is null or sha256 is not null)
);

create unique index blob_name on blob (name) where removed_at is null;
create index blob_unpublished on blob (touched_at) where name is null;
create index blob_removed on blob (removed_at) where removed_at is not null;

-- Chunk `number` holds the bytes from number * 131072 on, so a range of bytes is a range of chunks.
create table blob_chunk (
  blob   uuid    not null,
  number integer not null,
  bytes  bytea   not null,
  constraint blob_chunk_pkey primary key (blob, number),
  constraint blob_chunk_blob foreign key (blob) references blob on delete cascade
);

-- Archives do not get smaller, and a part of a value can be read by itself.
alter table blob_chunk alter column bytes set storage external;
