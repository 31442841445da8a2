-- Events of affiliates and applications are for staff of their member; until now staff of any member read them.
update stream_event set readers = array_replace(readers, 'right:editor', 'member:' ||
  coalesce(payload::json #>> '{data,home_member}', payload::json #>> '{data,member}', ''))
where noun in ('affiliate', 'application') and 'right:editor' = any (readers);

update webhook_message set readers = array_replace(readers, 'right:editor', 'member:' ||
  coalesce(body::json #>> '{data,home_member}', body::json #>> '{data,member}', ''))
where (type like 'affiliate.%' or type like 'application.%') and 'right:editor' = any (readers);
