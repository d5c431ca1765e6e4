"""Memory of the conversion: over many messages, and for one very large one.

`python bench/memory.py [--messages 1000000]` prints JSON lines: resident memory (MiB) after each tenth of the messages,
all different (`bench/convert.py`'s reports and admissions in turn), then the peak for one message of 50 MB (a document
in OBX-5), as a multiple of its size, in a process of its own.
"""

import argparse
import base64
import json
import multiprocessing
import resource

import psutil
from convert import adt, oru

from processors.hl7.message import parse
from processors.identity import Keyring
from processors.mapping.convert import convert
from processors.sites import Site
from streams.collector import collect_seldom

MIB = 1 << 20
LARGE_BYTES = 50_000_000


def many(count: int) -> None:
    """Convert so many messages and say what memory is held after each tenth."""
    site, keyring, process = Site(feed="bench"), Keyring.of(b"bench-secret"), psutil.Process()
    for n in range(count):
        convert(parse(oru(n, 5) if n % 4 else adt(n)), site, keyring, 0)
        if (n + 1) % (count // 10) == 0:
            print(
                json.dumps({"messages": n + 1, "resident_mib": round(process.memory_info().rss / MIB, 1)}), flush=True
            )


def large(size: int) -> None:
    """Convert one message with a document of that size; the peak above what the process held before."""
    head = oru(1, 1).rsplit(b"\rOBX", 1)[0]
    document = base64.b64encode(b"%PDF" + bytes(range(256)) * (size * 3 // 4 // 256))
    payload = head + b"\rOBX|1|ED|18842-5^Discharge summary^LN||^AP^PDF^Base64^" + document + b"||||||F\r"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    conversion = convert(parse(payload), Site(feed="bench"), Keyring.of(b"bench-secret"), 0)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    assert conversion.bundles[0].large
    times = round((peak - before + len(payload)) / len(payload), 1)
    print(json.dumps({"message_bytes": len(payload), "peak_mib": round(peak / MIB), "times_the_message": times}))


def main() -> None:
    """Both measurements."""
    options = argparse.ArgumentParser()
    options.add_argument("--messages", type=int, default=1_000_000)
    chosen = options.parse_args()
    collect_seldom()
    apart = multiprocessing.get_context("spawn").Process(target=large, args=(LARGE_BYTES,))
    apart.start()
    apart.join()
    many(chosen.messages)


if __name__ == "__main__":
    main()
