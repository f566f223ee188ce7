"""The stand-in for the random plugin: RandomPassword and RandomId. It calls nobody."""

import base64
import secrets
import string
from importlib.metadata import version

from pulumi.runtime.rpc import UNKNOWN

from local.standins.codec import Values
from local.standins.mapping import same
from local.standins.servicer import Difference, Plugin, Refused, Say, serve

_PASSWORD = "random:index/randomPassword:RandomPassword"  # noqa: S105 - a type's token
_ID = "random:index/randomId:RandomId"
_OUTPUTS = {_PASSWORD: ("result", "bcryptHash"), _ID: ("hex", "dec", "b64Url", "b64Std")}
_INPUTS = {
    _PASSWORD: {"length", "keepers", "lower", "upper", "numeric", "special", "overrideSpecial"},
    _ID: {"byteLength", "keepers", "prefix"},
}
_SPECIAL = "!@#$%&*()-_=+[]{}<>:?"


class Random(Plugin):
    """What is drawn once stays: any other input draws anew."""

    version = version("pulumi-random")

    def check(self, kind: str, inputs: Values, old: Values, name: str, seed: bytes) -> Values:
        """Both types need to know how much to draw."""
        if strangers := sorted(set(inputs) - _INPUTS.get(kind, set())):
            raise Refused(f"the stand-in for random does not understand {', '.join(strangers)} of {kind}")
        needed = "length" if kind == _PASSWORD else "byteLength"
        if not inputs.get(needed):
            raise Refused(f"{needed} is needed", needed)
        return inputs

    def diff(self, kind: str, old: Values, new: Values) -> Difference:
        """Every change wants a new one."""
        changed = sorted(key for key in {*old, *new} - {"__defaults"} if not same(old.get(key), new.get(key)))
        return Difference(changed, changed)

    def planned(self, kind: str, inputs: Values, outputs: Values) -> Values:
        """Nobody knows what will be drawn."""
        return {**inputs, **(outputs or dict.fromkeys(_OUTPUTS[kind], UNKNOWN))}

    def create(self, kind: str, inputs: Values, say: Say) -> tuple[str, Values]:
        """Draw."""
        if kind == _ID:
            drawn = secrets.token_bytes(inputs["byteLength"])
            prefix = inputs.get("prefix", "")
            url = base64.urlsafe_b64encode(drawn).decode().rstrip("=")
            return url, {
                **inputs,
                "hex": prefix + drawn.hex(),
                "dec": prefix + str(int.from_bytes(drawn)),
                "b64Url": prefix + url,
                "b64Std": prefix + base64.b64encode(drawn).decode(),
            }
        classes = {
            "lower": string.ascii_lowercase,
            "upper": string.ascii_uppercase,
            "numeric": string.digits,
            "special": inputs.get("overrideSpecial") or _SPECIAL,
        }
        alphabet = "".join(letters for name, letters in classes.items() if inputs.get(name, True))
        return "none", {**inputs, "result": "".join(secrets.choice(alphabet) for _ in range(inputs["length"]))}

    def secrets(self, kind: str) -> set[str]:
        """A password and its hash."""
        return {"result", "bcryptHash"} if kind == _PASSWORD else set()


if __name__ == "__main__":
    serve(Random)
