"""A result's manifest: the same for the same poster, other for any other."""

from dataclasses import replace

import exporter
from exporter.manifest import fingerprint, whole
from exporter.poster import MapStyle, Typography
from tests.factories import poster_job

PAGE = {"style": "minimal", "palette": "ink", "renderer": "llvmpipe"}
WITH = {"chromium": "HeadlessChrome/156", "sources": {"openmaptiles": "astana.pmtiles"}}


def test_it_holds_the_pages_account_versions_and_sources():
    manifest = whole(PAGE, poster_job(), **WITH)

    assert manifest["renderer"] == "llvmpipe"
    assert manifest["chromium"] == "HeadlessChrome/156"
    assert manifest["sources"] == {"openmaptiles": "astana.pmtiles"}
    assert manifest["exporter"] == exporter.__version__


def test_two_jobs_for_one_poster_have_the_same_hashes():
    one, other = whole(PAGE, poster_job(), **WITH), whole(PAGE, poster_job(user_id="u"), **WITH)

    assert one == other


def test_every_change_of_the_config_changes_its_hash():
    job = poster_job()
    config = replace(job.config, typography=Typography(title_size=6))

    assert hashes(job)["config_hash"] != hashes(replace(job, config=config))["config_hash"]


def test_another_style_or_palette_has_another_hash():
    job = poster_job()
    other_style = replace(job, config=replace(job.config, style="blueprint"))
    own_style = replace(job, config=replace(job.config, style=MapStyle('{"version": 8}')))

    assert len({hashes(j)["style_hash"] for j in (job, other_style, own_style)}) == 3
    assert hashes(job)["palette_hash"] != hashes(job, palette="navy")["palette_hash"]


def test_a_fingerprint_does_not_depend_on_the_order_of_keys():
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    assert len(fingerprint({})) == 16


def hashes(job, palette="ink"):
    return whole({**PAGE, "palette": palette}, job, **WITH)
