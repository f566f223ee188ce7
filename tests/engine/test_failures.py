"""What a user of the embedded AWS reads when something fails: the engine passes it on."""

import sys

from tests.embedded import Embedded

PROJECT = """\
name: broken
runtime:
  name: python
  options:
    virtualenv: ../.venv
"""
PROGRAM = """\
import pulumi_aws as aws

aws.ec2.Subnet("lonely", vpc_id="vpc-gone", cidr_block="10.0.0.0/24")
"""
TOLD = (
    "aws:ec2/subnet:Subnet lonely: CreateSubnet: AWS answers InvalidVpcID.NotFound: VpcID vpc-gone does not exist"
)


def test_a_failure_names_resource_and_remedy(embedded: Embedded):
    own = embedded.workspace.root / "broken"
    own.mkdir()
    (own / "Pulumi.yaml").write_text(PROJECT)
    (own / "__main__.py").write_text(PROGRAM)
    (own / "Pulumi.dev.yaml").write_text((embedded.workspace.root / "Pulumi.local.yaml").read_text())
    here = ("--cwd", str(own), "--color=never")
    embedded.pulumi("stack", "init", *here, stack="dev")
    done = embedded.pulumi("up", "--yes", "--skip-preview", *here, stack="dev", check=False)
    assert done.returncode and TOLD in " ".join(done.stdout.split()), done.stdout


def test_a_resource_that_fails_makes_make_up_fail(embedded: Embedded):
    acm = embedded.client("acm")
    pending = acm.request_certificate(DomainName="dicom.example.org")["CertificateArn"]
    settings = {
        "dicomIngress": "internal",
        "dicomAllowedCidrs": ["10.0.0.0/8"],
        "dicomModalities": [{"aet": "CT1", "host": "10.0.0.1", "port": 104, "allow": ["store"]}],
        "dicomCertificateArn": pending,
    }
    embedded.configure(**settings)
    done = embedded.run([sys.executable, "-m", "local", "up", "--no-tasks"])
    embedded.configure(**dict.fromkeys(settings))
    assert done.returncode and "CreateListener" in done.stdout and "log in" not in done.stdout, done.stdout
    assert embedded.changes(), "nothing of it was deployed"
    acm.delete_certificate(CertificateArn=pending)
