"""What a user of the embedded AWS reads when something fails: the engine passes it on."""

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
    own = embedded.place.root / "broken"
    own.mkdir()
    (own / "Pulumi.yaml").write_text(PROJECT)
    (own / "__main__.py").write_text(PROGRAM)
    (own / "Pulumi.dev.yaml").write_text((embedded.place.root / "Pulumi.local.yaml").read_text())
    here = ("--cwd", str(own), "--color=never")
    embedded.pulumi("stack", "init", *here, stack="dev")
    done = embedded.pulumi("up", "--yes", "--skip-preview", *here, stack="dev", check=False)
    assert done.returncode and TOLD in " ".join(done.stdout.split()), done.stdout
