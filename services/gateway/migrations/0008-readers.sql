-- Who may read each event, as words that readers have in common with it, and the source or org that it is about, whose
-- privacy may change. What is here already is public where all events of its kind are, and else for administrators: they
-- did not say whether what they are about is private. Most are public; of these no row is rewritten.
alter table stream_event
  add column readers text[] not null default '{*}',
  add column thing   text;
alter table stream_event alter column readers drop default;

update stream_event set readers = '{right:administrator}'
where noun not in ('event', 'release', 'release-note', 'study', 'task', 'task-service', 'member', 'release-package',
  'base-product', 'product', 'product-release', 'product-version', 'schedule', 'sla');

-- The same of what was sent to webhooks. Null: it is for one webhook only.
alter table webhook_message
  add column readers text[],
  add column thing   text;
update webhook_message m set readers = coalesce((select e.readers from stream_event e where e.event_id = m.id),
  '{right:administrator}') where type <> 'webhook.test';

-- Sources and orgs as their last event said, by their URL. They stay when the thing is gone: what was private stays so.
create table told_access (
  url       text    not null,
  aggregate text    not null,
  sequence  bigint  not null,
  public    boolean not null,
  -- Logins, of an org; null: not told.
  members   text[],
  constraint told_access_pkey primary key (url)
);

create index told_access_members on told_access using gin (members);
