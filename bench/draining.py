"""A worker that drains an outbox once, as `flask outbox drain` does: `python -m bench.draining`."""

from bench import workers
from bookingapp import create_app
from bookingapp.email import drain


def main() -> None:
    """Open the database before the word is given; everything durable as in service."""
    app = create_app()
    with app.app_context():
        drain.may_send()
        workers.serve(drain.run)
        drain.stop()
        drain.join(5)


if __name__ == "__main__":
    main()
