"""What stands in for upstream's plugins in Python: Orthanc's Python plugin runs one script, which is this one."""

# pyright: reportMissingImports=false, reportAttributeAccessIssue=false
# Orthanc's Python plugin provides the module orthanc.

import importlib
import json

import orthanc

for _name in json.loads(orthanc.GetConfiguration())["StandIns"]:  # entrypoint.py wrote it
    importlib.import_module(_name)
