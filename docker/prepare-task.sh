#!/bin/sh
# Creates the certificate and the host ID of a task, in the two given files. Upstream's startup script runs this just
# before Orthanc.
#
#   CERTIFICATE  the certificate with which Orthanc serves HTTPS, preceded by its key. Both are generated at every start
#                and never leave the container. The certificate is self-signed: a load balancer encrypts traffic to its
#                targets, but does not verify their identity.
#   HOST_ID      the host ID, to which /etc/hostid links. DCMTK generates UIDs from the host ID, the process ID and the
#                time. The process ID is the same in all tasks, so tasks with the same host ID could generate the same
#                UID.
set -eu
umask 077
certificate=$1 host_id=$2

if ! command -v openssl >/dev/null; then
    echo "prepare-task: there is no openssl in this image, without which Orthanc cannot serve HTTPS" >&2
    exit 1
fi
# A restarted container still has the file of its previous start.
rm -f "$certificate"
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$certificate"
openssl req -x509 -new -key "$certificate" -subj /CN=orthanc -days 3650 >>"$certificate"

# gethostid(3) reads the file as a 32-bit binary number.
head -c 4 /dev/urandom >"$host_id"
