#!/bin/sh
# Makes one role and one database for each service: role <service>, database slipway_<service>, which it owns and nobody
# else may connect to. May be run again at any time: it makes what is missing and sets the passwords.
#
# The image of PostgreSQL runs it when it makes a new data folder. On any other server run it with PGHOST, PGUSER and
# PGPASSWORD of a role that may create roles and databases, and DATABASE_PASSWORD_<SERVICE> for each service.
set -eu

for service in registry coordinator catalog exporter gateway; do
  variable="DATABASE_PASSWORD_$(echo "$service" | tr '[:lower:]' '[:upper:]')"
  password="$(printenv "$variable" || true)"
  if [ -z "$password" ]; then
    echo "$variable is not set" >&2
    exit 1
  fi

  # The password goes in by the environment, not as an argument, which other users of the machine could see.
  psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-${PGUSER:-postgres}}" \
    --dbname "${POSTGRES_DB:-${PGDATABASE:-postgres}}" --set service="$service" <<SQL
\getenv password $variable
select format('create role %I login', :'service')
  where not exists (select from pg_roles where rolname = :'service') \gexec
alter role :"service" with login password :'password';
select format('create database %I owner %I', 'slipway_' || :'service', :'service')
  where not exists (select from pg_database where datname = 'slipway_' || :'service') \gexec
select format('revoke connect, temporary on database %I from public', 'slipway_' || :'service') \gexec
SQL
done
