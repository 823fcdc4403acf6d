"""A worker that drains an outbox once, as the server does: `python -m bench.draining`."""

from app import app, collect_less
from bench import letters, workers
from bookingapp.email import drain


def main() -> None:
    """Open the database before the word is given; everything durable as in service."""
    with app.app_context():
        # one mail to get warm, as design A's workers have
        drain.run(only=letters.first())
        collect_less()
        workers.serve(drain.run)
        drain.stop()
        drain.join(5)


if __name__ == "__main__":
    main()
