"""What browsers may do: CORS, security headers, and the edge function that checks and marks requests."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pulumi_aws as aws

# The edge function adds this header to the requests that it permits, and the load balancer forwards only requests
# that have it. The function overwrites a header of that name sent by a viewer. CloudFront does not let functions
# add headers that begin with X-Edge- or X-Amz-. The origin request policy AllViewer forwards the headers of the
# request that the function returns, including this one.
EDGE_MARK, EDGE_MARK_VALUE = "x-orthanc-edge", "passed"

METHODS = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]
# Headers that DICOMweb clients send in cross-origin requests, and headers of the responses that they must be able
# to read.
_REQUEST_HEADERS = ["Accept", "Authorization", "Content-Type", "Range"]
_ANSWER_HEADERS = ["Content-Disposition", "Content-Location", "Content-Range", "ETag"]
_PREFLIGHT_SECONDS = 600

_YEAR_SECONDS = 31_536_000
_FUNCTION_TEMPLATE = Path(__file__).with_name("edge_function.js")


def edge_function(origins: Sequence[str]) -> str:
    """Returns the source of the viewer-request function.

    The function refuses requests that override their method, and requests from pages of other sites not listed in
    `origins`.
    """
    values = {
        "ORIGINS": list(origins),
        "METHODS": ", ".join(METHODS),
        "HEADERS": ", ".join(_REQUEST_HEADERS),
        "MAX_AGE": str(_PREFLIGHT_SECONDS),
        "MARK": EDGE_MARK,
        "MARK_VALUE": EDGE_MARK_VALUE,
    }
    code = _FUNCTION_TEMPLATE.read_text()
    return code.replace("__CONFIGURATION__", json.dumps(values, indent=4, sort_keys=True))


def cors(origins: Sequence[str]) -> aws.cloudfront.ResponseHeadersPolicyCorsConfigArgsDict:
    """Returns the CORS headers for pages from `origins`: the page's own origin, never *, with credentials."""
    return {
        "access_control_allow_origins": {"items": list(origins)},
        "access_control_allow_credentials": True,
        "access_control_allow_methods": {"items": METHODS},
        "access_control_allow_headers": {"items": _REQUEST_HEADERS},
        "access_control_expose_headers": {"items": _ANSWER_HEADERS},
        "origin_override": True,
    }


def security_headers(
    frame_ancestors: Sequence[str],
) -> aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigArgsDict:
    """Returns the security headers for every response from Orthanc.

    The sites in `frame_ancestors` may show its pages in frames. The Content-Security-Policy restricts frames only.
    OHIF and Stone need inline scripts, WebAssembly, blob: workers and evaluation of code. A policy that permits
    all of these would block nothing that matters.
    """
    return {
        **_frames(frame_ancestors),
        # For this domain name only. The stack does not know about its subdomains or about browsers' preload lists.
        "strict_transport_security": {
            "access_control_max_age_sec": _YEAR_SECONDS,
            "include_subdomains": False,
            "preload": False,
            "override": True,
        },
        # Prevents browsers from running a DICOM file that looks like a web page.
        "content_type_options": {"override": True},
        # URLs identify studies and, in query strings, patients.
        "referrer_policy": {"referrer_policy": "same-origin", "override": True},
    }


def _frames(ancestors: Sequence[str]) -> aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigArgsDict:
    """Returns the header that restricts frames.

    The user interface shows the viewers in frames of its own origin. X-Frame-Options cannot name another origin.
    """
    if not ancestors:
        return {"frame_options": {"frame_option": "SAMEORIGIN", "override": True}}
    policy = " ".join(("frame-ancestors 'self'", *ancestors))
    return {"content_security_policy": {"content_security_policy": policy, "override": True}}
