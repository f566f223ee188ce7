"""The stand-in for the random plugin: RandomPassword (without bcryptHash) and RandomId. It makes no calls."""

import base64
import secrets
import string
from importlib.metadata import version

from pulumi.runtime.rpc import UNKNOWN

from offline.stand_ins.codec import Values
from offline.stand_ins.servicer import Difference, Plugin, Refused, Say, serve

_PASSWORD = "random:index/randomPassword:RandomPassword"  # noqa: S105 - a type's token
_ID = "random:index/randomId:RandomId"
_OUTPUTS = {_PASSWORD: ("result",), _ID: ("hex", "dec", "b64Url", "b64Std")}
# Whether a password contains characters of a class, and the minimum number.
_CLASSES = {
    ("lower", "minLower"): string.ascii_lowercase,
    ("upper", "minUpper"): string.ascii_uppercase,
    ("numeric", "minNumeric"): string.digits,
    ("special", "minSpecial"): "!@#$%&*()-_=+[]{}<>:?",
}
_INPUTS = {
    _PASSWORD: {"length", "keepers", "overrideSpecial"}.union(*_CLASSES),
    _ID: {"byteLength", "keepers", "prefix"},
}


class Random(Plugin):
    """Generated values are kept; a change of any input generates new ones."""

    version = version("pulumi-random")

    def check(self, kind: str, inputs: Values, old: Values, name: str, seed: bytes) -> Values:
        """Both types require a length."""
        if strangers := sorted(set(inputs) - _INPUTS.get(kind, set()) - {"__defaults"}):
            raise Refused(f"the stand-in for random does not understand {', '.join(strangers)} of {kind}")
        needed = "length" if kind == _PASSWORD else "byteLength"
        if not inputs.get(needed):
            raise Refused(f"{needed} is needed", needed)
        return inputs

    def diff(self, kind: str, old: Values, new: Values, outputs: Values) -> Difference:
        """Every change requires a new resource."""
        changed = sorted(key for key in {*old, *new} - {"__defaults"} if old.get(key) != new.get(key))
        return Difference(changed, changed)

    def planned(self, kind: str, inputs: Values, outputs: Values) -> Values:
        """Generated values are unknown before the creation."""
        return {**inputs, **(outputs or dict.fromkeys(_OUTPUTS[kind], UNKNOWN))}

    def create(self, kind: str, inputs: Values, say: Say) -> tuple[str, Values]:
        """Generate the values."""
        if kind == _PASSWORD:
            return "none", {**inputs, "result": password(inputs)}
        drawn, prefix = secrets.token_bytes(inputs["byteLength"]), inputs.get("prefix") or ""
        url = base64.urlsafe_b64encode(drawn).decode().rstrip("=")
        return url, {
            **inputs,
            "hex": prefix + drawn.hex(),
            "dec": prefix + str(int.from_bytes(drawn)),
            "b64Url": prefix + url,
            "b64Std": prefix + base64.b64encode(drawn).decode(),
        }

    def secrets(self, kind: str) -> set[str]:
        """The result of a password is secret."""
        return {"result"} if kind == _PASSWORD else set()


def password(inputs: Values) -> str:
    """A password of the given length, from the classes that are on, with the minimum number of each.

    Raises Refused if the inputs contradict each other.
    """
    drawn: list[str] = []
    alphabet = ""
    for (wanted, minimum), letters in _CLASSES.items():
        if inputs.get(wanted, True):
            letters = inputs.get("overrideSpecial") or letters if wanted == "special" else letters
            alphabet += letters
            drawn += [secrets.choice(letters) for _ in range(inputs.get(minimum) or 0)]
    rest = inputs["length"] - len(drawn)
    if rest < 0 or not alphabet:
        raise Refused(f"no password of {inputs['length']} characters has what is asked for")
    drawn += [secrets.choice(alphabet) for _ in range(rest)]
    secrets.SystemRandom().shuffle(drawn)
    return "".join(drawn)


if __name__ == "__main__":
    serve(Random)
