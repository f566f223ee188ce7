#!/usr/bin/env python3
"""Exit 0 when Orthanc answers from its index: asks /changes as its first user, like upstream's probe.

Over HTTPS where Orthanc serves it, under whatever certificate: it is Orthanc, in this container.
"""

import base64
import json
import ssl
import sys
import urllib.request
from pathlib import Path

settings = json.loads(Path("/tmp/orthanc.json").read_text())  # noqa: S108 - where the entry point writes it
scheme = "https" if settings.get("SslEnabled") else "http"
request = urllib.request.Request(f"{scheme}://localhost:{settings.get('HttpPort', 8042)}/changes?last")  # noqa: S310
if settings["AuthenticationEnabled"]:
    user, password = next(iter(settings["RegisteredUsers"].items()))
    credentials = base64.b64encode(f"{user}:{password}".encode()).decode()
    request.add_header("Authorization", f"Basic {credentials}")
try:
    urllib.request.urlopen(request, context=ssl._create_unverified_context())  # noqa: S310, S323
except OSError as error:
    sys.exit(f"{request.full_url}: {error}")
