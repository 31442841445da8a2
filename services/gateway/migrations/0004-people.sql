-- What accounts have beside rights: the people behind them, as the MLDS API knows them, and what is told of them.

-- Numbers of changes: a later one is greater, also when a login was given up and taken again.
create sequence account_change;

alter table account
  -- Number of its last event.
  add column seq                   bigint      not null default 1,
  add column lang_key              text        not null default 'en',
  -- Two letters, as given at registration.
  add column country               text,
  -- False: nobody has proved yet that the e-mail address is theirs, and nobody signs in.
  add column activated             boolean     not null default true,
  -- SHA-256 of the key that proves it.
  add column activation_hash       bytea,
  add column activation_expires_at timestamptz,
  -- The affiliate behind the account was struck off, and nobody signs in; the number is that of the event that says so.
  add column deregistered          boolean     not null default false,
  add column standing_seq          bigint      not null default 0,
  add constraint account_activation_hash unique (activation_hash);

-- What services are told of an account.
create function account_told(a account, activation_key text, base_url text) returns json
  language sql volatile
  return json_build_object('login', a.login, 'first_name', a.given_name, 'last_name', a.family_name, 'email', a.email,
    'lang_key', a.lang_key, 'activated', a.activated, 'roles', a.roles, 'member', a.member, 'country', a.country,
    'activation_key', activation_key, 'base_url', base_url, 'sequence', nextval('account_change'));

-- Accounts that were made before anything was told of them.
insert into platform.outbox (noun, verb, aggregate, sequence, actor, traceparent, data)
select 'account', 'created', a.id::text, 1, 'system', null, account_told(a, null, null) from account a;
