-- Events of orgs and sources say from now on who may see them, and whoever passes events on remembers it. What was made
-- private before, and who belongs to an org, is told once more.
with told as (
  update org set seq = seq + 1 returning *
)
insert into platform.outbox (noun, verb, aggregate, sequence, actor, traceparent, data)
select 'org', 'updated', t.uuid::text, t.seq, 'system', null, json_strip_nulls(json_build_object(
  'org_id', t.id, 'url', '/orgs/' || t.id || '/', 'name', t.name, 'public_access', t.public_access, 'members', case when t.members <= 2000 then array(
    select login from org_member m where m.org = t.id order by login) end))
from told t;

with told as (
  update source set seq = seq + 1 where public_access = 'None' returning *
)
insert into platform.outbox (noun, verb, aggregate, sequence, actor, traceparent, data)
select 'source', 'updated', t.uuid::text, t.seq, 'system', null, json_build_object(
  'url', '/' || t.owner_type || 's/' || t.owner || '/sources/' || t.id || '/', 'source_id', t.id, 'owner', t.owner,
  'owner_type', case t.owner_type when 'org' then 'Organization' else 'User' end,
  'owner_url', '/' || t.owner_type || 's/' || t.owner || '/', 'name', t.name, 'public_access', t.public_access)
from told t;
