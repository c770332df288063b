"""``python -m app``: the commands of the city."""

from app.cli import main

main()
