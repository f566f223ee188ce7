"""Hold answers back: what a far server does. Runs in a container, with the standard library only.

    delay.py PORT TARGET_PORT MILLISECONDS

Whoever connects to PORT is connected to TARGET_PORT of the same host. What comes back from there arrives
later by as much, in order and at full speed.
"""

import asyncio
import sys

_BLOCK_BYTES = 1 << 18
_BLOCKS_ON_THE_WAY = 256
_CONTINUE = b"HTTP/1.1 100 "


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
    """Pass on what is read, `seconds` after it came."""
    clock = asyncio.get_running_loop().time
    on_the_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_BLOCKS_ON_THE_WAY)

    async def read() -> None:
        block = b"."
        while block:
            block = await reader.read(_BLOCK_BYTES)
            # A client that asks whether its body is wanted hears so at once: that is no answer yet.
            wait = 0 if block.startswith(_CONTINUE) else seconds
            await on_the_way.put((clock() + wait, block))

    reading = asyncio.create_task(read())
    try:
        while True:
            due, block = await on_the_way.get()
            if (wait := due - clock()) > 0:
                await asyncio.sleep(wait)
            if not block:
                return
            writer.write(block)
            await writer.drain()
    except ConnectionError:
        return
    finally:
        reading.cancel()
        writer.close()


async def main(port: int, target: int, milliseconds: float) -> None:
    """Serve until the process is ended."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", target, limit=_BLOCK_BYTES)
        await asyncio.gather(_copy(reader, back, 0), _copy(there, writer, milliseconds / 1000))

    async with await asyncio.start_server(connected, "0.0.0.0", port, limit=_BLOCK_BYTES) as server:  # noqa: S104
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
