"""Messages per CPU second of the whole conversion (bytes -> Message -> FHIR bundle bytes), one core.

`python bench/convert.py [--profile | --peers]` prints one JSON line per message class. No message is converted twice:
each round has new ones. Of reports a patient gets five in a stay, so four of five find a patient and a visit seen
before; every admission is of someone new. Codes, units and doctors repeat, as they do in a hospital.

`--peers` runs two Java programs on 200 messages of each class in the same run (bench/peers/, fetched by Maven): the
LinuxForHealth HL7 v2 to FHIR converter, which does the same job, and HAPI's PipeParser, which only parses.
"""

import argparse
import cProfile
import json
import pstats
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from processors.hl7.message import parse
from processors.identity import Keyring
from processors.mapping.convert import convert
from processors.sites import Site
from streams.collector import collect_seldom

MESSAGES = 400
"""Per round and class."""
REPORTS_PER_STAY = 5
ROUNDS = 7
CODES = (
    ("2823-3", "Potassium", "mmol/L", "3.5-5.1"),
    ("2951-2", "Sodium", "mmol/L", "136-145"),
    ("2160-0", "Creatinine", "mg/dL", "0.7-1.3"),
    ("718-7", "Hemoglobin", "g/dL", "12.0-16.0"),
    ("777-3", "Platelets", "10*9/L", "150-400"),
)


def oru(n: int, results: int) -> bytes:
    """An ORU^R01 with so many OBX; message n is about patient n // REPORTS_PER_STAY."""
    who = n // REPORTS_PER_STAY
    time_sent = f"202603{n % 28 + 1:02d}{n % 24:02d}{n % 60:02d}{n % 59:02d}"
    doctor = f"{1000 + who % 40}^Rivera^Ana^^^^MD^^GENERAL^L^^^NPI"
    lines = [
        f"MSH|^~\\&|LIS|GENERAL|EHR|GENERAL|{time_sent}+0100||ORU^R01^ORU_R01|C{n}|P|2.5.1",
        f"PID|1||{100000 + who}^^^GENERAL^MR||Sample{who}^Pat^Q||19{who % 80 + 10}0102|{'FM'[who % 2]}|||"
        f"{who} Elm St^^Springfield^IL^62701||555-01{who % 100:02d}",
        f"PV1|1|I|4E^4{who % 30:02d}^{who % 2 + 1}^GENERAL||||{doctor}||||||||||||V{who}^^^GENERAL",
        f"ORC|RE|P{n}^EHR|F{n}^LIS|||||||||{doctor}",
        f"OBR|1|P{n}^EHR|F{n}^LIS|24320-4^Basic panel^LN|||{time_sent}+0100|||||||||{doctor}||||||{time_sent}+0100|||F",
    ]
    for i in range(results):
        code, name, unit, limits = CODES[i % len(CODES)]
        value, flag = f"{(n + i) % 90 / 10:.2f}", "NNNHL"[(n + i) % 5]
        measured = f"{i // 5 or ''}|{value}|{unit}^^UCUM|{limits}|{flag}|||F|||{time_sent}+0100"
        lines.append(f"OBX|{i + 1}|NM|{code}^{name}^LN|{measured}")
    return ("\r".join(lines) + "\r").encode()


def adt(n: int) -> bytes:
    """An ADT^A01 with the usual segments."""
    doctor = f"{1000 + n % 40}^Rivera^Ana^^^^MD^^GENERAL^L^^^NPI"
    return "\r".join(
        (
            f"MSH|^~\\&|ADT|GENERAL|EHR|GENERAL|20260304{n % 24:02d}1500+0100||ADT^A01^ADT_A01|A{n}|P|2.5.1",
            f"EVN|A01|20260304{n % 24:02d}1500+0100|||{doctor}",
            f"PID|1||{100000 + n}^^^GENERAL^MR~{n:09d}^^^USSSA^SS||Sample{n}^Pat^Q||19{n % 80 + 10}0102|F|"
            f"|2106-3^White^CDCREC|{n} Elm St^^Springfield^IL^62701^USA^H||"
            f"^PRN^PH^^1^217^555{n % 10000:04d}||en^English^ISO639|M|||{n}",
            f"PD1|||GENERAL PRACTICE^^{n % 50}|{doctor}",
            f"NK1|1|Sample{n}^Kim|SPO^Spouse^HL70063|{n} Elm St^^Springfield^IL|^PRN^PH^^1^217^555{n % 10000:04d}",
            f"PV1|1|I|4E^4{n % 30:02d}^1^GENERAL|E|||{doctor}|{doctor}||MED||||1|||{doctor}||V{n}^^^GENERAL"
            + "|" * 25
            + f"2026030409{n % 60:02d}+0100",
            "PV2|||R07.4^Chest pain^I10C||||||20260307+0100",
        )
    ).encode()


def measure(make: Callable[[int], bytes]) -> float:
    """Median messages per CPU second over the rounds, after a first one that does not count."""
    site, keyring = Site(feed="bench"), Keyring.of(b"bench-secret")
    rates = []
    for number in range(ROUNDS + 1):
        messages = [make(n) for n in range(number * MESSAGES, (number + 1) * MESSAGES)]
        start = time.process_time()
        for payload in messages:
            convert(parse(payload), site, keyring, 0)
        rates.append(MESSAGES / (time.process_time() - start))
    return statistics.median(rates[1:])


CLASSES: dict[str, Callable[[int], bytes]] = {
    "oru_5": lambda n: oru(n, 5),
    "oru_28": lambda n: oru(n, 28),
    "adt_a01": adt,
}


PEERS = Path(__file__).parent / "peers"
PEER_WARM_S = 15
PEER_SECONDS = 10


def peers() -> dict[tuple[str, str], float]:
    """(peer, class) -> messages per CPU second of its thread, after a warm-up. Needs Maven and Java 11 or newer."""
    if not shutil.which("mvn") or not shutil.which("java"):
        raise SystemExit("error: Maven and Java are needed for --peers: apt-get install maven")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        where = [f"-DoutputDirectory={folder / 'jars'}", "-DincludeScope=runtime"]
        subprocess.run(
            ["mvn", "-B", "-q", "-f", str(PEERS / "pom.xml"), "dependency:copy-dependencies", *where], check=True
        )
        files = [folder / one for one in CLASSES]
        for file, make in zip(files, CLASSES.values(), strict=True):
            file.write_bytes(b"".join(make(n).rstrip(b"\r").replace(b"\r", b"\x1e") + b"\n" for n in range(200)))
        call = ["java", "-cp", f"{folder / 'jars'}/*", str(PEERS / "Peers.java"), str(PEER_WARM_S), str(PEER_SECONDS)]
        done = subprocess.run([*call, *map(str, files)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    lines = [line.split("\t") for line in done.stdout.decode().splitlines()]
    return {(peer, name): float(rate) for peer, name, rate in lines}


def main() -> None:
    """Print one JSON line per message class."""
    collect_seldom()
    options = argparse.ArgumentParser()
    options.add_argument("--profile", action="store_true")
    options.add_argument("--peers", action="store_true")
    chosen = options.parse_args()
    if chosen.profile:
        profile = cProfile.Profile()
        profile.runcall(measure, CLASSES["oru_5"])
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)
        return
    others = peers() if chosen.peers else {}
    for name, make in CLASSES.items():
        rate = measure(make)
        line: dict[str, object] = {"class": name, "bytes": len(make(1)), "messages_per_cpu_s": round(rate)}
        for (peer, kind), theirs in others.items():
            if kind == name:
                line |= {peer: round(theirs), f"times_{peer}": round(rate / theirs, 1)}
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
