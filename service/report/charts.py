"""Charts as SVG text: classes for colours, no script, no style attribute. Every chart has a title for those
who listen."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from markupsafe import Markup, escape

Point = tuple[float, float]
WIDTH, HEIGHT = 720.0, 220.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, 8.0, 12.0, 26.0


def bars(
    labels: Sequence[str],
    series: Sequence[tuple[str, Sequence[float | None]]],
    title: str,
    height: float = HEIGHT,
) -> Markup:
    """Groups of columns over a grid. A series is a class and its values; None leaves a gap."""
    known = [value for _, values in series for value in values if value is not None]
    ticks = _ticks(min([0.0, *known]), max([0.0, *known]))
    y = _scale(ticks, height)
    slot = (WIDTH - _LEFT - _RIGHT) / max(len(labels), 1)
    thick = min(slot * 0.72 / len(series), 26.0)
    drawn = [_grid(ticks, height)]
    for place, label in enumerate(labels):
        middle = _LEFT + slot * (place + 0.5)
        for number, (kind, values) in enumerate(series):
            value = values[place]
            if value is not None:
                left = middle + (number - len(series) / 2) * thick
                top, tall = min(y(value), y(0)), abs(y(value) - y(0))
                drawn.append(
                    f'<rect class="{kind}" x="{left + 0.5:.1f}" y="{top:.1f}" width="{thick - 1:.1f}" '
                    f'height="{max(tall, 0.5):.1f}" rx="1.5"/>'
                )
        drawn.append(_label(place, len(labels), label, middle, height))
    return _svg(drawn, WIDTH, height, title)


def lines(labels: Sequence[str], series: Sequence[tuple[str, Sequence[float | None]]], title: str) -> Markup:
    """Lines over a grid; a line breaks where a value is None."""
    known = [value for _, values in series for value in values if value is not None]
    ticks = _ticks(min([0.0, *known]), max([0.0, *known]))
    y = _scale(ticks, HEIGHT)
    slot = (WIDTH - _LEFT - _RIGHT) / max(len(labels), 1)
    drawn = [_grid(ticks, HEIGHT)]
    for kind, values in series:
        for run in _runs(values):
            points = [(_LEFT + slot * (place + 0.5), y(value)) for place, value in run]
            drawn.append(f'<polyline class="line {kind}" points="{_points(points)}"/>')
            drawn += [f'<circle class="{kind}" cx="{x:.1f}" cy="{at:.1f}" r="2.6"/>' for x, at in points]
    drawn += [
        _label(place, len(labels), label, _LEFT + slot * (place + 0.5), HEIGHT)
        for place, label in enumerate(labels)
    ]
    return _svg(drawn, WIDTH, HEIGHT, title)


def radar(axes: Sequence[tuple[str, float | None]], title: str, most: float = 1000.0) -> Markup:
    """A web with one axis a sub-model; one that is left out is a hollow dot at the centre's ring."""
    width, height, radius = 460.0, 340.0, 112.0
    cx, cy = width / 2, height / 2

    def at(place: int, part: float) -> Point:
        turn = 2 * math.pi * place / len(axes) - math.pi / 2
        return cx + radius * part * math.cos(turn), cy + radius * part * math.sin(turn)

    drawn = [
        f'<polygon class="web" points="{_points([at(place, ring) for place in range(len(axes))])}"/>'
        for ring in (0.25, 0.5, 0.75, 1.0)
    ]
    told = [(place, value / most) for place, (_, value) in enumerate(axes) if value is not None]
    for place, (label, value) in enumerate(axes):
        x, y = at(place, 1.0)
        drawn.append(f'<line class="web" x1="{cx}" y1="{cy}" x2="{x:.1f}" y2="{y:.1f}"/>')
        x, y = at(place, 1.16)
        side = "middle" if abs(x - cx) < 12 else "start" if x > cx else "end"
        shown = "" if value is None else f' <tspan class="strong">{value:.0f}</tspan>'
        drawn.append(
            f'<text class="{"axis" if value is not None else "axis absent"}" x="{x:.1f}" y="{y + 4:.1f}" '
            f'text-anchor="{side}">{escape(label)}{shown}</text>'
        )
    drawn.append(f'<polygon class="area" points="{_points([at(*each) for each in told])}"/>')
    for place, (_, value) in enumerate(axes):
        x, y = at(place, 0.0 if value is None else value / most)
        if value is not None:
            drawn.append(f'<circle class="sold" cx="{x:.1f}" cy="{y:.1f}" r="3"/>')
        else:
            x, y = at(place, 0.08)
            drawn.append(f'<circle class="hollow" cx="{x:.1f}" cy="{y:.1f}" r="2.6"/>')
    return _svg(drawn, width, height, title)


