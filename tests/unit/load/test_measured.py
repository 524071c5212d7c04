from tests.load.export import read, write
from tests.unit.load.factory import SMALL, export, load


def test_a_load_is_steady_from_the_last_callers_first_export_to_the_last_that_was_asked_for():
    first = export(0, asked_at=100.0, accepted_at=100.1)
    late = export(1, asked_at=105.0, accepted_at=106.0)
    again = export(0, asked_at=130.0, accepted_at=131.0)

    assert load([again, first, late]).steady == (106.0, 130.0)


def test_a_caller_who_was_always_refused_does_not_delay_it():
    refused = export(1, asked_at=109.0, accepted_at=0.0, outcome="submit: 503")

    assert load([export(0), refused]).steady == (100.5, 109.0)


def test_exports_a_minute_are_those_that_ended_while_it_was_steady():
    ended = [export(0, ended_at=at) for at in (99.0, 101.0, 115.0, 131.0)]

    # From 100.5 s to 130.5 s two ended.
    assert load([*ended, export(0, asked_at=130.5, ended_at=140.0)]).per_minute == 4.0


def test_the_exports_of_a_size_are_those_of_its_orders():
    one = load([export(0), export(1, order="small"), export(2, order="small", outcome="failed: x")])

    assert [each.caller for each in one.of_size(SMALL)] == [1]
    assert len(one.of_size()) == 2


def test_what_callers_write_is_read_but_for_a_line_not_whole_yet(tmp_path):
    path = tmp_path / "exports.jsonl"
    assert read(path) == []
    write(export(0), path)
    write(export(1, outcome="lost"), path)
    with path.open("a") as file:
        file.write('{"caller": 2')

    assert read(path) == [export(0), export(1, outcome="lost")]
