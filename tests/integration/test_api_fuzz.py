"""Mutated bodies: whatever is sent, the answer is a 202 or a complaint about the caller's input."""

import copy
import random

import pytest

from exporter.poster import Location, PosterConfig, to_json
from tests import api as apis
from tests.corpus.cases import place

CONFIG = to_json(PosterConfig(Location((71.4, 51.1), name="x"), palette="ink"))
BODIES = (
    place(
        text={"title": "x", "color": "#fff"}, camera={"zoom": 3, "pitch": 1}, palette="ink",
        options={"water": True}, resolution={"width": 100, "height": 100, "pixelRatio": 1},
        priority="low", timeout=5000, user_id="x", style="minimal",
    ),
    {"config": CONFIG},
    place(
        resolution={"width": 20, "height": 30, "unit": "cm", "dpi": 100},
        output={
            "name": "x", "format": "pdf", "width": 400, "height": 600, "dpi": 72,
            "bleed": {"amount": 3, "unit": "mm"}, "crop_marks": True, "background": "paper",
            "color_space": "cmyk",
        },
    ),
    place(
        resolution={"size": "A4", "dpi": 100, "orientation": "landscape"},
        outputs=[{"format": "webp", "quality": 9, "background": "transparent"}, {"width": 300}],
        options={"background": False},
    ),
    {"config": CONFIG, "resolution": {"preset": "SMALL", "dpi": 72}, "outputs": [{}]},
    {"config": {**CONFIG, "style": {"id": "minimal"}, "palette": {"id": "ink"}}},
)  # fmt: skip
VALUES = (
    None, True, 0, -1, 1e308, 10**300, 5e-324, 1.5, "", "x", "_schema", "\u202e", "a" * 300, [],
    [[]], [1, 2], [[1, 2], [3, 4]], [None, None], {}, {"id": 1}, {"id": []}, {"_schema": 1},
)  # fmt: skip
NAMES = ("_schema", "__class__", "x/y", "~", "widht", "id", "name", "")


@pytest.mark.parametrize("seed", range(8))
def test_no_mutation_is_answered_with_an_error_of_ours(api, seed):
    chance = random.Random(seed)
    for _ in range(100):
        body = mutated(chance)
        before = len(api.sent)

        # Some mutations are alike: each is to be a job of its own.
        answer = api.ask("POST", apis.GENERATE, json=body, headers={"Cache-Control": "no-cache"})

        assert answer.status_code in (202, 400, 422), (body, answer.text)
        assert len(api.sent) - before == (answer.status_code == 202)


def mutated(chance: random.Random) -> object:
    body = copy.deepcopy(chance.choice(BODIES))
    for _ in range(chance.choice((1, 1, 2, 3))):
        parent, key = chance.choice(list(places(body)))
        if chance.random() < 0.2 and isinstance(parent, dict):
            key = chance.choice(NAMES)
        parent[key] = copy.deepcopy(chance.choice(VALUES))
    return body


def places(node):
    """Yield each container within *node* with each of its keys or indexes."""
    pairs = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in list(pairs):
        yield node, key
        if isinstance(value, dict | list):
            yield from places(value)


@pytest.fixture
def api(settings):
    return apis.api(settings)
