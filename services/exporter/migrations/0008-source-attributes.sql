-- What a source says of itself for programs of other kinds: by the names of its fields.
alter table source add column attributes json not null default '{}';
