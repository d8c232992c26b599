"""The shop that the demo releases: a copy of the example, in a folder of its own, on a port that is free."""

from __future__ import annotations

import json
import shutil
import socket
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from flightrules.domain.errors import FlightError

USUAL = 8080
TRIES = 20
"""How often the operating system is asked for a port that nobody has claimed."""

EXAMPLES = (Path(__file__).parent / "example", Path(__file__).parents[3] / "examples" / "shop")
"""Where the example lies in an installed package, and in a checkout."""

LEFT_OUT = shutil.ignore_patterns("__pycache__", ".flight", "data")
"""What somebody who released the example where it lies has left there."""

NOTE = "demo.json"
"""What a demo that was left running says about itself, for whoever stops it."""


@dataclass(frozen=True)
class Shop:
    """One copy of the shop. `address` is `host:port` of its router."""

    folder: str
    address: str

    @property
    def plan(self) -> Path:
        """The plan file."""
        return Path(self.folder) / "flight.yaml"

    @property
    def state(self) -> Path:
        """The folder with the state of its releases."""
        return Path(self.folder) / ".flight"

    @property
    def url(self) -> str:
        """Where users reach it."""
        return f"http://{self.address}"

    def listen_here(self) -> None:
        """Let the plan listen on the shop's own address."""
        self.plan.write_text(self.plan.read_text().replace(f"127.0.0.1:{USUAL}", self.address))

    def note(self, traffic: int) -> None:
        """Write down, in its folder, what is left running: `traffic` is the process that sends it."""
        (Path(self.folder) / NOTE).write_text(json.dumps({**asdict(self), "traffic": traffic}))

    def remove(self) -> None:
        """Remove the copy, with the record of its releases."""
        shutil.rmtree(self.folder, ignore_errors=True)


def copy(port: int, examples: Sequence[Path] = EXAMPLES) -> Shop:
    """Copy the first of `examples` that is there, to listen on `port`. Raises `FlightError` where none is."""
    example = next((each for each in examples if (each / "flight.yaml").is_file()), None)
    if example is None:
        raise FlightError(
            "the example shop is not here: this package of Flight Rules was built without it",
            "get the source, and run `make demo` in it",
        )
    folder = Path(tempfile.mkdtemp(prefix="flight-demo-"))
    shutil.copytree(example, folder, dirs_exist_ok=True, ignore=LEFT_OUT)
    shop = Shop(str(folder), f"127.0.0.1:{port}")
    shop.listen_here()
    return shop


def left_running(folder: Path) -> tuple[Shop, int]:
    """Return the demo that was left running in `folder`, and the process that sends its traffic."""
    try:
        noted = json.loads((folder / NOTE).read_text())
        return Shop(str(folder), noted["address"]), int(noted["traffic"])
    except (OSError, ValueError, KeyError) as error:
        raise FlightError(
            f"no demo was left running in {folder}", "name the folder that `flight demo --keep` printed"
        ) from error


@contextmanager
def claimed_port() -> Iterator[int]:
    """Yield a port for one demo: 8080 where it is free, else one that the operating system chooses.

    The router listens on it only later. Until then a datagram socket of the same number, on which nobody ever sends,
    tells a second demo that it is spoken for: the kernel gives it back however this process ends.
    """
    for wished in (USUAL, *(0 for _ in range(TRIES))):
        with socket.socket() as probe, socket.socket(type=socket.SOCK_DGRAM) as claim:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", wished))
                port = int(probe.getsockname()[1])
                claim.bind(("127.0.0.1", port))
            except OSError:
                continue
            probe.close()
            yield port
            return
    raise FlightError("no port on 127.0.0.1 is free", "end what holds them")
