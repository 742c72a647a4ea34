"""Transit beside `openssl speed`: what a request adds to the arithmetic that it is about, each per CPU-second."""
import base64, json, os, re, statistics, subprocess
from peers import progress, wrk

BATCH = 1000
SIZES = (64, 1024, 16384)  # bytes of a plaintext
BATCH_BAR = 0.25  # bytes encrypted in batches of 1,000 plaintexts of 1 KiB, beside raw AES-256-GCM
SIGN_BAR = 0.6    # single signatures, beside the bare ones


def openssl_speed(*arguments):
    output = subprocess.run(["openssl", "speed", "-mr", "-seconds", "1", *arguments], check=True, capture_output=True, text=True).stdout
    return [line.split(":") for line in output.splitlines() if line.startswith("+F")]


def raw_gcm(size):
    """Plaintexts of so many bytes in a CPU-second."""
    return float(openssl_speed("-evp", "aes-256-gcm", "-bytes", str(size))[0][-1]) / size


def raw_signatures():
    """key type of transit -> signatures in a CPU-second."""
    names = {"256": "ecdsa-p256", "253": "ed25519"}
    return {names[row[2]]: float(row[-2]) for row in openssl_speed("ecdsap256", "ed25519")}


def plaintext(size):
    return base64.b64encode(os.urandom(size)).decode()


def measure(server, folder, rounds, seconds):
    """Prints the table; gives back the bars as (name, value, bar)."""
    server.api("POST", "sys/mounts/bench-transit", {"type": "transit"})
    for name in ("aes256-gcm96", "ecdsa-p256", "ed25519"):
        server.api("POST", f"bench-transit/keys/{name}", {"type": name})

    def request(name, path, body, connections):
        file = os.path.join(folder, name.replace(" ", "-").replace(",", "") + ".json")
        with open(file, "w") as out:
            json.dump(body, out)
        return lambda: wrk(server.pid, server.address, connections, seconds, script=("transit.lua", server.root, "bench-transit/" + path, file)).cpu

    steps, anchors, items = {}, {}, {}

    def add(name, step, anchor, count=1):
        steps[name], anchors[name], items[name] = step, anchor, count

    for size in SIZES:
        anchor = f"raw AES-256-GCM of {size:,} bytes"
        steps[anchor] = lambda size=size: raw_gcm(size)
        single, batch = f"encrypt {size:,} bytes", f"encrypt {size:,} bytes in batches of {BATCH:,}"
        add(single, request(single, "encrypt/aes256-gcm96", {"plaintext": plaintext(size)}, 64), anchor)
        add(batch, request(batch, "encrypt/aes256-gcm96", {"batch_input": [{"plaintext": plaintext(size)} for _ in range(BATCH)]}, 4), anchor, BATCH)
    raw = {}

    def raw_signature(kind):
        if not raw:
            raw.update(raw_signatures())
        return raw.pop(kind)

    for kind in ("ecdsa-p256", "ed25519"):
        anchor, single, batch = f"raw {kind} signature", f"sign with {kind}", f"sign with {kind} in batches of {BATCH:,}"
        steps[anchor] = lambda kind=kind: raw_signature(kind)
        add(single, request(single, f"sign/{kind}", {"input": plaintext(64)}, 64), anchor)
        add(batch, request(batch, f"sign/{kind}", {"batch_input": [{"input": plaintext(64)} for _ in range(BATCH)]}, 4), anchor, BATCH)

    found = {}
    for number in range(rounds):
        for name, step in steps.items():
            progress(f"transit, round {number + 1} of {rounds}: {name}")
            found.setdefault(name, []).append(step() * items.get(name, 1))
    progress("")
    rates = {name: statistics.median(values) for name, values in found.items()}
    ratios = {name: rates[name] / rates[anchor] for name, anchor in anchors.items()}
    print(f"\n{'Transit':52}{'per CPU-second':>15}  ratio")
    for name, rate in rates.items():
        print(f"{name:52}{rate:>15,.0f}" + (f"  {ratios[name]:.2f} x raw" if name in ratios else ""))
    return [(f"transit: encrypt 1,024 bytes in batches of {BATCH:,} beside raw AES-256-GCM", ratios[f"encrypt 1,024 bytes in batches of {BATCH:,}"], BATCH_BAR),
            ("transit: single ecdsa-p256 signatures beside raw ones", ratios["sign with ecdsa-p256"], SIGN_BAR),
            ("transit: single ed25519 signatures beside raw ones", ratios["sign with ed25519"], SIGN_BAR)]
