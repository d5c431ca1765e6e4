"""Folders that hold patient data: nobody else on this machine may look into them."""

from contextlib import suppress
from pathlib import Path

_OWNER_ONLY = 0o700


def private_folder(folder: Path) -> Path:
    """Make the folder and its parents where they are missing; only its owner may enter it.

    A folder of somebody else's stays as it is; `wardline doctor` says so.
    """
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    for place in reversed(missing):
        place.mkdir(mode=_OWNER_ONLY, exist_ok=True)
    if folder.stat().st_mode & 0o077:
        with suppress(PermissionError):
            folder.chmod(_OWNER_ONLY)
    return folder
