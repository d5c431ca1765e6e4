"""Made-up messages of a made-up patient, with defaults, for tests that send to the whole platform."""

import itertools
import time
from dataclasses import dataclass

#: Words that stand in no message but ours: wherever they turn up, they came out of PID.
FAMILY, GIVEN, BORN, STREET = "Quillfeather", "Zebulon", "19571103", "Halibutstrasse 77"
_COUNT = itertools.count(1)
_RUN = f"{time.time_ns() // 1_000_000 % 10**9:09d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """An ORU^R01; each has a control id, a patient and an order of its own unless they are given."""

    control_id: str
    mrn: str
    order: str
    sent_at: str
    pid: str = ""
    """The whole segment where it is not the usual one; "-" for none."""
    results: tuple[str, ...] = ()

    def text(self) -> str:
        """As sent, segments ended by CR."""
        header = f"MSH|^~\\&|LIS|GENERAL|WARD|GENERAL|{self.sent_at}||ORU^R01^ORU_R01|{self.control_id}|P|2.5.1"
        pid = self.pid or pid_of(self.mrn)
        numbers = f"P{self.order}|F{self.order}"
        segments = [
            header,
            *([pid] if pid != "-" else []),
            "PV1|1|I|4E^401^1",
            f"ORC|RE|{numbers}",
            f"OBR|1|{numbers}|51990-0^Basic panel^LN|||{self.sent_at}|||||||||||||||{self.sent_at}|||F",
            *(self.results or (sodium(1), potassium(2))),
        ]
        return "".join(f"{segment}\r" for segment in segments)

    def bytes(self) -> bytes:
        return self.text().encode()


def report(**changes: object) -> Report:
    """A report that nothing is wrong with."""
    number = f"{_RUN}{next(_COUNT):03d}"
    usual = {"control_id": f"C{number}", "mrn": f"QZ{number}", "order": number, "sent_at": hl7_now()}
    return Report(**{**usual, **changes})  # type: ignore[arg-type]


def hl7_now() -> str:
    return time.strftime("%Y%m%d%H%M%S+0000", time.gmtime())


def pid_of(mrn: str, born: str = BORN, family: str = FAMILY) -> str:
    return f"PID|1||{mrn}^^^DEFAULT^MR||{family}^{GIVEN}||{born}|M|||{STREET}^^Nowhere"


def sodium(number: int, value: str = "140") -> str:
    return f"OBX|{number}|NM|2951-2^Sodium^LN||{value}|mmol/L|136-145|N|||F|||{hl7_now()}"


def potassium(number: int, value: str = "4.1", status: str = "F", flag: str = "N") -> str:
    return f"OBX|{number}|NM|2823-3^Potassium^LN||{value}|mmol/L|3.5-5.1|{flag}|||{status}|||{hl7_now()}"


def document(number: int, size: int) -> str:
    """An ED value of about that many bytes."""
    return f"OBX|{number}|ED|PDF^Report^L||^application^pdf^Base64^{'QUJD' * (size // 4)}||||||F|||{hl7_now()}"
