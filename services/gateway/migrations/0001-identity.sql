-- People and programs that may sign in with a password or an API token.
create table account (
  id            uuid        not null default gen_random_uuid(),
  login         text        not null,
  -- scrypt$N$r$p$salt$key; null: no password
  password_hash text,
  email         text,
  given_name    text,
  family_name   text,
  roles         text[]      not null default '{}',
  groups        text[]      not null default '{}',
  permissions   text[]      not null default '{}',
  member        text,
  active        boolean     not null default true,
  superuser     boolean     not null default false,
  created_at    timestamptz not null default now(),
  updated_at    timestamptz not null default now(),
  constraint account_pkey primary key (id)
);

create unique index account_login on account (lower(login));

-- Of a token only its SHA-256 is kept: what the database holds cannot be used to sign in.
create table api_token (
  id           uuid        not null default gen_random_uuid(),
  account_id   uuid        not null,
  hash         bytea       not null,
  prefix       text        not null,
  name         text        not null,
  -- Made from the configuration at start; there is at most one such token an account.
  configured   boolean     not null default false,
  created_at   timestamptz not null default now(),
  last_used_at timestamptz,
  expires_at   timestamptz,
  revoked_at   timestamptz,
  constraint api_token_pkey primary key (id),
  constraint api_token_account foreign key (account_id) references account on delete cascade,
  constraint api_token_hash unique (hash)
);

create index api_token_of_account on api_token (account_id, created_at);

-- Who came with a token of the external issuer. Roles and groups are never kept: they count as the token says.
create table external_profile (
  subject       text        not null,
  login         text        not null,
  email         text,
  given_name    text,
  family_name   text,
  picture       text,
  first_seen_at timestamptz not null default now(),
  last_seen_at  timestamptz not null default now(),
  constraint external_profile_pkey primary key (subject)
);

-- Ed25519 keys of identity tokens. The newest one signs; older ones stay until nothing signed with them can be valid.
create table signing_key (
  kid         text        not null,
  public_jwk  jsonb       not null,
  private_jwk jsonb       not null,
  created_at  timestamptz not null default now(),
  constraint signing_key_pkey primary key (kid)
);
