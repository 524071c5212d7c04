"""`celery -A exporter jobs ...` and `celery -A exporter pool`: what an operator sees and does.

They read and change the records in Redis by the same scripts as everything else, so they work
while workers are busy, and also when there are none. Celery finds them by the entry points that
setup.cfg names (docs/adr/0022), and loads them for each of its commands.
"""
