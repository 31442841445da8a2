-- What is made with a credential that has not all rights of its account, or an end, is bound by it.
alter table api_token
  -- A session of a browser: good in its cookie only.
  add column session   boolean not null default false,
  -- The token with an end that this one was made with; it is revoked with it.
  add column made_with uuid,
  add constraint api_token_made_with foreign key (made_with) references api_token on delete cascade;

create index api_token_of_token on api_token (made_with) where made_with is not null;

-- Sessions that were begun before: those lasted twelve hours or 31 days, to the second or so.
update api_token set session = true
where name = 'session' and scopes is null and not configured
  and (extract(epoch from expires_at - created_at) between 43195 and 43205
    or extract(epoch from expires_at - created_at) between 2678395 and 2678405);

alter table webhook
  -- Of the token that it was made with, if that had any: it sees no more than such a token.
  add column scopes   text[],
  -- That token, if it had scopes or an end: the webhook gets nothing once it has ended.
  add column token_id uuid,
  add constraint webhook_token foreign key (token_id) references api_token on delete cascade;

create index webhook_of_token on webhook (token_id) where token_id is not null;

-- Whether a webhook may be sent anything now, and with whose rights it sees events: those that its account has now, as far
-- as they are among its scopes. All that it has of users of the external issuer is that they may have webhooks.
create view webhook_viewer as
  select w.id as webhook_id, w.account_id,
    (w.account_id is null or a.active and a.activated and not a.deregistered)
      and (w.token_id is null or t.revoked_at is null and (t.expires_at is null or t.expires_at > now())) as good,
    coalesce(a.superuser, false) and w.scopes is null as superuser,
    among.roles, among.groups, among.permissions, a.member, a.login
  from webhook w
  left join account a on a.id = w.account_id
  left join api_token t on t.id = w.token_id
  cross join lateral (
    select case when w.scopes is null then a.roles when a.superuser then w.scopes
        else array(select unnest(a.roles) intersect select unnest(w.scopes)) end as roles,
      case when w.scopes is null then a.groups when a.superuser then w.scopes
        else array(select unnest(a.groups) intersect select unnest(w.scopes)) end as groups,
      case when w.scopes is null then a.permissions when a.superuser then w.scopes
        else array(select unnest(a.permissions) intersect select unnest(w.scopes)) end as permissions
  ) among;
