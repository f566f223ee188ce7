"""The emulated AWS of a workspace: moto as a server on loopback, extended in process by `overlay`."""
