"""Tools that help to operate a stack, but are not part of it."""
