"""How the cost of a request goes with what there is: each series measures the same request while one quantity grows.

A slope is the exponent of a power law through the points: 0 is flat, -1 means that twice as much makes it twice as slow.
"""
import math, os, statistics, time
from peers import progress, rss_kib, wrk

CONNECTIONS = 64


def slope(points):
    xs, ys = [math.log(max(x, 1)) for x, _ in points], [math.log(y) for _, y in points]
    x_mean, y_mean = statistics.fmean(xs), statistics.fmean(ys)
    spread = sum((x - x_mean) ** 2 for x in xs)
    return sum((x - x_mean) * (y - y_mean) for x, y in zip(xs, ys)) / spread if spread else 0.0


def medians(rounds, series):
    """series: size -> how to measure there. Each round takes every size once, so that what else happens hits all alike."""
    rates = {}
    for _ in range(rounds):
        for size, measure in series.items():
            rates.setdefault(size, []).append(measure())
    return {size: statistics.median(r.cpu for r in found) for size, found in rates.items()}


def policies_per_token(server, rounds, seconds):
    def token_with(count):
        names = ["bench"] + [f"bench-{i}" for i in range(1, count)]
        return server.api("POST", "auth/token/create", {"policies": names, "ttl": "1h", "no_default_policy": True})["auth"]["client_token"]

    for i in range(1, 1000):
        server.api("POST", f"sys/policies/acl/bench-{i}", {"policy": f'path "other-{i}/+/data/*" {{ capabilities = ["read", "list"] }}'})
    url = server.address + "/v1/secret/data/bench"
    tokens = {count: token_with(count) for count in (1, 10, 100, 1000)}
    return medians(rounds, {count: lambda token=token: wrk(server.pid, url, CONNECTIONS, seconds, ["X-Vault-Token: " + token]) for count, token in tokens.items()})


def audit_devices(server, folder, token, rounds, seconds):
    def read_with(count):
        for i in range(count):
            server.api("POST", f"sys/audit/slope-{i}", {"type": "file", "options": {"file_path": os.path.join(folder, f"slope-{i}.log")}})
        try:
            return wrk(server.pid, server.address + "/v1/secret/data/bench", CONNECTIONS, seconds, ["X-Vault-Token: " + token])
        finally:
            for i in range(count):
                server.api("DELETE", f"sys/audit/slope-{i}")
                os.rename(os.path.join(folder, f"slope-{i}.log"), os.path.join(folder, f"slope-{i}-{time.monotonic_ns()}.log"))

    return medians(rounds, {count: lambda count=count: read_with(count) for count in (0, 1, 2)})


def tokens(server, token, sizes, seconds):
    """With so many live tokens: reads of one's own token and new tokens, each per CPU-second; seconds until an unsealed server answers; memory."""
    made, rows = 0, {}
    for size in sizes:
        while made < size:
            progress(f"tokens: {made} of {size}")
            made += round(wrk(server.pid, server.address, CONNECTIONS, 1, script=("tokens.lua", server.root)).wall)
        server.restart()
        look = wrk(server.pid, server.address + "/v1/auth/token/lookup-self", CONNECTIONS, seconds, ["X-Vault-Token: " + token])
        new = wrk(server.pid, server.address, CONNECTIONS, seconds, script=("tokens.lua", server.root))
        rows[made] = (look.cpu, new.cpu, server.ready, rss_kib(server.pid) / 1024)
        made += round(new.wall * seconds)
    return rows


def show(name, unit, points):
    print(f"{name:46}" + "   ".join(f"{size:,}: {value:,.4g}" for size, value in points.items()) + f"   {unit}, slope {slope(list(points.items())):+.2f}")


def measure(server, folder, token, quick):
    rounds, seconds = (2, 1) if quick else (3, 2)
    print("\nSlopes: how the cost goes with what there is, 0 is flat")
    policies = policies_per_token(server, rounds, seconds)
    show("KV v2 read by policies of the token", "per CPU-second", policies)
    devices = audit_devices(server, folder, token, rounds, seconds)
    print(f"{'KV v2 read by audit files':46}" + "   ".join(f"{n}: {rate:,.4g}" for n, rate in devices.items()) + "   per CPU-second")
    wrapping = wrk(server.pid, server.address, CONNECTIONS, seconds, script=("wrapping.lua", server.root))
    print(f"{'wraps and unwraps':46}{wrapping.cpu:,.4g} per CPU-second, {wrapping.wall:,.4g} per second")
    rows = tokens(server, token, (1_000, 10_000) if quick else (1_000, 10_000, 100_000), seconds)
    for column, (name, unit) in enumerate((("lookup-self by live tokens", "per CPU-second"), ("new tokens by live tokens", "per CPU-second"),
                                           ("unseal until ready by live tokens", "s"), ("memory by live tokens", "MiB"))):
        show(name, unit, {size: row[column] for size, row in rows.items()})
    return policies[1000] / policies[1]
