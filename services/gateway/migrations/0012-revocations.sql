-- Counts what was taken away from an account or ended a token, so that everything given out before can be told from what
-- is given out after it. The database counts: no statement can forget to.
alter table account   add column epoch bigint not null default 1;
alter table api_token add column epoch bigint not null default 1;

-- Keys by which identity tokens were revoked: `account/<id>/<epoch>`, `token/<id>/<epoch>`. Kept while such tokens live.
create table revoked_key (
  key        text        not null,
  revoked_at timestamptz not null default clock_timestamp(),
  -- Whether the services were told.
  announced  boolean     not null default false,
  constraint revoked_key_pkey primary key (key)
);

create index revoked_key_revoked_at on revoked_key (revoked_at);
create index revoked_key_unannounced on revoked_key (revoked_at) where not announced;

create function revoke() returns trigger
  language plpgsql
  as $$
begin
  insert into revoked_key (key) values (concat_ws('/', tg_argv[0], old.id, old.epoch)) on conflict do nothing;
  if tg_op = 'DELETE' then return old; end if;
  new.epoch := old.epoch + 1;
  return new;
end $$;

-- What gives rights revokes nothing: a token with fewer of them does no harm.
create trigger account_narrowed
  before update of roles, groups, permissions, member, active, activated, superuser, deregistered, password_hash on account
  for each row
  when (not new.roles @> old.roles or not new.groups @> old.groups or not new.permissions @> old.permissions
    or new.member is distinct from old.member or new.password_hash is distinct from old.password_hash
    or old.active and not new.active or old.activated and not new.activated or old.superuser and not new.superuser
    or new.deregistered and not old.deregistered)
  execute function revoke('account');

create trigger account_deleted before delete on account for each row execute function revoke('account');

create trigger token_ended
  before update of revoked_at, hash on api_token
  for each row
  when (old.revoked_at is null and new.revoked_at is not null or new.hash <> old.hash)
  execute function revoke('token');

create trigger token_deleted before delete on api_token for each row execute function revoke('token');
