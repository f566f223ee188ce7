"""ECR whose registry is the place's own, on loopback, instead of a host that does not exist."""

import base64
from datetime import timedelta
from typing import Any

from moto.core.utils import utcnow
from moto.ecr.models import ECRBackend, Repository
from moto.ecr.responses import ECRResponse

from local.emulator.overlay import Parameters, operation, replaces
from local.place import Place

TOKEN = base64.b64encode(b"AWS:loopback").decode()  # the registry on loopback asks for none

_registry = ""


def configure(place: Place, *, tasks: bool) -> None:
    """Name the place's registry in all that follows."""
    global _registry
    _registry = f"127.0.0.1:{place.port('registry')}"


@replaces(ECRBackend)
def create_repository(original: Any, self: Any, *args: Any, **kwargs: Any) -> Repository:
    """A repository's URI is where its images can be pushed to."""
    repository = original(self, *args, **kwargs)
    repository.uri = f"{_registry}/{repository.name}"
    return repository


def _get_authorization_token(request: Any, given: Parameters) -> Parameters:
    token = {
        "authorizationToken": TOKEN,
        "expiresAt": utcnow() + timedelta(hours=12),
        "proxyEndpoint": f"http://{_registry}",
    }
    return {"authorizationData": [token]}


operation(ECRResponse, "GetAuthorizationToken", _get_authorization_token)
