"""What gunicorn serves: `webapi.wsgi:app`."""

from exporter import logs
from exporter.settings import settings
from webapi.app import create_app

logs.configure(settings().log_level)
app = create_app()
