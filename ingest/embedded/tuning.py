"""The server's settings, sized to the machine; fsync stays on."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from ingest.embedded.place import PORT, Place

MB = 1024**2
_CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
_SHARED_MEMORY = Path("/dev/shm")


def settings_text(place: Place, extra: Mapping[str, str]) -> str:
    """The content of ``vigie.conf``; `extra` wins over ours."""
    settings = _fixed(place) | _sized(memory(), shutil.disk_usage(place.root).free) | dict(extra)
    lines = [f"{name} = '{_quoted(value)}'" for name, value in settings.items()]
    return "# Written by vigie at every start: edits are lost.\n" + "\n".join(lines) + "\n"


def memory() -> int:
    """Bytes this process may use: the machine's, or the container's where that is less."""
    total = int(psutil.virtual_memory().total)
    try:
        return min(total, int(_CGROUP_LIMIT.read_text()))
    except (OSError, ValueError):
        # No cgroup, or the word "max": no limit below the machine's.
        return total


def _fixed(place: Place) -> dict[str, str]:
    return {
        "listen_addresses": "",
        "port": str(PORT),
        "unix_socket_directories": str(place.socket_folder),
        "unix_socket_permissions": "0700",
        "max_connections": "100",
        # A statement kept for any moment locks every day of events: years of them for each of
        # several readers, and those of a year without a word to the others.
        "max_locks_per_transaction": "1024",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "jit": "off",
        "wal_compression": "on",
        "checkpoint_timeout": "15min",
        "random_page_cost": "1.1",
        "track_io_timing": "on",
        "logging_collector": "on",
        "log_filename": "postgresql-%a.log",
        "log_truncate_on_rotation": "on",
        "log_rotation_age": "1d",
        "log_rotation_size": "0",
        "log_min_duration_statement": "5s",
        # A log is no place for personal data: neither parameters nor rows.
        "log_parameter_max_length": "0",
        "log_error_verbosity": "terse",
        "log_line_prefix": "%m [%p] %q%a ",
        "dynamic_shared_memory_type": _dynamic_shared_memory(),
    }


def _sized(ram: int, free_disk: int) -> dict[str, str]:
    return {
        "shared_buffers": _megabytes(ram // 8, 64, 2048),
        "effective_cache_size": _megabytes(ram // 2, 128, 65536),
        "work_mem": _megabytes(ram // 1024, 4, 32),
        "maintenance_work_mem": _megabytes(ram // 64, 32, 512),
        "max_wal_size": _megabytes(free_disk // 20, 128, 4096),
    }


def _dynamic_shared_memory() -> str:
    """Containers often give /dev/shm 64 MB, on which a parallel query fails: use files then."""
    try:
        roomy = shutil.disk_usage(_SHARED_MEMORY).total >= 512 * MB
    except OSError:
        roomy = False
    return "posix" if roomy else "mmap"


def _megabytes(size: int, least: int, most: int) -> str:
    return f"{max(least, min(most, size // MB))}MB"


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "''")
