#!/bin/sh
# PostgreSQL as RDS has it: the master user is no superuser, TLS under the instance's name, TLS forced when told.
# Arguments go to `postgres` (-c max_connections=112 …). The data directory, /var/lib/postgresql/data, is a volume that
# keeps everything; on every start the password is what POSTGRES_PASSWORD_FILE says. `postgresql password` in a running
# container gives the master user the password that the file has by now.
#
#   POSTGRES_USER           the master user
#   POSTGRES_PASSWORD_FILE  a file with its password
#   POSTGRES_DB             a database that it owns, made with the instance; empty: none
#   POSTGRES_CERTIFICATE    a file: the server's certificate, PEM
#   POSTGRES_KEY            a file: its private key, PEM
#   FORCE_SSL               1: connections without TLS are refused
set -eu

data=/var/lib/postgresql/data
run() { setpriv --reuid=postgres --regid=postgres --init-groups "$@"; }
# SQL, a statement a line, with no server running: nobody can connect before the password is right.
sql() { run postgres --single -j -D "$data" postgres >/dev/null; }

password=$(sed "s/'/''/g" "$POSTGRES_PASSWORD_FILE")
if [ "${1:-}" = password ]; then
    # In a pipe, not on a command line.
    echo "ALTER ROLE \"$POSTGRES_USER\" PASSWORD '$password'" | run psql --quiet --host=/tmp --username=rdsadmin postgres
    exit
fi
chown postgres: "$data"
if [ ! -s "$data/PG_VERSION" ]; then
    run initdb --pgdata="$data" --username=rdsadmin --encoding=UTF8 --locale=C.UTF-8 --data-checksums >/dev/null
    printf '%s;\n\n' "CREATE ROLE \"$POSTGRES_USER\" LOGIN CREATEDB CREATEROLE" \
        "ALTER DATABASE postgres OWNER TO \"$POSTGRES_USER\"" \
        ${POSTGRES_DB:+"CREATE DATABASE \"$POSTGRES_DB\" OWNER \"$POSTGRES_USER\""} | sql
fi
printf '%s;\n\n' "ALTER ROLE \"$POSTGRES_USER\" PASSWORD '$password'" | sql

# The key must be the server's own file, whatever the owner of the one that was mounted.
install --owner=postgres --mode=0600 "$POSTGRES_KEY" /var/lib/postgresql/server.key
install --owner=postgres --mode=0600 "$POSTGRES_CERTIFICATE" /var/lib/postgresql/server.crt
host=host
[ "${FORCE_SSL:-1}" = 1 ] && host=hostssl
printf '%s\n' "local all rdsadmin trust" "$host all all all scram-sha-256" |
    install --owner=postgres /dev/stdin "$data/pg_hba.conf"

exec setpriv --reuid=postgres --regid=postgres --init-groups postgres -D "$data" \
    -c listen_addresses='*' -c unix_socket_directories=/tmp -c ssl=on \
    -c ssl_cert_file=/var/lib/postgresql/server.crt -c ssl_key_file=/var/lib/postgresql/server.key "$@"
