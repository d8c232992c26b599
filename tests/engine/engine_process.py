"""A process that drives one story of three steps with the real engine; the tests kill it.

Usage: engine_process.py FOLDER RELEASE [new]. Each step appends its name to FOLDER/effects and then waits while
a file FOLDER/wait-NAME exists, so that the process can be killed between an effect and its record; while
FOLDER/broken-after-NAME exists, the story breaks there. TERM leaves in order.
"""

import asyncio
import signal
import sys
import time
from pathlib import Path

from flightrules.engine.dbos_engine import DbosEngine


def main(folder: Path, release: str, new: bool) -> None:
    async def effect(name: str) -> dict[str, str]:
        effects = folder / "effects"
        done = effects.read_text().split() if effects.exists() else []
        if name not in done:
            with effects.open("a") as stream:
                stream.write(f"{name}\n")
        with (folder / "runs").open("a") as stream:
            stream.write(f"{name}\n")
        while (folder / f"wait-{name}").exists():
            await asyncio.sleep(0.01)
        return {"name": name}

    async def carry_out(release_id: str, durable) -> str:
        if (folder / "broken").exists():
            raise KeyError("the record says nothing of this")
        (folder / "went-on-after").write_text(str(time.monotonic() - launched))
        done = []
        for name in ("build", "shift", "stop"):
            done.append((await durable.step(name, lambda n=name: effect(n)))["name"])
            if (folder / f"broken-after-{name}").exists():
                raise RuntimeError("a defect between two steps")
        return "-".join(done)

    engine = DbosEngine(folder / "engine.db", carry_out)
    engine.launch()
    launched = time.monotonic()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit("left"))
    try:
        if new:
            engine.start(release)
        print(engine.ending(release).result(timeout=60), flush=True)
    finally:
        engine.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], "new" in sys.argv)
