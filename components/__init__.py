"""The components of Orthanc on AWS, in one folder per part. A folder imports only those before it."""
