"""How figures are written for people: the same everywhere, short, and never more exact than they are."""

from __future__ import annotations

from flightrules.domain.plan import Unit

_SPANS = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))
_NAMED_SPANS = {1.0: "second", 60.0: "minute", 3600.0: "hour", 86_400.0: "day", 604_800.0: "week"}
_SIZES = ((1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))


def figure(value: float, unit: Unit) -> str:
    """Return `value` (in the canonical unit) with its unit: `0.34%`, `812ms`, `1.5s`, `12/s`, `512 MiB`."""
    match unit:
        case Unit.PERCENT:
            return f"{_percent(value)}%"
        case Unit.SECONDS:
            return f"{plain(value)}s" if abs(value) >= 1 else f"{plain(value * 1000)}ms"
        case Unit.PER_SECOND:
            return f"{plain(value)}/s"
        case Unit.BYTES:
            return size(value)
        case Unit.NUMBER:
            return plain(value)


def plain(value: float) -> str:
    """Return `value` with four digits that count, without an exponent up to 10^15, without idle zeros."""
    if abs(value) >= 1e15:
        return f"{value:.4g}"
    if abs(value) >= 1000:
        return f"{value:.0f}"
    short = f"{value:.4g}"
    return f"{value:.12f}".rstrip("0").rstrip(".") if "e" in short and value else short


def _percent(value: float) -> str:
    if not 90 < value < 100:
        return plain(value)
    # Close to 100 it is the difference to 100 that counts: 99.9987% is not 100%.
    return f"{100 - float(f'{100 - value:.3g}'):.10f}".rstrip("0").rstrip(".")


def size(value: float) -> str:
    """Return a number of bytes in the largest unit that it fills: `1.5 GiB`, `300 B`."""
    for bytes_in_one, name in _SIZES:
        if abs(value) >= bytes_in_one:
            return f"{plain(value / bytes_in_one)} {name}"
    return f"{plain(value)} B"


def duration(seconds: float) -> str:
    """Return a time span as a plan has it: `1m 30s`, `48h` as `2d`, `250ms`; seconds are whole from a minute on."""
    if seconds < 1:
        return f"{plain(seconds * 1000)}ms" if seconds else "0s"
    if seconds < 60:
        return f"{plain(seconds)}s"
    rest, parts = round(seconds), []
    for length, letter in _SPANS:
        count, rest = divmod(rest, length)
        if count:
            parts.append(f"{count}{letter}")
    return " ".join(parts)


def per(seconds: float) -> str:
    """Return `per hour` for 3600, `per 90s` for 90."""
    return f"per {_NAMED_SPANS.get(seconds) or duration(seconds)}"
