"""What helps to operate a stack, and is no part of it."""
