"""The stages in a row, the present one in bold; below each other where the terminal is too narrow for a row."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from flightrules.cli.clean import clean
from flightrules.cli.drawing import style
from flightrules.cli.drawing.rows import rows
from flightrules.cli.drawing.style import Marks
from flightrules.domain.figures import duration, plain
from flightrules.views.model import ReleaseView, StageStatus, StageView

BETWEEN = "   "


def stages(view: ReleaseView, marks: Marks, width: int) -> list[Text]:
    """Return the lines with all stages, as many of them in a line as fit."""
    return rows((_stage(stage, view, marks) for stage in view.stages), BETWEEN, width)


def _stage(stage: StageView, view: ReleaseView, marks: Marks) -> Text:
    words = [marks.stages[stage.status], clean(stage.name), f"{plain(stage.share)}%", *_progress(stage, view)]
    return Text(" ".join(words), style.STAGES[stage.status])


def _progress(stage: StageView, view: ReleaseView) -> Sequence[str]:
    if stage.status is StageStatus.HOLDING and view.hold and view.hold.stage == stage.name:
        return (f"{duration(round(view.hold.held))}/{duration(stage.hold)}",)
    if stage.status is StageStatus.WAITING:
        return ()
    return (str(stage.status),)
