#!/usr/bin/env python3
"""Exit 0 when Orthanc answers from its index: asks /changes as its first user, like upstream's probe."""

import base64
import json
import sys
import urllib.request
from pathlib import Path

settings = json.loads(Path("/tmp/orthanc.json").read_text())  # noqa: S108 - where the entry point writes it
request = urllib.request.Request(f"http://localhost:{settings.get('HttpPort', 8042)}/changes?last")
if settings["AuthenticationEnabled"]:
    user, password = next(iter(settings["RegisteredUsers"].items()))
    credentials = base64.b64encode(f"{user}:{password}".encode()).decode()
    request.add_header("Authorization", f"Basic {credentials}")
try:
    urllib.request.urlopen(request)  # noqa: S310 - Orthanc, in this container
except OSError as error:
    sys.exit(f"{request.full_url}: {error}")
