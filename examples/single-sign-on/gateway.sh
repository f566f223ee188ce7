#!/bin/sh
# Starts the gateway, or says all that it lacks. What each variable means stands in docs/how-to/single-sign-on.md.
# The port inside the container.
export GATEWAY_PORT="${GATEWAY_PORT:-8443}"

missing=
for name in ARCHIVE_URL GATEWAY_URL GATEWAY_TLS_FILE \
            OIDC_ISSUER OIDC_CLIENT_ID OIDC_CLIENT_SECRET OIDC_COOKIE_SECRET OIDC_GROUPS_CLAIM OIDC_USER_CLAIM \
            READER_GROUP READER_USER READER_PASSWORD FULL_GROUP FULL_USER FULL_PASSWORD; do
    eval "value=\${$name:-}"
    [ -n "$value" ] || missing="$missing $name"
done
if [ -n "$missing" ]; then
    echo "gateway: these environment variables are not set:$missing" >&2
    exit 1
fi
exec /usr/sbin/apache2 -f /etc/gateway/gateway.conf -D FOREGROUND
