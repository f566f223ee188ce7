"""What browsers may do: CORS, security headers, and the edge function that checks and marks requests."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pulumi_aws as aws

# The header with which the edge function marks what it lets pass, and without which the load balancer forwards
# nothing. A viewer's own header of that name is overwritten. CloudFront lets no function add X-Edge-… or X-Amz-….
# The origin request policy AllViewer forwards the headers of the request that the function returns, this one too.
EDGE_MARK, EDGE_MARK_VALUE = "x-orthanc-edge", "passed"

METHODS = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]
# What DICOMweb clients send across origins, and what they must be able to read of the answers.
_REQUEST_HEADERS = ["Accept", "Authorization", "Content-Type", "Range"]
_ANSWER_HEADERS = ["Content-Disposition", "Content-Location", "Content-Range", "ETag"]
_PREFLIGHT_SECONDS = 600

_YEAR_SECONDS = 31_536_000
_FUNCTION_TEMPLATE = Path(__file__).with_name("edge_function.js")


def edge_function(origins: Sequence[str]) -> str:
    """The source of the viewer-request function: no overridden methods, no pages of other sites than these."""
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
    """The CORS headers of answers to pages of these sites: the page's own origin, never *; with credentials."""
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
    """Security headers of every answer that comes from Orthanc; the listed sites may show its pages in frames.

    No Content-Security-Policy but for frames: OHIF and Stone need inline scripts, WebAssembly, blob: workers and
    evaluation of code, so that one which leaves them working would forbid nothing that matters.
    """
    return {
        **_frames(frame_ancestors),
        # For this name alone: of its subdomains, and of a browser's preload list, the stack knows nothing.
        "strict_transport_security": {
            "access_control_max_age_sec": _YEAR_SECONDS,
            "include_subdomains": False,
            "preload": False,
            "override": True,
        },
        # A DICOM file that looks like a page is not run as one.
        "content_type_options": {"override": True},
        # URLs name studies and, in queries, patients.
        "referrer_policy": {"referrer_policy": "same-origin", "override": True},
    }


def _frames(ancestors: Sequence[str]) -> aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigArgsDict:
    """The user interface shows the viewers in frames of its own origin. X-Frame-Options can name no other one."""
    if not ancestors:
        return {"frame_options": {"frame_option": "SAMEORIGIN", "override": True}}
    policy = " ".join(("frame-ancestors 'self'", *ancestors))
    return {"content_security_policy": {"content_security_policy": policy, "override": True}}
