"""Where each value of a message's resources came from: the raw record fetched and converted once more, on demand."""

from collections.abc import Sequence
from typing import Protocol

from processors.envelope import Row
from processors.errors import Rejection
from processors.hl7.message import parse
from processors.identity import Keyring
from processors.mapping.convert import Origin, lineage
from streams.catalog import BrokerUnreachable
from streams.codec import Codec, CodecError
from streams.registry import Registry, RegistryError
from streams.settings import Settings
from streams.sinks.payload import Expired, raw_payload, raw_position
from streams.sites import load_sites


class NotTraceable(Exception):
    """The raw message cannot be fetched or converted now; says why, without patient data."""


class Origins(Protocol):
    """Gives the lineage of a message by its row in the store."""

    def __call__(self, raw: Row) -> Sequence[Origin]:
        """The values of its resources with their sources. Raises NotTraceable."""
        ...


class OriginsFromLog:
    """Fetches the raw record from Kafka and converts it as its site says; nothing is stored."""

    def __init__(self, settings: Settings, keyring: Keyring) -> None:
        self._settings = settings
        self._keyring = keyring

    def __call__(self, raw: Row) -> Sequence[Origin]:
        """See Origins."""
        settings = self._settings
        try:
            codec = Codec.connect(Registry(settings.registry_url), settings.schemas_dir)
            payload = raw_payload(settings.bootstrap, codec, raw_position(raw["log_partition"], raw["log_offset"]))
        except (BrokerUnreachable, RegistryError, Expired, CodecError) as why:
            raise NotTraceable(str(why)) from why
        site = load_sites(settings.sites_dir).get(raw["feed"])
        if site is None:
            raise NotTraceable(f"feed '{raw['feed']}' has no site file any more")
        try:
            return lineage(parse(payload, site.charset), site, self._keyring)
        except Rejection as why:
            raise NotTraceable(str(why)) from why
