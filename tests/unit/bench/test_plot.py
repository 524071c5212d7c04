from xml.etree import ElementTree

import pytest

from tests.bench.plot import Axis, plot

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize(
    ("values", "low", "high"), [([1.5, 33], 1, 50), ([2, 2], 2, 5), ([0.03, 0.4], 0.02, 0.5)]
)
def test_an_axis_begins_and_ends_at_round_numbers(
    values: list[float], low: float, high: float
) -> None:
    axis = Axis.around(values)

    assert (axis.low, axis.high) == (low, high)
    assert axis.ticks()[0] == low
    assert axis.ticks()[-1] == high
    assert (axis.share(low), axis.share(high)) == (0, 1)


def test_every_line_is_drawn_and_named() -> None:
    points = [(8.6, 1.6), (1.5, 0.6)]

    svg = ElementTree.fromstring(
        plot({"ours & co": points, "ours & co, CPU": points}, across="Mpx", up="s")
    )

    lines = svg.findall(f"{SVG}polyline")
    assert [len(line.attrib["points"].split()) for line in lines] == [2, 2]
    assert [line.get("stroke-dasharray") for line in lines] == [None, "5 4"]
    assert "ours & co, CPU" in [text.text for text in svg.iter(f"{SVG}text")]
    first, second = lines[0].attrib["points"].split()
    assert float(first.split(",")[0]) < float(second.split(",")[0])
