#!/bin/sh
# Makes what each task has of its own, in the two files that are named. Upstream's start-up runs this just before Orthanc.
#
#   CERTIFICATE  the certificate under which Orthanc serves HTTPS, with its key before it. Both are new with every start
#                and never leave the container. Nobody signs the certificate: a load balancer encrypts to its targets and
#                does not check who they are.
#   HOST_ID      the host id, to which /etc/hostid leads. DCMTK makes UIDs of the host id, the process id and the time; the
#                process id is the same in all tasks, so tasks with the same host id could make the same UID.
set -eu
umask 077
certificate=$1 host_id=$2

if ! command -v openssl >/dev/null; then
    echo "prepare-task: there is no openssl in this image, without which Orthanc cannot serve HTTPS" >&2
    exit 1
fi
# A container that is started again finds the file of its last start.
rm -f "$certificate"
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$certificate"
openssl req -x509 -new -key "$certificate" -subj /CN=orthanc -days 3650 >>"$certificate"

# gethostid(3) reads the file as a binary number of 32 bits.
head -c 4 /dev/urandom >"$host_id"
