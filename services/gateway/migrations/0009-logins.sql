-- Every login that was given, in the form in which logins are compared: to an account, or to a user or machine client of
-- the external issuer. Rows stay when accounts are deleted, so that nobody comes by what was theirs.
create table known_login (
  key      text        not null,
  login    text        not null,
  -- Id of the account, or `<issuer>|<subject>`.
  subject  text        not null,
  given_at timestamptz not null default now(),
  constraint known_login_pkey primary key (key)
);

create index known_login_of_subject on known_login (subject);

create function pg_temp.key_of(login text) returns text
  language sql immutable
  return lower(normalize(login, nfkc) collate pg_c_utf8);

insert into known_login (key, login, subject, given_at)
select pg_temp.key_of(login), login, id::text, created_at from account order by created_at, id
on conflict do nothing;

-- Accounts that were deleted, as far as it is remembered; not those that went because nobody activated them.
insert into known_login (key, login, subject)
select pg_temp.key_of(data ->> 'login'), data ->> 'login', aggregate
from platform.outbox where noun = 'account' and verb = 'deleted' and actor <> 'system'
on conflict do nothing;

insert into known_login (key, login, subject)
select pg_temp.key_of(data ->> 'login'), data ->> 'login', aggregate
from (
  select aggregate, payload::json -> 'data' as data, payload::json ->> 'actor' as actor
  from stream_event where noun = 'account' and verb = 'deleted'
) deleted
where actor <> 'system' and data ->> 'login' is not null
on conflict do nothing;

-- Users of the external issuer whose name is a local login, or that of one who came before, become somebody else.
update external_profile p
set login = left(p.login, 200) || '-' || left(encode(sha256(convert_to(p.subject, 'UTF8')), 'hex'), 8)
where exists (select from known_login k where k.key = pg_temp.key_of(p.login))
  or exists (
    select from external_profile o
    where pg_temp.key_of(o.login) = pg_temp.key_of(p.login) and (o.first_seen_at, o.subject) < (p.first_seen_at, p.subject));

insert into known_login (key, login, subject, given_at)
select pg_temp.key_of(login), login, subject, first_seen_at from external_profile
on conflict do nothing;

-- False: the issuer did not tell of the user yet.
alter table external_profile add column fetched boolean not null default true;

drop function pg_temp.key_of(text);
