"""programme_page_cpu_ms, seatmap_cpu_ms, programme_rps, seatmap_rps: what pages cost the server."""

from bench import buyer, furnish
from bench.house import House, Server, close
from bench.maths import Result

NAMES = ("programme_page_cpu_ms", "seatmap_cpu_ms", "programme_rps", "seatmap_rps")
RUNS = 3
REQUESTS = 200
CLIENTS, SECONDS = 8, 3.0


def run(house: House) -> list[Result]:
    """The two pages in turn, one after the other and then by eight clients."""
    instance = house.copy()
    app = house.app(instance)
    with app.app_context():
        paths = ["/", f"/showtime/{furnish.big_showing()}"]
    close(app)
    cost: list[list[float]] = [[], []]
    rate: list[list[float]] = [[], []]
    with house.serving(instance) as server:
        for path in paths:
            request_cpu(server, path, REQUESTS)
        for _ in range(RUNS):
            for i, path in enumerate(paths):
                cost[i].append(request_cpu(server, path, REQUESTS))
                seconds, done, _again = buyer.run(server, path, CLIENTS, SECONDS)
                rate[i].append(done / seconds)
    return [
        Result("programme_page_cpu_ms", cost[0], "gzipped, one kept connection"),
        Result("seatmap_cpu_ms", cost[1], "300 seats, gzipped, one kept connection"),
        Result("programme_rps", rate[0], f"{CLIENTS} clients"),
        Result("seatmap_rps", rate[1], f"{CLIENTS} clients, 300 seats"),
    ]


def request_cpu(server: Server, path: str, requests: int) -> float:
    """CPU milliseconds of the server for one request, everything it does beside included."""
    browser = server.client()
    before = server.cpu_ms
    for _ in range(requests):
        if browser.get(path).status != 200:
            raise RuntimeError(path)
    browser.close()
    return (server.cpu_ms - before) / requests
