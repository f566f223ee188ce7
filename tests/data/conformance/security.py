"""Security profiles, and what the program configures."""

import json
import ssl
from importlib.metadata import version

import requests

from components.ingress.dicom import TLS_POLICY
from local.images import docker, ensure_dcmtk_image
from tests.data.conformance.claims import Check, Claim, Section
from tests.data.conformance.system import System
from tests.data.files import made_up


def _reported(path: str) -> Check:
    return lambda system: system.archive.get(path).json()["Version"]


def _package(name: str) -> Check:
    return lambda system: version(name)


def _dcmtk(system: System) -> str:
    package = docker(
        "run", "--rm", ensure_dcmtk_image(print), "dpkg-query", "--show", "--showformat=${Version}", "dcmtk"
    )
    return package.partition("-")[0]


def _configured(*options: str) -> Check:
    """The value that these options have in every task, once those are gone that were there before DICOM."""

    def measure(system: System) -> str:
        found: set[str] = set()

        def alike() -> bool:
            found.clear()
            for task in system.archive.tasks():
                configured = json.loads(docker("exec", task["name"], "cat", "/tmp/orthanc.json"))  # noqa: S108 - upstream's
                found.update(
                    json.dumps(configured.get(option, "Orthanc's default")).strip('"') for option in options
                )
            return len(found) == 1

        system.archive.eventually(alike, f"the tasks have different values of {options}")
        return found.pop()

    return measure


def _unauthorized(method: str, path: str, credentials: tuple[str, str] | None) -> Check:
    def measure(system: System) -> str:
        url = f"{system.archive.url}{path}"
        answer = requests.request(method, url, auth=credentials, timeout=60)
        asked = answer.headers.get("WWW-Authenticate", "")
        return f"{answer.status_code}" + (f", `WWW-Authenticate: {asked}`" if asked else "")

    return measure


def _header(name: str) -> Check:
    return lambda system: f"`{system.archive.get('/system').headers[name]}`"


def _in_clear(system: System) -> str:
    return "accepted" if system.opened.is_let_in("PACS") else "refused"


def _anonymized(keyword: str) -> Check:
    """An attribute of a study after Orthanc's REST API has anonymized it."""

    def measure(system: System) -> str:
        dataset, archive = made_up(), system.archive
        system.store(dataset)
        [study] = archive.session.post(
            f"{archive.url}/tools/lookup", data=dataset.StudyInstanceUID, timeout=60
        ).json()
        answer = archive.session.post(f"{archive.url}{study['Path']}/anonymize", data="{}", timeout=60)
        answer.raise_for_status()
        tags = archive.get(f"{answer.json()['Path']}/instances-tags?simplify").json()
        return f"`{next(iter(tags.values())).get(keyword, 'none')}`"

    return measure


def _over_tls(newest: ssl.TLSVersion | None) -> Check:
    """C-ECHO over TLS of that version at most; None: in clear."""

    def measure(system: System) -> str:
        assert system.tls, "the listener speaks no TLS yet"
        if newest:
            system.tls.maximum_version = newest
        return "accepted" if system.opened.is_let_in("PACS", tls=system.tls if newest else None) else "refused"

    return measure


def _policy(system: System) -> str:
    balancing = system.archive.embedded.client("elbv2")
    balancers = balancing.describe_load_balancers()["LoadBalancers"]
    [network] = [each["LoadBalancerArn"] for each in balancers if each["Type"] == "network"]
    [listener] = balancing.describe_listeners(LoadBalancerArn=network)["Listeners"]
    return f"`{listener['SslPolicy']}`"


# Once dicomCertificateArn is set: the tests of that deployment measure it.
OVER_TLS = Section(
    "# DICOM over TLS, with `dicomCertificateArn`",
    ["association", "answer"],
    [
        Claim("in clear", "refused", _over_tls(None)),
        Claim("TLS 1.2, without a certificate of the modality's", "accepted", _over_tls(ssl.TLSVersion.TLSv1_2)),
        Claim("TLS 1.3, without a certificate of the modality's", "accepted", _over_tls(ssl.TLSVersion.TLSv1_3)),
        Claim("security policy of the listener, which AWS enforces", f"`{TLS_POLICY}`", _policy),
    ],
)

# What the program sets, as far as clients meet it; and what it leaves.
_OPTIONS = {
    "DicomAet": "ORTHANC",
    "DicomCheckCalledAet": "true",
    "DicomCheckModalityHost": "true",
    "DefaultEncoding": "Utf8",
    "LimitFindResults": "0",
    "LimitFindInstances": "0",
    "OverwriteInstances": "IfChanged",
    "StorageAccessOnFind": "Never",
    "MaximumRequestBodySizeMB": "320",
}
_DEFAULTS = (
    *("AcceptedSopClasses", "AcceptedTransferSyntaxes", "DicomScpTimeout", "DicomThreadsCount"),
    *("ExtraMainDicomTags", "MaximumPduLength", "TranscodeDicomProtocol", "UnknownSopClassAccepted"),
)

VERSIONS = [
    Section(
        "Versions",
        ["program", "version"],
        [
            Claim("Orthanc", "1.13.0", _reported("/system")),
            Claim("DICOMweb plugin", "1.24", _reported("/plugins/dicom-web")),
            Claim("GDCM plugin", "1.8", _reported("/plugins/gdcm")),
            Claim("PostgreSQL plugin", "5.0", _reported("/plugins/postgresql-index")),
            Claim("DCMTK, as a client", "3.6.9", _dcmtk),
            *(
                Claim(f"{name}, as a client", version(name), _package(name))
                for name in ("pynetdicom", "dicomweb-client")
            ),
        ],
    ),
    Section(
        "Configuration",
        ["Orthanc's option", "value"],
        [
            *(Claim(f"`{option}`", states, _configured(option)) for option, states in _OPTIONS.items()),
            Claim(", ".join(f"`{each}`" for each in _DEFAULTS), "Orthanc's default", _configured(*_DEFAULTS)),
        ],
    ),
]

SECTIONS = [
    Section(
        "Security",
        ["", ""],
        [
            Claim("DICOM in clear, with `dicomCertificateArn` empty", "accepted", _in_clear),
            Claim(
                "`GET /dicom-web/studies` without credentials",
                '401, `WWW-Authenticate: Basic realm="Orthanc Secure Area"`',
                _unauthorized("GET", "/dicom-web/studies", None),
            ),
            Claim(
                "with a wrong password",
                '401, `WWW-Authenticate: Basic realm="Orthanc Secure Area"`',
                _unauthorized("GET", "/dicom-web/studies", ("admin", "wrong")),
            ),
            Claim(
                "`OPTIONS /dicom-web/studies` without credentials",
                '401, `WWW-Authenticate: Basic realm="Orthanc Secure Area"`',
                _unauthorized("OPTIONS", "/dicom-web/studies", None),
            ),
            Claim(
                "`Strict-Transport-Security` of answers",
                "`max-age=31536000`",
                _header("Strict-Transport-Security"),
            ),
            Claim(
                "Deidentification Method after `POST /studies/{id}/anonymize`",
                "`Orthanc 1.13.0 - PS 3.15-2023b Table E.1-1 Basic Profile`",
                _anonymized("DeidentificationMethod"),
            ),
            Claim("Patient Identity Removed after it", "`YES`", _anonymized("PatientIdentityRemoved")),
        ],
    ),
]
