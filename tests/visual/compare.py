"""The comparison of goldens is the one that operators have: `python -m exporter compare`."""

from exporter.cli.difference import Difference, compare, write_side_by_side

__all__ = ["Difference", "compare", "write_side_by_side"]
