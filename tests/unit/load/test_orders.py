from collections.abc import Sequence

import pytest

from deploy.simulation import assumed
from exporter.settings import Settings
from tests.bench.subject import Size
from tests.load.orders import LOOKS, PRIORITIES, Order, orders
from webapi.catalogue import Catalogue
from webapi.schemas import generate_schema
from webapi.tiers import PRIORITIES as ALLOWED
from webapi.tiers import Tier, limits_of

CATALOGUE = Catalogue.read()
SMALL = Size(240, 360)


def test_the_sizes_are_mixed_as_the_costs_assume() -> None:
    assert set(LOOKS) == set(assumed.MIX)
    shares = {text: sum(o.share for o in orders() if str(o.size) == text) for text in assumed.MIX}
    assert shares == pytest.approx(assumed.MIX)


def test_every_style_is_asked_for() -> None:
    assert {order.body["style"] for order in orders()} == set(CATALOGUE.styles)


@pytest.mark.parametrize("made", [orders(), orders(SMALL)], ids=["mix", "small"])
def test_every_order_is_one_that_the_service_takes(made: Sequence[Order]) -> None:
    limits = limits_of(Tier.INTERNAL, Settings())
    schema = generate_schema(Settings(), CATALOGUE, lambda: limits)()

    for order in made:
        export = schema.load({**order.body, "priority": "low"})
        assert (export.resolution.width, export.resolution.height) == (
            order.size.width,
            order.size.height,
        )


@pytest.mark.parametrize("made", [orders(), orders(SMALL)], ids=["mix", "small"])
def test_no_two_orders_are_one_poster_or_have_one_name(made: Sequence[Order]) -> None:
    assert len({order.name for order in made}) == len(made)
    assert len({repr(order.body) for order in made}) == len(made)
    assert sum(order.share for order in made) == pytest.approx(1)


def test_the_priorities_are_those_of_the_service() -> None:
    assert set(PRIORITIES) == set(ALLOWED[Tier.INTERNAL])
    assert sum(PRIORITIES.values()) == pytest.approx(1)
