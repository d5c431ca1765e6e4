"""Stage normalize: raw messages to timeline bundles and one end state each."""

from processors import topics
from processors.records import normalize
from streams.message_metrics import counted
from streams.sites import load_sites, sites_digest
from streams.stage import StageDefinition, StageHost


def register(host: StageHost) -> None:
    """raw.hl7v2.v1 -> patient.timeline.v1, ops.message.v1, ops.dead-letter.v1."""
    sites = load_sites(host.parts.settings.sites_dir)
    step = counted(normalize.make_step(sites, host.parts.keyring))
    definition = StageDefinition(name="normalize", inbox=topics.RAW, make=lambda _: step, refused=normalize.refused)
    host.stage(definition, {"sites": sites_digest(sites)})
