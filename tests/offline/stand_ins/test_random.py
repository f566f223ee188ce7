"""The random stand-in as the engine calls it: what it draws, when it draws anew, what it keeps secret."""

import base64
import string
from collections import Counter
from typing import Any

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime.proto import provider_pb2 as messages
from pulumi.runtime.rpc import UNKNOWN

from offline.stand_ins.codec import decode, encode
from offline.stand_ins.random import Random, password
from offline.stand_ins.servicer import Refused, Servicer

PASSWORD = "urn:pulumi:test::project::random:index/randomPassword:RandomPassword::name"
ID = "urn:pulumi:test::project::random:index/randomId:RandomId::name"
PLUGIN = Servicer(Random(), "127.0.0.1:1")


class Context:
    """Takes a refusal as gRPC does: it raises."""

    def abort(self, code: grpc.StatusCode, details: str) -> None:
        raise RuntimeError(details)


CONTEXT: Any = Context()


def created(urn: str, preview: bool = False, **inputs: Any) -> tuple[str, dict[str, Any], set[str]]:
    """Id, outputs and the names of the secret ones."""
    request = messages.CreateRequest(urn=urn, properties=encode(inputs), preview=preview)
    answer = PLUGIN.Create(request, CONTEXT)
    return answer.id, *decode(answer.properties)


def refusal(urn: str, **inputs: Any) -> str:
    [failure] = PLUGIN.Check(messages.CheckRequest(urn=urn, news=encode(inputs)), CONTEXT).failures
    return failure.reason


def test_a_password_is_secret_and_no_two_are_alike():
    drawn = [created(PASSWORD, length=32, special=False) for _ in range(20)]
    assert len({outputs["result"] for _, outputs, _ in drawn}) == 20
    for id, outputs, secret in drawn:
        assert len(outputs["result"]) == 32 and outputs["result"].isalnum()
        assert secret == {"result"}, "the password is readable in the state"
        assert id == "none", "ids are never encrypted: none holds the password"


CLASSES = {
    "Lower": string.ascii_lowercase,
    "Upper": string.ascii_uppercase,
    "Numeric": string.digits,
    "Special": "!@#$%&*()-_=+[]{}<>:?",
}


@given(
    minima=st.fixed_dictionaries({name: st.integers(0, 5) for name in CLASSES}),
    off=st.sets(st.sampled_from(sorted(CLASSES)), max_size=3),
    more=st.integers(1, 20),
)
def test_a_password_has_the_classes_that_it_is_asked_for(minima: dict[str, int], off: set[str], more: int):
    minima = {name: 0 if name in off else count for name, count in minima.items()}
    length = sum(minima.values()) + more
    switches = {name.lower(): False for name in off}
    drawn = password({"length": length, **switches, **{f"min{name}": count for name, count in minima.items()}})
    found = Counter(name for letter in drawn for name, letters in CLASSES.items() if letter in letters)
    assert len(drawn) == found.total() == length
    assert all(found[name] >= count for name, count in minima.items()) and not off & set(found)


def test_a_password_takes_its_special_characters_from_the_program():
    _, outputs, _ = created(
        PASSWORD, length=12, lower=False, upper=False, numeric=False, overrideSpecial="._", minSpecial=12
    )
    assert set(outputs["result"]) <= set("._")


@pytest.mark.parametrize(
    "inputs",
    [
        {"length": 3, "minLower": 4},
        {"length": 8, "lower": False, "upper": False, "numeric": False, "special": False},
    ],
)
def test_a_password_that_cannot_be_is_refused(inputs: dict[str, Any]):
    with pytest.raises(Refused):
        password(inputs)
    with pytest.raises(RuntimeError, match="has what is asked for"):
        created(PASSWORD, **inputs)


def test_an_id_is_the_same_bytes_in_every_form():
    id, outputs, secret = created(ID, byteLength=6, prefix="logs-")
    forms = {name: text.removeprefix("logs-") for name, text in outputs.items() if name != "byteLength"}
    drawn = bytes.fromhex(forms["hex"])
    assert len(drawn) == 6 and not secret
    assert int(forms["dec"]) == int.from_bytes(drawn)
    assert base64.b64decode(forms["b64Std"]) == base64.urlsafe_b64decode(forms["b64Url"]) == drawn
    assert id == forms["b64Url"], "the real plugin's id has no prefix"
    assert all(outputs[name].startswith("logs-") for name in ("hex", "dec", "b64Url", "b64Std"))


@pytest.mark.parametrize(("urn", "needed"), [(PASSWORD, "length"), (ID, "byteLength")])
def test_any_change_draws_anew(urn: str, needed: str):
    old = {needed: 8, "keepers": {"zone": "a"}}
    for change in ({needed: 9}, {"keepers": {"zone": "b"}}, {"keepers": None}):
        request = messages.DiffRequest(urn=urn, old_inputs=encode(old), news=encode(old | change))
        answer = PLUGIN.Diff(request, CONTEXT)
        assert list(answer.diffs) == list(answer.replaces) == list(change)
    request = messages.DiffRequest(urn=urn, old_inputs=encode(old), news=encode(old | {"prefix": None}))
    assert PLUGIN.Diff(request, CONTEXT).changes == messages.DiffResponse.DIFF_NONE


@pytest.mark.parametrize(("urn", "needed"), [(PASSWORD, "length"), (ID, "byteLength")])
def test_a_preview_draws_nothing(urn: str, needed: str):
    id, outputs, secret = created(urn, preview=True, **{needed: UNKNOWN})
    assert not id and set(outputs.values()) == {UNKNOWN}
    assert secret == ({"result"} if urn == PASSWORD else set())


def test_what_is_drawn_stays():
    _, outputs, _ = created(PASSWORD, length=8)
    request = messages.ReadRequest(urn=PASSWORD, id="none", properties=encode(outputs, {"result"}))
    assert decode(PLUGIN.Read(request, CONTEXT).properties) == (outputs, {"result"})
    PLUGIN.Delete(messages.DeleteRequest(urn=PASSWORD, id="none"), CONTEXT)


def test_what_it_does_not_understand_it_refuses():
    assert "rotation of random:index/randomPassword" in refusal(PASSWORD, length=8, rotation=1)
    assert refusal(PASSWORD) == "length is needed"
    assert refusal(ID, length=8).endswith("does not understand length of random:index/randomId:RandomId")
    assert not PLUGIN.Check(messages.CheckRequest(urn=ID, news=encode({"byteLength": UNKNOWN})), CONTEXT).failures
