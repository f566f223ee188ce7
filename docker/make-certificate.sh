#!/bin/sh
# Makes the certificate under which Orthanc serves HTTPS, with its key before it, in the file that is named. Upstream's
# start-up runs this just before Orthanc, so both are new with every start and never leave the container. Nobody signs
# the certificate: a load balancer encrypts to its targets and does not ask who they are.
set -eu
umask 077

if ! command -v openssl >/dev/null; then
    echo "make-certificate: there is no openssl in this image, without which Orthanc cannot serve HTTPS" >&2
    exit 1
fi
# A container that is started again finds the file of its last start.
rm -f "$1"
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"
openssl req -x509 -new -key "$1" -subj /CN=orthanc -days 3650 >>"$1"
