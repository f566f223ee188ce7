"""TCP ports."""

HTTP = 80
HTTPS = 443
ORTHANC_HTTP = 8042
"""Of Orthanc's REST API, DICOMweb and user interface; HTTPS where the stack has a domain of its own."""
ORTHANC_DICOM = 4242
POSTGRESQL = 5432
NFS = 2049