def meters(rows: Sequence[tuple[str, float, str, str]], title: str) -> Markup:
    """Horizontal bars: label, amount, what is written, class. A class ``skip`` draws no bar."""
    most = max((amount for _, amount, _, kind in rows if kind != "skip"), default=0.0) or 1.0
    tall, left, room = 30.0, 176.0, WIDTH - 176.0 - 190.0
    drawn = []
    for place, (label, amount, text, kind) in enumerate(rows):
        y = place * tall
        long = 0.0 if kind == "skip" else max(2.0, room * min(max(amount, 0.0) / most, 1.0))
        drawn.append(
            f'<text class="axis" x="{left - 12}" y="{y + 19:.1f}" text-anchor="end">{escape(label)}</text>'
        )
        drawn.append(f'<rect class="trough" x="{left}" y="{y + 8:.1f}" width="{room}" height="14" rx="7"/>')
        if long:
            drawn.append(
                f'<rect class="{kind}" x="{left}" y="{y + 8:.1f}" width="{long:.1f}" height="14" rx="7"/>'
            )
        drawn.append(
            f'<text class="value {kind}" x="{left + room + 12}" y="{y + 19:.1f}">{escape(text)}</text>'
        )
    return _svg(drawn, WIDTH, tall * len(rows) + 4, title)


def _svg(drawn: Sequence[str], width: float, height: float, title: str) -> Markup:
    box = f'viewBox="0 0 {width:g} {height:g}" role="img"'
    inside = f"<title>{escape(title)}</title>{''.join(drawn)}"
    return Markup(f"<svg {box}>{inside}</svg>")  # every text in it has been escaped


def _points(points: Sequence[Point]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _runs(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    runs: list[list[tuple[int, float]]] = [[]]
    for place, value in enumerate(values):
        if value is not None:
            runs[-1].append((place, value))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _ticks(least: float, most: float) -> list[float]:
    """Four to six round figures that hold all values."""
    span = (most - least) or 1.0
    raw = span / 4
    power = 10 ** math.floor(math.log10(raw))
    step = next(each * power for each in (1, 2, 2.5, 5, 10) if each * power >= raw)
    first, last = math.floor(least / step), math.ceil(most / step)
    return [each * step for each in range(first, max(last, first + 1) + 1)]


def _scale(ticks: Sequence[float], height: float) -> Callable[[float], float]:
    low, span = ticks[0], (ticks[-1] - ticks[0]) or 1.0
    return lambda value: height - _BOTTOM - (value - low) / span * (height - _TOP - _BOTTOM)


def _grid(ticks: Sequence[float], height: float) -> str:
    y = _scale(ticks, height)
    drawn = []
    for tick in ticks:
        kind, at = "zero" if tick == 0 else "grid", f"{y(tick):.1f}"
        drawn.append(f'<line class="{kind}" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{at}" y2="{at}"/>')
        text = f"{tick:,.{0 if float(tick).is_integer() else 1}f}"
        drawn.append(_text("tick", _LEFT - 8, y(tick) + 4, "end", text))
    return "".join(drawn)


def _label(place: int, number: int, label: str, middle: float, height: float) -> str:
    """Every label where there is room, else every third."""
    if number > 14 and (number - 1 - place) % 3:
        return ""
    return _text("tick", middle, height - 8, "middle", label)


def _text(kind: str, x: float, y: float, anchor: str, text: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
