"""Settings of every process: where the broker, the registry, the data folder and the project's files are."""

import dataclasses
import json
import os
from dataclasses import dataclass
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One immutable set; `load` reads the environment (WARDLINE_*), then run.json of the data folder."""

    home: Path = HOME
    """Folder with topics.yaml, schemas/, rules/ and sites/."""
    data_dir: Path = Path(".wardline")
    bootstrap: str = ""
    """Kafka bootstrap servers, host:port[,host:port]."""
    registry_url: str = ""
    """Confluent-compatible registry base URL."""
    instance: str = "0"
    """Stable name of this worker among its role; part of the transactional id."""
    delivery_timeout_s: float = 8.0
    """Gateway: the broker must confirm within this; below every sender's ack timeout."""
    ack_timeout_s: float = 10.0
    max_message_bytes: int = 10_000_000
    batch_records: int = 500
    batch_bytes: int = 8 * 1024 * 1024
    idle_window_s: float = 0.1
    batch_window_s: float = 0.03
    max_record_bytes: int = 13 * 1024 * 1024
    """Greatest Kafka record any process reads or writes; the broker and the raw topic allow as much."""
    session_timeout_s: float = 8.0
    transaction_timeout_s: float = 15.0
    web_port: int = 0
    """Health and metrics of this process on loopback; 0 = none."""

    @staticmethod
    def load(data_dir: Path | None = None) -> "Settings":
        """From the environment, then run.json (written by `wardline up`), then the defaults."""
        folder = data_dir or Path(os.environ.get("WARDLINE_DATA", ".wardline"))
        values: dict[str, object] = {"data_dir": folder.resolve()}
        run = folder / "run.json"
        if run.is_file():
            known = json.loads(run.read_text())
            values |= {k: known[k] for k in ("bootstrap", "registry_url") if k in known}
        for item in dataclasses.fields(Settings):
            given = os.environ.get(f"WARDLINE_{item.name.upper()}")
            if given is not None and item.name != "data_dir":
                values[item.name] = _typed(given, item.name)
        return Settings(**values)  # type: ignore[arg-type]

    @property
    def topics_file(self) -> Path:
        """The catalogue."""
        return self.home / "topics.yaml"

    @property
    def schemas_dir(self) -> Path:
        """The Avro schemas."""
        return self.home / "schemas"

    @property
    def rules_dir(self) -> Path:
        """Rules and their cases."""
        return self.home / "rules"

    @property
    def sites_dir(self) -> Path:
        """One YAML per feed."""
        return self.home / "sites"

    @property
    def database(self) -> Path:
        """The SQLite store."""
        return self.data_dir / "wardline.db"


def _typed(text: str, name: str) -> object:
    kind = Settings.__dataclass_fields__[name].type
    if kind is Path or kind == "Path":
        return Path(text)
    if kind in (int, "int"):
        return int(text)
    if kind in (float, "float"):
        return float(text)
    return text
