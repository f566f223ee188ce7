"""`python -IS started.py (-m MODULE | PROGRAM) [ARGUMENT …]`: runs it in a warm process, or in this one.

The workspace's offline/warm.py has already loaded the SDK. This process exists as long as the program: it forwards
signals and ends when the program ends. The program ends when this process ends.
"""

import json
import os
import select
import signal
import socket
import sys

_INTERPRETER = sys.executable
_LOOK_SECONDS = 1  # between two checks whether the parent, an engine that may be killed, still exists


def main() -> int:
    """Run the program; returns its exit status."""
    given = sys.argv[1:]
    connection = _connected()
    if not connection:
        os.execv(_INTERPRETER, [_INTERPRETER, *given])
    is_module = given[0] == "-m"
    request = {
        "arguments": given[is_module:],
        "is_module": is_module,
        "environment": dict(os.environ),
        "directory": os.getcwd(),
    }
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: connection.send(bytes([number])))
    parent = os.getppid()
    socket.send_fds(connection, [b"\0"], [0, 1, 2])
    connection.sendall(json.dumps(request).encode() + b"\n")
    while os.getppid() == parent:
        if select.select([connection], [], [], _LOOK_SECONDS)[0]:
            status = connection.recv(1)
            return status[0] if status else 1
    return 1


def _connected():
    """A connection to the workspace's warm process, if it has one and this is the workspace's interpreter."""
    root = os.environ.get("ORTHANC_LOCAL_ROOT", "/nowhere")
    connection = socket.socket(socket.AF_UNIX)
    try:
        if not os.path.samefile(os.path.dirname(_INTERPRETER), os.path.join(root, ".venv/bin")):
            return None
        directory = os.open(os.path.join(root, ".local/run"), os.O_RDONLY)
        connection.connect(f"/proc/self/fd/{directory}/warm.sock")
        os.close(directory)
    except OSError:
        return None
    return connection


if __name__ == "__main__":
    sys.exit(main())
