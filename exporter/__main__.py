"""`python -m exporter compare`: what needs neither Redis nor a worker, and so not Celery's line."""

import click

from exporter.cli.compare import compare


@click.group()
def main() -> None:
    """Tools of the poster exporter."""


main.add_command(compare)

if __name__ == "__main__":
    main(prog_name="python -m exporter")
