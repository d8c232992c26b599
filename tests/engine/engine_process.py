"""A process that drives one story of three steps with the real engine; the tests kill it.

Usage: engine_process.py FOLDER RELEASE [new]. Each step appends its name to FOLDER/effects and then waits while
a file FOLDER/wait-NAME exists, so that the process can be killed between an effect and its record.
"""

import asyncio
import sys
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
        done = [(await durable.step(name, lambda n=name: effect(n)))["name"] for name in ("build", "shift", "stop")]
        return "-".join(done)

    engine = DbosEngine(folder / "engine.db", carry_out)
    engine.launch()
    if new:
        engine.start(release)
    print(engine.ending(release).result(timeout=60), flush=True)
    engine.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], "new" in sys.argv)
