"""The certificate authorities of RDS that go into the image."""

import datetime
import re
from pathlib import Path

import pytest
from cryptography import x509

BUNDLE = Path(__file__).parents[3] / "docker/rds-global-bundle.pem"
# Where such archives are mostly run; rds-ca-rsa2048-g1 is what RDS gives an instance that asks for nothing else.
REGIONS = [
    *("eu-central-1", "eu-north-1", "eu-south-1", "eu-west-1", "eu-west-2", "eu-west-3"),
    *("us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1"),
    *("ap-northeast-1", "ap-south-1", "ap-southeast-1", "ap-southeast-2"),
]


@pytest.fixture(scope="module")
def authorities() -> dict[str, x509.Certificate]:
    certificates = x509.load_pem_x509_certificates(BUNDLE.read_bytes())
    return {
        str(certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value): certificate
        for certificate in certificates
    }


@pytest.mark.parametrize("region", REGIONS)
def test_every_region_has_its_authority(authorities: dict[str, x509.Certificate], region: str):
    authority = authorities[f"Amazon RDS {region} Root CA RSA2048 G1"]
    assert authority.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert authority.subject == authority.issuer, "not a root: libpq would look further"


def test_none_expires_while_a_deployment_lives(authorities: dict[str, x509.Certificate]):
    first = min(authorities.values(), key=lambda authority: authority.not_valid_after_utc)
    in_ten_years = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=3650)
    assert first.not_valid_after_utc > in_ten_years, f"renew {BUNDLE}: {first.subject} ends too soon"


def test_only_production_is_trusted(authorities: dict[str, x509.Certificate]):
    assert len(authorities) >= 80
    strangers = [name for name in authorities if not re.fullmatch(r"Amazon RDS \S+ Root CA (RSA|ECC)\d+ G1", name)]
    assert not strangers, "the tasks would trust what these sign"
