"""The deployment's identity secret in the data folder: made once, read by every process, never printed."""

import os
import secrets
from pathlib import Path

from processors.identity import Keyring
from streams.private import private_folder

#: Used by `convert` and `try` where no data folder exists: ids are stable, and not secret.
DEVELOPMENT = Keyring(b"wardline-development-secret", "dev")


def load_keyring(data_dir: Path) -> Keyring | None:
    """The keyring of a data folder, or None when it has none."""
    path = data_dir / "identity.key"
    return Keyring.of(bytes.fromhex(path.read_text().strip())) if path.is_file() else None


def make_keyring(data_dir: Path) -> Keyring:
    """The keyring of a data folder, made (32 random bytes, file mode 0600) when absent."""
    known = load_keyring(data_dir)
    if known is not None:
        return known
    private_folder(data_dir)
    handle = os.open(data_dir / "identity.key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_hex(32))
    made = load_keyring(data_dir)
    if made is None:
        raise FileNotFoundError("identity.key")
    return made
