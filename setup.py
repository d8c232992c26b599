"""What pyproject.toml cannot say: the package carries the example shop, of which `examples/shop` is the one copy."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

EXAMPLE = Path(__file__).parent / "examples" / "shop"
LEFT_OUT = shutil.ignore_patterns("__pycache__", ".flight", "data")


class WithTheExample(build_py):
    """Copies the shop to where `flight demo` of an installed package looks; an editable one looks into the checkout."""

    def run(self) -> None:
        """Build the package, then put the shop into it."""
        super().run()
        if not self.editable_mode:
            place = Path(self.build_lib, "flightrules", "demo", "example")
            shutil.copytree(EXAMPLE, place, dirs_exist_ok=True, ignore=LEFT_OUT)


setup(cmdclass={"build_py": WithTheExample})
