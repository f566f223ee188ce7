"""TCP ports."""

HTTP = 80
HTTPS = 443
ORTHANC_HTTP = 8042
"""Port of Orthanc's REST API, DICOMweb, and user interface, always over HTTPS."""
ORTHANC_DICOM = 4242
POSTGRESQL = 5432
NFS = 2049
