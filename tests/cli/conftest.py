"""What the command line shows is shown of the same releases as to the views."""

from tests.views.conftest import clock, records, written

__all__ = ["clock", "records", "written"]
