"""Another project that imports the components, on the real engine: what it plans."""

import json

import yaml

from tests.embedded import Embedded

EXAMPLE = "examples/research-archive"


def test_the_example_is_previewed(embedded: Embedded):
    own = embedded.workspace.root / EXAMPLE
    stack = own / "Pulumi.research.yaml"
    configured = yaml.safe_load(stack.read_text())
    # The embedded AWS, and nothing of the other project's settings.
    local = yaml.safe_load((embedded.workspace.root / "Pulumi.local.yaml").read_text())["config"]
    configured["config"] = {**local, **configured["config"]}
    configured["config"] = {key: value for key, value in configured["config"].items() if key.startswith("aws:")}
    stack.write_text(yaml.safe_dump(configured))
    embedded.pulumi("stack", "init", "--cwd", str(own), stack="research")
    planned = json.loads(embedded.pulumi("preview", "--json", "--cwd", str(own), stack="research").stdout)
    made = {step["newState"]["type"] for step in planned["steps"] if step["op"] == "create"}
    assert {"orthanc:service:OrthancService", "docker:index/image:Image", "aws:sqs/queue:Queue"} <= made
    [image] = [step["newState"] for step in planned["steps"] if step["newState"]["type"].startswith("docker:")]
    context = image["inputs"]["build"]["context"]
    assert (own / context).resolve().parent == embedded.workspace.root.resolve() / ".build"
    assert embedded.workspace.root.as_posix() not in json.dumps(image["inputs"]), "the state names a path"
