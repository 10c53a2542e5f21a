"""How much a model's code may use."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SandboxLimits:
    """The bounds of one session; bytes and seconds."""

    memory_bytes: int = 2 << 30
    """Of all processes together."""
    address_space_bytes: int = 2 << 30
    """Of one process; beyond it Python raises MemoryError, and the session lives on."""
    processes: int = 64
    """Threads count, too."""
    open_files: int = 256
    file_bytes: int = 256 << 20
    """Of one file."""
    disk_bytes: int = 1 << 30
    """Of all files in /mnt/data together."""
    files: int = 2000
    """In /mnt/data."""
    temporary_bytes: int = 64 << 20
    """In /tmp, which lies in memory."""
    wall_s: float = 120.0
    """Of one cell."""
    cpu_s: float = 120.0
    """Of one cell, all processes and processors together."""
    output_bytes: int = 16 << 20
    """Of one cell."""
    images: int = 50
    """Of one cell."""
    start_s: float = 20.0
    """Until the kernel says that it is there."""
    idle_s: float = 1800.0
    """After the last cell, until the session is ended."""

    def of_one_process(self, extra_processes: int) -> dict[str, int]:
        """As `setrlimit` takes them.

        Args:
            extra_processes: What the user runs already, where the system counts these, too.
        """
        return {
            "RLIMIT_AS": self.address_space_bytes,
            "RLIMIT_NPROC": self.processes + extra_processes,
            "RLIMIT_NOFILE": self.open_files,
            "RLIMIT_FSIZE": self.file_bytes,
            "RLIMIT_CORE": 0,
            "RLIMIT_MEMLOCK": 0,
            "RLIMIT_MSGQUEUE": 0,
            "RLIMIT_SIGPENDING": 1024,
            "RLIMIT_RTPRIO": 0,
            "RLIMIT_STACK": 8 << 20,
        }

    def of_the_tree(self) -> dict[str, int]:
        """What the keeper watches; some processes are the jail's own."""
        return {
            "memory": self.memory_bytes,
            "processes": self.processes + 8,
            "disk": self.disk_bytes,
            "files": self.files,
        }
