"""The name of the stack as part of names that AWS restricts.

Pulumi accepts stack names of up to 100 letters, digits, hyphens, underscores and dots. Most AWS services do not
accept dots, and some names must be shorter.
"""

import hashlib

_DIGITS = 6


def with_stack(prefix: str, stack: str, *, longest: int, separator: str = "-") -> str:
    """Returns `prefix`, `separator`, and the stack's name, with at most `longest` characters.

    They are letters, digits, hyphens, and underscores. If the stack's name must be changed, digits of its hash
    keep names unique: prod.eu does not become prod-eu.
    """
    plain = stack.replace(".", "-")
    room = longest - len(prefix) - len(separator)
    if plain != stack or len(plain) > room:
        digits = hashlib.sha256(stack.encode()).hexdigest()[:_DIGITS]
        plain = f"{plain[: room - _DIGITS - 1]}-{digits}"
    return f"{prefix}{separator}{plain}"
