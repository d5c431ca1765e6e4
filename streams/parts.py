"""What every process works with: settings, catalogue, codec and keyring, checked before anything starts."""

from dataclasses import dataclass

from processors.identity import Keyring
from streams.catalog import Catalog, load_catalog
from streams.codec import Codec
from streams.keys import make_keyring
from streams.registry import Registry
from streams.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Made once by a process's entry point and handed down."""

    settings: Settings
    catalog: Catalog
    codec: Codec
    keyring: Keyring

    @property
    def limits(self) -> dict[str, int]:
        """Topic or changelog -> greatest size of a value, bytes."""
        catalog = self.catalog
        topics = {name: topic.max_bytes for name, topic in catalog.topics.items()}
        return topics | {name: changelog.max_bytes for name, changelog in catalog.changelogs.items()}


def connect(settings: Settings) -> Parts:
    """Parts for these settings. Raises ConfigError, RegistryUnreachable, SchemaMissing."""
    catalog = load_catalog(settings.topics_file)
    codec = Codec.connect(Registry(settings.registry_url), settings.schemas_dir)
    return Parts(settings=settings, catalog=catalog, codec=codec, keyring=make_keyring(settings.data_dir))
