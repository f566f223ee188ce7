"""The emulated AWS of a place: moto as a server on loopback, extended in process by `overlay`."""
