"""How commands leave word of what a person saw or did: before it is shown, and said where it cannot be."""

import getpass
from collections.abc import Sequence

from streams.audit import Act, NotAudited, write_acts
from streams.cli.output import warn
from streams.clock import now_us
from streams.codec import SchemaMissing
from streams.parts import connect
from streams.registry import RegistryError
from streams.settings import Settings


def audited(settings: Settings, purpose: str, targets: Sequence[str], action: str = "read") -> None:
    """One audit record a target. With the broker away the command goes on (the store is on this disk) and says so."""
    at = now_us()
    acts = [
        Act(component="cli", user=getpass.getuser(), target=target, purpose=purpose, at=at, action=action)
        for target in targets
    ]
    if not acts:
        return
    try:
        if not settings.bootstrap:
            raise NotAudited("no broker is known")
        write_acts(connect(settings), acts)
    except (NotAudited, RegistryError, SchemaMissing) as why:
        warn(f"warning: this {action} is not in the audit log: {why}")
