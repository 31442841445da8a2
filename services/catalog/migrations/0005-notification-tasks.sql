-- A notification is a job like any other, with an id of its own; its course is told by events: `recorded`, `sending` once
-- it is known who gets a mail, `sent` or `failed` when the last mail is settled. Triggers tell it, because mails are
-- settled one by one, by any replica, and only the database knows which of them was the last.
create function new_job_id(prefix text) returns text
  language sql volatile
  return prefix || '_' || (
    select string_agg(substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', 1 + floor(random() * 32)::integer, 1), '')
    from generate_series(1, 8)
  );

alter table notification
  add column task  text    not null default new_job_id('NT'),
  -- Events so far.
  add column told  integer not null default 0,
  add column ended boolean not null default false,
  add constraint notification_task unique (task);

create function tell_notification(n notification, verb text, failed bigint) returns void
  language plpgsql as $$
declare
  number integer;
begin
  update notification set told = told + 1, ended = ended or verb in ('sent', 'failed')
    where notification_id = n.notification_id returning told into number;
  insert into platform.outbox (noun, verb, aggregate, sequence, actor, data)
    values ('notification', verb, n.task, number, n.principal, json_strip_nulls(json_build_object('task_id', n.task,
      'release_package_id', n.release_package_id, 'release_version_id', n.release_version_id,
      'package_name', n.package_name, 'version_name', n.version_name, 'total', n.recipients, 'failed', failed)));
end $$;

create function notification_recorded() returns trigger
  language plpgsql as $$
begin
  perform tell_notification(new, 'recorded', null);
  return null;
end $$;

create function notification_addressed() returns trigger
  language plpgsql as $$
begin
  perform tell_notification(new, 'sending', null);
  if new.recipients = 0 then
    perform tell_notification(new, 'sent', 0);
  end if;
  return null;
end $$;

-- The row of the notification is locked first: of two mails that are settled at once, the second sees the first.
create function notification_mail_settled() returns trigger
  language plpgsql as $$
declare
  n notification;
  lost bigint;
begin
  select * into n from notification where notification_id = new.notification_id for update;
  if n.ended or exists (select from mail where notification_id = n.notification_id and state = 'queued') then
    return null;
  end if;
  select count(*) into lost from mail where notification_id = n.notification_id and state = 'failed';
  perform tell_notification(n, case when lost = 0 then 'sent' else 'failed' end, lost);
  return null;
end $$;

create trigger notification_recorded after insert on notification
  for each row execute function notification_recorded();
create trigger notification_addressed after update of recipients on notification
  for each row when (old.recipients is null and new.recipients is not null)
  execute function notification_addressed();
create trigger notification_mail_settled after update of state on mail
  for each row when (old.state = 'queued' and new.state <> 'queued' and new.notification_id is not null)
  execute function notification_mail_settled();
