"""The values of a poster survive the way into the job record and back."""

import json

import pytest

from exporter.poster import (
    Format,
    Layers,
    Location,
    Output,
    PosterConfig,
    PosterJob,
    Resolution,
    Typography,
)
from exporter.queues import Priority
from tests.factories import ASTANA, poster_job

FULL = PosterConfig(
    Location(ASTANA, name="Астана", city="Kazakhstan", zoom=11.5, bounds=((71, 51), (72, 52))),
    style="minimal",
    palette="ink",
    typography=Typography(title_font="Inter", title_size=7.5, text_color="#112233"),
    format=Format(aspect_ratio="3:4", margin=0, border_style="double"),
    layers=Layers(labels_admin=True, buildings_3d=True, bearing=12.5, marker_color="red"),
)


@pytest.mark.parametrize(
    "job",
    [
        poster_job(),
        poster_job(config=FULL, priority=Priority.HIGH, user_id="u1", timeout_s=7.25),
        poster_job(resolution=Resolution(100, 150, 2.5)),
    ],
    ids=["defaults", "full", "scaled"],
)
def test_a_job_is_the_same_after_its_way_through_json(job):
    message = json.loads(json.dumps(job.to_message()))

    assert PosterJob.from_message(message) == job


def test_keys_of_a_newer_version_are_passed_over():
    job = poster_job()
    message = {**job.to_message(), "novelty": 1}
    message["config"]["layers"]["novelty"] = True

    assert PosterJob.from_message(message) == job


def test_what_an_older_version_did_not_know_has_its_default():
    message = poster_job().to_message()
    del message["config"]["layers"]["labelStyle"]

    assert PosterJob.from_message(message).config.layers.label_style == Layers().label_style


def test_json_uses_the_names_of_the_web_app():
    layers = poster_job(config=FULL).to_message()["config"]["layers"]

    assert layers["labels-admin"] is True
    assert layers["buildings3DBearing"] == 12.5
    assert layers["hillshadeExaggeration"] == 0.5


def test_the_page_draws_the_widest_bleed_that_a_file_needs():
    outputs = (Output("a"), Output("b", "pdf", bleed_px=9), Output("c", "pdf", bleed_px=30))

    assert poster_job(outputs=outputs).to_page()["bleed"] == 30


def test_the_page_is_told_what_it_draws_on():
    transparent = (Output(background="transparent"),)

    assert poster_job().to_page()["background"] == "paper"
    assert poster_job(outputs=transparent).to_page()["background"] == "transparent"


def test_a_job_from_before_there_were_outputs_is_one_png():
    message = poster_job().to_message()
    del message["outputs"]

    assert PosterJob.from_message(message).outputs == (Output(),)


def test_the_page_is_handed_the_config_and_the_size_in_pixels():
    order = poster_job(resolution=Resolution(101, 151, 1.5)).to_page()

    assert set(order) == {"config", "width", "height", "bleed", "background"}
    # 151.5 and 226.5: halves are rounded up, as the existing export does.
    assert (order["width"], order["height"]) == (152, 227)
