"""The components of Orthanc on AWS: one file each, pure documents apart from resources."""
