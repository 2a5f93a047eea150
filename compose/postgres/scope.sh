#!/bin/sh
# The consumer's role owns its own database, and may do nothing in that of Zitadel.
set -eu

# The password goes by standard input: it is in no command line. It is hexadecimal, so it needs no quoting.
psql --set ON_ERROR_STOP=1 --username postgres --no-psqlrc --quiet <<SQL
CREATE ROLE scope LOGIN PASSWORD '$(cat /run/secrets/scope-password)';
CREATE DATABASE scope OWNER scope TEMPLATE template0 ENCODING 'UTF8';
REVOKE CONNECT, TEMPORARY ON DATABASE scope FROM PUBLIC;
SQL
