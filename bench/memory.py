"""rss_mib: memory of the whole system after it has served every page, sold, and sent mail."""

from bench import buyer, furnish, process
from bench.house import House, Server, close
from bench.maths import Result
from bench.purchases import settled_cpu

NAMES = ("rss_mib",)
RUNS = 3
PURCHASES = 40


def run(house: House) -> list[Result]:
    """A fresh server each time, warmed by buyers and readers."""
    whole: list[float] = []
    beside: list[float] = []
    for _ in range(RUNS):
        instance = house.copy()
        app = house.app(instance)
        with app.app_context(), house.serving(instance) as server:
            buyer.run(server, ",".join(map(str, furnish.to_sell())), 8, PURCHASES)
            for path in ("/", f"/showtime/{furnish.big_showing()}"):
                buyer.run(server, path, 8, 2)
            settled_cpu(server)
            system, sandbox = measured(server)
        close(app)
        whole.append(system)
        beside.append(sandbox)
    note = f"one process, warm; the demo's payment sandbox beside it has {max(beside):.0f} MiB"
    return [Result("rss_mib", whole, note)]


def measured(server: Server) -> tuple[float, float]:
    """The system with all its children, and apart from it the stand-in for the gateway."""
    children = process.children(server.pid)
    sandboxes = [pid for pid, command in children.items() if "bookingapp.sandbox" in command]
    ours = [server.pid, *(pid for pid in children if pid not in sandboxes)]
    return sum(map(process.rss_mib, ours)), sum(map(process.rss_mib, sandboxes))
