"""A small real web server that plays one version of a service: `python upstream.py KEY [PORT]` prints its port."""

import asyncio
import sys

from aiohttp import WSMsgType, web


class Upstream:
    """Answers every request with its key; falls ill, answers badly or slowly as it is told."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.healthy = True
        self.seen: list[dict[str, str]] = []

    async def health(self, request: web.Request) -> web.Response:
        return web.Response(status=200 if self.healthy else 503)

    async def answer(self, request: web.Request) -> web.Response:
        self.seen.append({name.lower(): value for name, value in request.headers.items()})
        await asyncio.sleep(float(request.query.get("wait", "0")))
        body = await request.read()
        return web.Response(status=int(request.query.get("status", "200")), text=f"{self.key}{len(body) or ''}")

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Send a line every 50 ms, as many as are asked for; break off before the end with `broken=1`."""
        response = web.StreamResponse()
        await response.prepare(request)
        for number in range(int(request.query["lines"])):
            await response.write(f"{self.key} {number}\n".encode())
            await asyncio.sleep(0.05)
        if "broken" in request.query and request.transport:
            request.transport.abort()
        return response

    async def echo(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            if message.type == WSMsgType.TEXT:
                await socket.send_str(f"{self.key} {message.data}")
        return socket

    async def start(self, port: int = 0) -> tuple[web.AppRunner, int]:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_get("/health", self.health)
        app.router.add_get("/stream", self.stream)
        app.router.add_get("/socket", self.echo)
        app.router.add_route("*", "/{path:.*}", self.answer)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        return runner, site._server.sockets[0].getsockname()[1]


async def main() -> None:
    _, port = await Upstream(sys.argv[1]).start(int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    print(port, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
