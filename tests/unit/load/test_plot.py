from xml.etree import ElementTree

import pytest

from tests.load.plot import COMPLETED, IN_FLIGHT, STEADY, WAITING, plot
from tests.unit.load.factory import export, load

SVG = "{http://www.w3.org/2000/svg}"


def test_in_flight_waiting_and_completed_are_drawn_over_time() -> None:
    going_on = export(0, asked_at=103.0, accepted_at=103.5, ended_at=120.0)

    picture = ElementTree.fromstring(plot(load([export(0), going_on], in_flight=[4, 6, 5])))

    lines = {line.attrib["stroke"]: points(line) for line in picture.iter(f"{SVG}polyline")}
    assert [len(lines[colour]) for colour in (IN_FLIGHT, WAITING, COMPLETED)] == [3, 3, 3]
    # Up is a smaller y: more are in flight than wait, and the second look saw the most.
    in_flight, waiting = lines[IN_FLIGHT], lines[WAITING]
    assert all(above[1] < below[1] for above, below in zip(in_flight, waiting, strict=True))
    assert min(in_flight, key=lambda point: point[1]) == in_flight[1]
    completed = [y for _, y in lines[COMPLETED]]
    assert completed == sorted(completed, reverse=True)
    names = [text.text for text in picture.iter(f"{SVG}text")]
    assert {"exports in flight", "jobs that wait", "exports completed"} <= set(names)


def test_what_is_shaded_is_when_every_caller_had_an_export_in_flight() -> None:
    exports = [export(0), export(1, accepted_at=104.0), export(0, asked_at=110.0, ended_at=120.0)]

    picture = ElementTree.fromstring(plot(load(exports, in_flight=[2] * 20)))

    [steady] = [r for r in picture.iter(f"{SVG}rect") if r.attrib["fill"] == STEADY]
    [axis] = [line for line in picture.iter(f"{SVG}polyline") if line.attrib["stroke"] == COMPLETED]
    left, right = points(axis)[0][0], points(axis)[-1][0]
    begin = float(steady.attrib["x"])
    # 4 to 10 of 20 seconds.
    assert abs((begin - left) / (right - left) - 0.2) < 0.01
    assert abs(float(steady.attrib["width"]) / (right - left) - 0.3) < 0.01


@pytest.mark.parametrize(("most", "drawn"), [(99, 0), (100, 1)])
def test_the_criterion_is_drawn_where_it_is_in_sight(most: int, drawn: int) -> None:
    going_on = export(0, asked_at=103.0, ended_at=120.0)

    picture = ElementTree.fromstring(plot(load([export(0), going_on], in_flight=[most, 2])))

    assert len(picture.findall(f"{SVG}line")) == drawn


def test_a_load_of_which_nothing_came_still_has_a_picture() -> None:
    ElementTree.fromstring(plot(load([])))


def points(line: ElementTree.Element) -> list[tuple[float, float]]:
    pairs = [pair.split(",") for pair in line.attrib["points"].split()]
    return [(float(x), float(y)) for x, y in pairs]
